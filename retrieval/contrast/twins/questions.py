"""Twins of questions: *Does A help?* negated, *Who sued B?* with its roles swapped."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.contrast.twins.agreement import as_object, as_subject, points_back
from retrieval.contrast.twins.edits import Edit, Parsed, Proposal
from retrieval.contrast.twins.morphology import inflect, readings
from retrieval.contrast.twins.phrases import NounPhrase, noun_phrase
from retrieval.contrast.twins.tagging import AUXILIARIES, FINITE
from retrieval.contrast.twins.words import listed

_ASKING = frozenset({"which", "what", "who", "whose"})
_WHERE = frozenset({"where", "when", "why", "how"})


def negate_question(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Does it help?* becomes *Does it not help?*, *Which pill helps?* *Which does not help?*."""
    if not _is_question(parsed):
        return
    tokens = parsed.tokens
    if any(t.tag == "NEG" or t.form.endswith("n't") or t.form in {"no", "never"} for t in tokens):
        yield from _without_not(parsed)
        return
    if tokens[0].form in _WHERE:
        yield "A question for place, time, reason or manner has no plain opposite."
        return
    asked = _asked(parsed)
    at = asked.end if asked else 0
    inverted = _inverted(parsed, at)
    if inverted:
        subject, _ = inverted
        place = tokens[subject.end - 1].end
        yield Proposal((Edit(place, place, " not"),), "The question was negated.")
    elif asked:
        yield from _negate_asked(parsed, at)


def _negate_asked(parsed: Parsed, at: int) -> Iterator[Proposal | str]:
    tokens = parsed.tokens
    verb = tokens[at] if at < len(tokens) else None
    if verb is None:
        return
    following = tokens[at + 1].tag if at + 1 < len(tokens) else ""
    if verb.lemma in {"happen", "matter", "mean"}:
        yield f"“{verb.text}” with a question word has no plain opposite."
    elif verb.tag == "MD" or (verb.tag in {"BE", "HV"} and following in {"VBN", "VBG", "JJ", "IN"}):
        put = {"can": "cannot"}.get(verb.form, f"{verb.form} not")
        yield Proposal((Edit(verb.start, verb.end, put),), "The question was negated.")
    elif verb.tag in FINITE:
        done = {"VBZ": "does", "VBP": "do", "VBD": "did"}[verb.tag]
        edit = Edit(verb.start, verb.end, f"{done} not {verb.lemma}")
        yield Proposal((edit,), f"“{verb.text}” was negated with “{done} not”.")


def _without_not(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Which pill does not cause sleep?* becomes *Which pill causes sleep?*."""
    tokens = parsed.tokens
    places = [at for at, token in enumerate(tokens) if token.tag == "NEG"]
    fixed = {"yet", "any", "either", "ever", "only", "until", "neither", "nor"}
    if len(places) != 1 or fixed & {token.form for token in tokens}:
        yield "The negation of this question cannot be taken away alone."
        return
    at = places[0]
    before = tokens[at - 1]
    verb = tokens[at + 1] if at + 1 < len(tokens) else None
    if before.tag == "DO" and verb is not None and _asked(parsed) and tokens[0].form in _ASKING:
        name = {"does": "VBZ", "do": "VBP", "did": "VBD"}[before.form]
        edit = Edit(before.start, verb.end, inflect(verb.form, name))
        yield Proposal((edit,), "The negation was taken away.")
    elif at:
        yield Proposal((parsed.remove(at, at + 1),), "The negation was taken away.")


def swap_question(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Did Anna beat Ben?* becomes *Did Ben beat Anna?*; *Who sued Ben?* *Who did Ben sue?*."""
    if not _is_question(parsed):
        return
    tokens = parsed.tokens
    asked = _asked(parsed)
    inverted = _inverted(parsed, asked.end if asked else 0)
    if inverted and not asked and tokens[0].form not in _WHERE:
        yield from _swap_inverted(parsed, *inverted)
    elif inverted and asked:
        yield from _object_to_subject(parsed, asked, *inverted)
    elif asked:
        yield from _subject_to_object(parsed, asked)


def _swap_inverted(parsed: Parsed, subject: NounPhrase, verb: int) -> Iterator[Proposal | str]:
    tokens = parsed.tokens
    thing = noun_phrase(tokens, verb + 1)
    if thing is None or tokens[verb].form not in listed("transitive", "verbs"):
        yield "The question has no two sides that could change places."
        return
    if tokens[thing.end].tag not in {"IN", "?", "RB", "SUB"} or _leans(parsed, subject, thing):
        yield "Where the second side ends is not certain."
        return
    number = tokens[0].form
    if number in {"does", "do"}:
        number = "do" if thing.plural else "does"
    edits = (
        Edit(tokens[0].start, tokens[0].end, number.capitalize()),
        Edit(*_place(parsed, subject), as_subject(parsed, thing.start, thing.end, at_start=False)),
        Edit(*_place(parsed, thing), as_object(parsed, subject.start, subject.end)),
    )
    yield Proposal(edits, "The two sides of the question were swapped.")


def _subject_to_object(parsed: Parsed, asked: NounPhrase) -> Iterator[Proposal | str]:
    """*Which firm sued Veskar?* becomes *Which firm did Veskar sue?*."""
    tokens = parsed.tokens
    verb = tokens[asked.end] if asked.end < len(tokens) else None
    if verb is None or verb.tag not in FINITE:
        return
    thing = noun_phrase(tokens, asked.end + 1)
    if thing is None or verb.lemma not in listed("transitive", "verbs"):
        yield "The question has no two sides that could change places."
        return
    if tokens[thing.end].tag not in {"IN", "?", "RB"} or points_back(
        parsed, thing.start, thing.end
    ):
        yield "Where the second side ends is not certain."
        return
    done = "did" if verb.tag == "VBD" else ("do" if thing.plural else "does")
    side = as_subject(parsed, thing.start, thing.end, at_start=False)
    edit = Edit(verb.start, tokens[thing.end - 1].end, f"{done} {side} {verb.lemma}")
    yield Proposal((edit,), "Who does it and to whom it is done were swapped.")


def _object_to_subject(
    parsed: Parsed, asked: NounPhrase, subject: NounPhrase, verb: int
) -> Iterator[Proposal | str]:
    """*Who did Veskar sue?* becomes *Who sued Veskar?*."""
    tokens = parsed.tokens
    if tokens[asked.end].tag != "DO" or tokens[verb].form not in listed("transitive", "verbs"):
        yield "The question has no two sides that could change places."
        return
    if tokens[verb + 1].tag not in {"?", "IN", "RB"} or points_back(parsed, subject.start, verb):
        yield "Where the question ends is not certain."
        return
    name = {"did": "VBD", "does": "VBZ", "do": "VBZ"}[tokens[asked.end].form]
    if name == "VBZ" and asked.plural:
        name = "VBP"
    form = inflect(tokens[verb].form, name)
    side = as_object(parsed, subject.start, subject.end)
    edit = Edit(tokens[asked.end].start, tokens[verb].end, f"{form} {side}")
    yield Proposal((edit,), "Who does it and to whom it is done were swapped.")


def _is_question(parsed: Parsed) -> bool:
    tokens = parsed.tokens
    if tokens[-1].text != "?" or any(t.text in {",", ";", ":", '"', "“"} for t in tokens):
        return False
    return not any(token.shape == "opaque" for token in tokens)


def _asked(parsed: Parsed) -> NounPhrase | None:
    """*Who*, *what*, or *which* with its noun, at the start of the question."""
    tokens = parsed.tokens
    if tokens[0].form not in _ASKING:
        return None
    phrase = noun_phrase(tokens, 1) if tokens[0].form != "who" else None
    if phrase is not None and phrase.is_pronoun:
        return None
    if phrase is None:
        return NounPhrase(0, 1, 0, plural=False)
    return NounPhrase(0, phrase.end, phrase.head, phrase.plural)


def _inverted(parsed: Parsed, at: int) -> tuple[NounPhrase, int] | None:
    """The subject behind an auxiliary, and the place of the verb behind it."""
    tokens = parsed.tokens
    if at >= len(tokens) or tokens[at].tag not in AUXILIARIES:
        return None
    subject = noun_phrase(tokens, at + 1)
    if subject is None or subject.end >= len(tokens):
        return None
    verb = subject.end
    while verb < len(tokens) and tokens[verb].tag in {"NEG", "RB"}:
        verb += 1
    if verb >= len(tokens):
        return None
    token = tokens[verb]
    if tokens[at].tag in {"DO", "MD"}:
        return (subject, verb) if any(r.tag == "VB" for r in readings(token.form)) else None
    return (subject, verb) if token.tag in {"VBN", "VBG", "JJ"} else None


def _leans(parsed: Parsed, one: NounPhrase, other: NounPhrase) -> bool:
    return any(points_back(parsed, phrase.start, phrase.end) for phrase in (one, other))


def _place(parsed: Parsed, phrase: NounPhrase) -> tuple[int, int]:
    return parsed.tokens[phrase.start].start, parsed.tokens[phrase.end - 1].end
