"""Puts *not* to the verb of the main clause, with *do* where English wants it, or takes it away."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from retrieval.contrast.twins.clauses import Clause
from retrieval.contrast.twins.edits import Edit, Parsed, Proposal
from retrieval.contrast.twins.morphology import inflect, readings
from retrieval.contrast.twins.phrases import words_of
from retrieval.contrast.twins.tagging import FINITE
from retrieval.contrast.twins.words import listed, table

_DONE = {"VBZ": "does", "VBP": "do", "VBD": "did"}
_ANY = {"any": "some", "anyone": "someone", "anybody": "somebody", "anything": "something"}
_SOME = {some: other for other, some in _ANY.items()}
_VERBS = FINITE | {"VB", "VBN", "VBG"}


def negate_auxiliary(parsed: Parsed) -> Iterator[Proposal | str]:
    """*is* becomes *is not*, *can* becomes *cannot*, *has shown* becomes *has not shown*."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.mood == "order" or clause.negator is not None:
        return
    finite = parsed.tokens[clause.finite]
    if finite.tag in FINITE or (finite.tag in {"HV", "DO"} and not clause.has_auxiliary):
        return
    why_not = _why_not(parsed, clause)
    if why_not:
        yield why_not
        return
    if clause.subject is None and clause.mood == "statement":
        yield from _there_is_no(parsed, clause)
        return
    put = {"can": "cannot", "must": "must not"}.get(finite.form, f"{finite.form} not")
    if finite.form.startswith("'"):
        put = f"{finite.text} not"
    edit = Edit(finite.start, finite.end, put)
    edits = (edit, *_with_any(parsed, clause))
    yield Proposal(edits, f"“{finite.text}” was negated.")


def _there_is_no(parsed: Parsed, clause: Clause) -> Iterator[Proposal]:
    """*There is a fee* becomes *There is no fee*."""
    thing = clause.object
    if thing is None or thing.is_pronoun or thing.start != clause.main + 1:
        return
    tokens = parsed.tokens
    first = tokens[thing.start]
    if first.form in {"a", "an", "some", "any"}:
        edit = Edit(first.start, first.end, "no")
    elif first.tag in {"DT", "PRP$", "CD", "POS"}:
        return
    else:
        edit = Edit(first.start, first.start, "no ")
    yield Proposal((edit,), "“There is” became “there is no”.")


def negate_with_do(parsed: Parsed) -> Iterator[Proposal | str]:
    """*causes* becomes *does not cause*; the verb goes back to its base form."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.mood == "order" or clause.negator is not None:
        return
    verb = parsed.tokens[clause.finite]
    main_have = verb.tag in {"HV", "DO"} and not clause.has_auxiliary
    if verb.tag not in FINITE and not main_have:
        return
    why_not = _why_not(parsed, clause)
    if why_not:
        yield why_not
        return
    done = _DONE.get(verb.tag) or _auxiliary_of(verb.form)
    base = verb.lemma if verb.tag in FINITE else {"HV": "have", "DO": "do"}[verb.tag]
    put = Edit(verb.start, verb.end, f"{done} not {base}")
    yield Proposal(
        (put, *_with_any(parsed, clause)), f"“{verb.text}” was negated with *{done} not*."
    )


def negate_order(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Take it* becomes *Do not take it*."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.mood != "order" or clause.negator is not None:
        return
    if clause.main != clause.finite or parsed.tokens[clause.main - 1].form in {"always", "never"}:
        return
    verb = parsed.tokens[clause.main]
    if clause.main and parsed.tokens[clause.main - 1].form in {"always", "never"}:
        return
    why_not = _why_not(parsed, clause)
    if why_not:
        yield why_not
        return
    word = verb.form
    put = f"Do not {word}" if verb.text[0].isupper() else f"do not {word}"
    edits = (Edit(verb.start, verb.end, put), *_with_any(parsed, clause))
    yield Proposal(edits, f"The order “{verb.text}” was turned into its opposite.")


def remove_not(parsed: Parsed) -> Iterator[Proposal | str]:
    """*does not cause* becomes *causes*, *cannot* becomes *can*, *is not* becomes *is*."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.negator is None:
        return
    tokens = parsed.tokens
    behind = words_of(tokens, clause.negator + 1, clause.end)
    bad = next((word for word in behind if word in listed("negative_only")), "")
    if bad or behind[:1] == ("only",) or "either" in behind or "nor" in behind:
        yield f"“{bad or behind[0]}” leans on the negation, so “not” cannot be taken away alone."
        return
    leaning = next((w for w in ("until", "but", "except", "unless") if w in behind), "")
    if leaning:
        yield f"“{leaning}” leans on the negation, so “not” cannot be taken away alone."
        return
    verb = _without_not(parsed, clause)
    if verb is None:
        yield "The words between “not” and its verb leave no simple way to take “not” away."
        return
    swaps = _swapped(parsed, clause.negator + 1, clause.end, _ANY)
    yield Proposal((*verb, *swaps), "The negation was taken away.")


def _without_not(parsed: Parsed, clause: Clause) -> tuple[Edit, ...] | None:
    tokens, negator, finite = parsed.tokens, clause.negator, clause.finite
    if negator is None:
        return None
    form = tokens[finite].form
    full = table("closed")["contractions"].get(form, form).split()[0]
    if full in listed("do"):
        return _without_do(parsed, clause, full)
    if negator == finite:
        kept = {"cannot": "can"}.get(full, full)
        return (parsed.replace(finite, finite + 1, kept),)
    if form == "need":
        return (parsed.replace(finite, negator + 1, "must"),)
    return (parsed.remove(negator, negator + 1),)


def _without_do(parsed: Parsed, clause: Clause, done: str) -> tuple[Edit, ...] | None:
    tokens = parsed.tokens
    main, negator = clause.main, clause.negator or clause.finite
    if main <= negator:
        return None
    verb = tokens[main].form
    if clause.mood == "order":
        start = clause.finite if tokens[clause.finite].form in {"do", "don't"} else negator
        between = parsed.inner(negator + 1, main + 1)
        return (Edit(tokens[start].start, tokens[main].end, _like(tokens[start].text, between)),)
    name = {"does": "VBZ", "do": "VBP", "did": "VBD"}[done]
    between = parsed.piece(negator + 1, main)
    put = f"{between} {inflect(verb, name)}" if between else inflect(verb, name)
    return (Edit(tokens[clause.finite].start, tokens[main].end, put),)


def _like(pattern: str, words: str) -> str:
    return words[:1].upper() + words[1:] if pattern[:1].isupper() else words


def _auxiliary_of(form: str) -> str:
    return {"has": "does", "does": "does", "had": "did", "did": "did"}.get(form, "do")


def _why_not(parsed: Parsed, clause: Clause) -> str:
    """Why *not* beside this verb would not say the opposite; empty if it would."""
    return next(itertools.chain(_doubts_near(parsed, clause), _doubts_behind(parsed, clause)), "")


def _doubts_near(parsed: Parsed, clause: Clause) -> Iterator[str]:
    tokens = parsed.tokens
    near = _stretch(parsed, clause)
    forms = words_of(tokens, clause.start, near)
    negative = next((w for w in forms if w in listed("weak_negators") or w.endswith("n't")), "")
    if negative:
        yield f"It is limited or negated already by “{negative}”."
    opening = tokens[clause.start].form
    if opening in listed("quantified"):
        yield f"With “{opening}” at its head, “not” at the verb could be read in two ways."
    behind = words_of(tokens, clause.finite, near)
    positive = next((word for word in behind if word in listed("positive_only")), "")
    if positive:
        yield f"“{positive}” does not go with a negation."
    if any(_is_second_not(parsed, at, near) for at in range(clause.main + 1, clause.end)):
        yield "Something behind its verb is negated already."


def _doubts_behind(parsed: Parsed, clause: Clause) -> Iterator[str]:
    whole = words_of(parsed.tokens, clause.finite, clause.end)
    if "but" in whole or "yet" in whole:
        yield "“but” sets something against its verb, and “not” would take that away."
    if "until" in whole:
        yield "“not … until” would say when it began and not that it was otherwise."
    if "unless" in whole or "except" in whole:
        yield "It makes an exception, and “not” at the verb would turn that round as well."
    bounded = {("at", "least"), ("at", "most"), (",", "so"), (",", "or"), ("as", "long")}
    bound = bounded & set(itertools.pairwise(whole))
    if bound:
        yield f"“{' '.join(min(bound)).strip(', ')}” behind its verb does not go with a negation."
    if "because" in whole or ("so", "that") in itertools.pairwise(whole):
        yield "With “because” or “so that” behind it, “not” could be read in two ways."
    if has_second_verb(parsed, clause):
        yield "Two verbs are joined, and “not” at the first would leave the second as it is."


def _stretch(parsed: Parsed, clause: Clause) -> int:
    """Up to where *not* reaches: the next comma, conjunction of clauses or subordinate clause."""
    for at in range(clause.main + 1, clause.end):
        token = parsed.tokens[at]
        if token.text in {",", ";", "("} or token.tag in {"SUB", "W"}:
            return at
    return clause.end


def has_second_verb(parsed: Parsed, clause: Clause) -> bool:
    """Whether *and*, *or* or *but* is followed by a verb that shares the subject."""
    tokens = parsed.tokens
    for at in range(clause.main + 1, clause.end - 1):
        if tokens[at].tag != "CC":
            continue
        following = at + 1
        while following < clause.end and tokens[following].tag in {"RB", "NEG"}:
            following += 1
        if following < clause.end and _is_verb_like(parsed, following, clause):
            return True
    return False


def _is_verb_like(parsed: Parsed, at: int, clause: Clause) -> bool:
    """Whether the word behind a conjunction is a verb, or has what only verbs take."""
    token = parsed.tokens[at]
    if token.tag in _VERBS | {"BE", "HV", "DO", "MD"}:
        return True
    if clause.mood == "order" and token.form in listed("imperative", "verbs"):
        return True
    following = parsed.tokens[at + 1].tag if at + 1 < len(parsed.tokens) else ""
    takes = following in {"DT", "PRP", "PRPO", "PRP$", "TO"}
    return takes and any(reading.tag in _VERBS for reading in readings(token.form))


def _is_second_not(parsed: Parsed, at: int, near: int) -> bool:
    """Whether a *not* stands here that *not* at the verb would collide with."""
    token, before = parsed.tokens[at], parsed.tokens[at - 1]
    return token.tag == "NEG" and (at < near or before.text == "," or before.tag == "CC")


def _with_any(parsed: Parsed, clause: Clause) -> tuple[Edit, ...]:
    """*some* behind the negated verb becomes *any*."""
    return _swapped(parsed, clause.main + 1, _stretch(parsed, clause), _SOME)


def _swapped(parsed: Parsed, start: int, end: int, words: dict[str, str]) -> tuple[Edit, ...]:
    found = []
    for at in range(start, end):
        token = parsed.tokens[at]
        following = parsed.tokens[at + 1] if at + 1 < len(parsed.tokens) else None
        if token.form in words and not (following and following.tag == "CD"):
            found.append(Edit(token.start, token.end, words[token.form]))
    return tuple(found)
