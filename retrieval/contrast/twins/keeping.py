"""Controls: copies that say the same in other words, so that a margin has something beside it."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.contrast.twins.agreement import as_object, as_subject, in_number, points_back
from retrieval.contrast.twins.clauses import Clause, clause_at
from retrieval.contrast.twins.converses import deal_in, exchanged, other_side
from retrieval.contrast.twins.edits import Edit, Parsed, Proposal
from retrieval.contrast.twins.morphology import inflect, same_form
from retrieval.contrast.twins.phrases import NounPhrase, is_time, words_of
from retrieval.contrast.twins.roles import agent_of
from retrieval.contrast.twins.tagging import FINITE
from retrieval.contrast.twins.words import listed, table

_MOVABLE = frozenset(
    {"if", "when", "unless", "because", "although", "though", "while", "whenever", "once"}
)
_COUNTING = listed("quantified") | {"no", "few", "little", "nothing", "none"}
_BOUND_BEFORE = frozenset({"even", "only", "as", "or", "and", "but", "except", "just", "is", "be"})
_PRONOUNS = frozenset({"he", "she", "it", "they", "him", "her", "them", "its", "their", "his"})
_FIGURES = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}
_TENS = {
    10: "ten",
    11: "eleven",
    12: "twelve",
    20: "twenty",
    30: "thirty",
    40: "forty",
    50: "fifty",
}
_SHORTEST_CLAUSE = 2
_YEAR_DIGITS = 4


def to_passive(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Ostrel sued Veskar* becomes *Veskar was sued by Ostrel*."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.mood != "statement" or clause.subject is None:
        return
    tokens, thing = parsed.tokens, clause.object
    verb = tokens[clause.main]
    if thing is None or clause.has_auxiliary or verb.tag not in FINITE:
        return
    if verb.lemma not in listed("passive", "verbs"):
        yield f"A passive of “{verb.text}” would not sound natural."
        return
    why_not = next(_why_no_passive(parsed, clause, clause.subject, thing), "")
    if why_not:
        yield why_not
        return
    plural = bool(thing.plural) or tokens[thing.head].form in {"us", "you", "them"}
    be = ("were" if plural else "was") if verb.tag == "VBD" else ("are" if plural else "is")
    front = as_subject(parsed, thing.start, thing.end, at_start=_at_start(parsed, clause))
    back = as_object(parsed, clause.subject.start, clause.subject_end)
    put = f"{front} {be} {same_form(verb.lemma, verb.form, 'VBN')} by {back}"
    start = tokens[clause.subject.start].start
    edit = Edit(start, tokens[thing.end - 1].end, put)
    yield Proposal((edit,), "The active clause became a passive one.")


def to_active(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Veskar was sued by Ostrel* becomes *Ostrel sued Veskar*."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.mood != "statement" or clause.subject is None:
        return
    agent = agent_of(parsed, clause)
    if agent is None:
        return
    tokens = parsed.tokens
    be = tokens[clause.finite]
    if clause.main != clause.finite + 1 or be.form not in {"is", "are", "was", "were"}:
        yield "The passive has more than one auxiliary, so the rules leave it."
        return
    if points_back(parsed, agent.start, agent.end) or _goes_on(parsed, agent):
        yield "What stands behind “by” does not end for certain."
        return
    lemma = tokens[clause.main].lemma
    name = "VBD" if be.form in {"was", "were"} else ("VBP" if agent.plural else "VBZ")
    form = (
        same_form(lemma, tokens[clause.main].form, name) if name == "VBD" else inflect(lemma, name)
    )
    front = as_subject(parsed, agent.start, agent.end, at_start=_at_start(parsed, clause))
    back = as_object(parsed, clause.subject.start, clause.subject_end)
    start = tokens[clause.subject.start].start
    edit = Edit(start, tokens[agent.end - 1].end, f"{front} {form} {back}")
    yield Proposal((edit,), "The passive clause became an active one.")


def other_view(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Anna sold a boat to Ben* becomes *Ben bought a boat from Anna*: one deal, two views."""
    deal = deal_in(parsed)
    if deal is None or isinstance(deal, str) or deal.clause.has_auxiliary:
        return
    if deal.verb["gives"] in {"give", "send", "teach"}:
        return
    number = {edit.start for edit in in_number(parsed, deal.clause, deal.partner)}
    edits = [e for e in exchanged(parsed, deal) if e.start not in number]
    yield Proposal(
        (*edits, *other_side(parsed, deal, deal.partner)),
        "The same deal, told from the other side.",
    )


def move_clause(parsed: Parsed) -> Iterator[Proposal | str]:
    """*If it rains, stay in* becomes *Stay in if it rains*, and the other way round."""
    tokens = parsed.tokens
    if any(token.text in {";", ":", "(", '"', "“"} for token in tokens) or tokens[-1].text == "?":
        return
    end = len(tokens) - 1 if tokens[-1].is_mark else len(tokens)
    if tokens[0].form in _MOVABLE:
        yield from _to_back(parsed, end)
    else:
        yield from _to_front(parsed, end)


def _to_back(parsed: Parsed, end: int) -> Iterator[Proposal | str]:
    tokens = parsed.tokens
    commas = [at for at, token in enumerate(tokens) if token.text == ","]
    if len(commas) != 1 or isinstance(parsed.clause, str) or parsed.clause.start != commas[0] + 1:
        yield "Where the first clause ends is not certain."
        return
    comma = commas[0]
    if any(
        t.form in {"then", "so", "and", "or", "but", "not", "only"} for t in tokens[comma + 1 : end]
    ):
        yield "The second clause is joined or negated, so moving the first could change the sense."
        return
    leaning = _PRONOUNS & set(words_of(tokens, comma + 1, end))
    if leaning - set(words_of(tokens, 0, comma)):
        yield "A pronoun in the second clause leans on the first, which would come too late."
        return
    main, moved = parsed.piece(comma + 1, end), parsed.inner(0, comma)
    whole = Edit(tokens[0].start, tokens[end - 1].end, f"{main[:1].upper()}{main[1:]} {moved}")
    yield Proposal((whole,), "The subordinate clause was moved behind the main clause.")


def _to_front(parsed: Parsed, end: int) -> Iterator[Proposal | str]:
    tokens, clause = parsed.tokens, parsed.clause
    if isinstance(clause, str) or clause.start:
        return
    places = [at for at, t in enumerate(tokens) if t.form in _MOVABLE and t.tag == "SUB"]
    if len(places) != 1 or any(token.text == "," for token in tokens):
        return
    at = places[0]
    why_not = next(_why_not_to_front(parsed, at, end), "")
    if why_not:
        yield why_not
        return
    first, rest = parsed.piece(at, end), parsed.inner(0, at)
    put = f"{first[:1].upper()}{first[1:]}, {rest}"
    whole = Edit(tokens[0].start, tokens[end - 1].end, put)
    yield Proposal((whole,), "The subordinate clause was moved to the front.")


def _why_not_to_front(parsed: Parsed, at: int, end: int) -> Iterator[str]:
    tokens = parsed.tokens
    forms = words_of(tokens, 0, at)
    if forms[-1] in _BOUND_BEFORE:
        yield f"“{tokens[at].text}” is bound to the word before it."
    if forms[-1].removesuffix("s") in listed("time_nouns"):
        yield f"“{tokens[at].text}” describes “{forms[-1]}” and cannot leave it."
    if {"not", "no", "never", "only", "what", "ask", "know", "see", "tell", "check"} & set(forms):
        yield "The main clause is negated or asks, so moving the other could change the sense."
    if any(token.tag in {"W", "CC"} for token in tokens[:at]) or "n't" in " ".join(forms):
        yield "The main clause holds further clauses, so where the other belongs is not certain."
    if clause_at(tokens, at + 1) is None or end - at <= _SHORTEST_CLAUSE:
        yield "What follows the conjunction is no plain clause."


def move_date(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Ostrel sued Veskar on Tuesday.* becomes *On Tuesday, Ostrel sued Veskar.*."""
    tokens, clause = parsed.tokens, parsed.clause
    if isinstance(clause, str) or clause.start or clause.mood != "statement":
        return
    if any(t.text in {",", ";", "("} or t.tag in {"CC", "SUB", "W"} for t in tokens):
        return
    for at in range(clause.main + 1, clause.end - 1):
        if tokens[at].form in {"on", "in"} and _is_date(parsed, at + 1, clause.end):
            when, rest = parsed.piece(at, clause.end), parsed.inner(0, at)
            put = f"{when[:1].upper()}{when[1:]}, {rest}"
            whole = Edit(tokens[0].start, tokens[clause.end - 1].end, put)
            yield Proposal((whole,), "The date was moved to the front.")
            return


def contract(parsed: Parsed) -> Iterator[Proposal | str]:
    """*does not* becomes *doesn't*, and *doesn't* becomes *does not*."""
    full = table("closed")["contractions"]
    short = {long: form for form, long in full.items()}
    tokens = parsed.tokens
    for at, token in enumerate(tokens):
        pair = f"{token.form} not" if at + 1 < len(tokens) and tokens[at + 1].form == "not" else ""
        if token.form in full:
            put, end = full[token.form], at + 1
        elif token.form == "cannot":
            put, end = "can't", at + 1
        elif pair in short:
            put, end = short[pair], at + 2
        else:
            continue
        if tokens[-1].text == "?" or (end < len(tokens) and tokens[end].form in {"only", "just"}):
            return
        said = f"“{parsed.piece(at, end)}” was written as “{put}”."
        yield Proposal((parsed.replace(at, end, put),), said)


def spell_number(parsed: Parsed) -> Iterator[Proposal | str]:
    """*4 hours* becomes *four hours*, and *twenty people* *20 people*."""
    tokens = parsed.tokens
    figures = _FIGURES | _TENS
    words = {word: value for value, word in figures.items()}
    for at in range(1, len(tokens) - 1):
        token, following = tokens[at], tokens[at + 1]
        if following.tag != "NNS" or tokens[at - 1].tag in {"CD", "NNP", "$", "TO"}:
            continue
        if tokens[at - 1].form in {"one", "to", "and", "or"} or tokens[at - 1].is_mark:
            continue
        if token.shape == "number" and token.text.isdigit() and int(token.text) in figures:
            put = figures[int(token.text)]
        elif token.form in words:
            put = str(words[token.form])
        else:
            continue
        said = f"“{token.text}” was written as “{put}”."
        yield Proposal((parsed.replace(at, at + 1, put),), said)


def _is_date(parsed: Parsed, start: int, end: int) -> bool:
    stretch = parsed.tokens[start:end]
    known = listed("weekdays") | listed("months")
    names = [t for t in stretch if t.form in known]
    years = [t for t in stretch if t.shape == "number" and len(t.text) in {1, 2, 4}]
    four = any(len(t.text) == _YEAR_DIGITS for t in years)
    return bool(stretch) and len(names) + len(years) == len(stretch) and bool(names or four)


def _why_no_passive(
    parsed: Parsed, clause: Clause, subject: NounPhrase, thing: NounPhrase
) -> Iterator[str]:
    tokens = parsed.tokens
    if points_back(parsed, thing.start, thing.end) or points_back(
        parsed, subject.start, thing.start
    ):
        yield "One side points back at the other (“its”, “their”)."
    if tokens[subject.head].form in {"it", "they", "this", "that", "these", "everything"}:
        yield "A passive with a pronoun behind “by” would not sound natural."
    if is_time(tokens, thing) or any(t.tag in {"CD", "$"} for t in tokens[thing.start : thing.end]):
        yield "What follows the verb is a time or an amount."
    if _COUNTING & set(words_of(tokens, subject.start, thing.end)):
        yield "A passive would change what “no”, “all” or “some” reaches over."
    if any(token.tag == "W" for token in tokens[subject.start : clause.subject_end]):
        yield "A relative clause hangs on the subject."
    if _goes_on(parsed, thing):
        yield "What follows the verb does not end for certain."


def _goes_on(parsed: Parsed, phrase: NounPhrase) -> bool:
    if phrase.end >= len(parsed.tokens):
        return False
    token = parsed.tokens[phrase.end]
    if token.tag == "IN":
        return token.form not in {
            "on",
            "in",
            "at",
            "during",
            "after",
            "before",
            "since",
            "until",
            "within",
        }
    return token.text not in {".", "!", ";"} and token.tag != "SUB"


def _at_start(parsed: Parsed, clause: Clause) -> bool:
    subject = clause.subject
    return subject is not None and not parsed.text[: parsed.tokens[subject.start].start].strip()
