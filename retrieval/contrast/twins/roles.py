"""Who does what to whom, the other way round: the two sides of a verb change places."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from retrieval.contrast.twins.agreement import as_object, as_subject, in_number, points_back
from retrieval.contrast.twins.clauses import Clause
from retrieval.contrast.twins.edits import Edit, Parsed, Proposal
from retrieval.contrast.twins.phrases import NounPhrase, is_time, noun_phrase
from retrieval.contrast.twins.tagging import FINITE
from retrieval.contrast.twins.words import listed

_NO_THING = frozenset(
    {"this", "that", "these", "those", "everything", "nothing", "each", "itself", "themselves"}
    | {"himself", "herself"}
)
_MAY_FOLLOW = frozenset({"IN", "SUB", "RB", ",", ".", "!", "?", ";", "…"})


def swap_active(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Ants guard aphids* becomes *Aphids guard ants*."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.mood != "statement" or clause.subject is None:
        return
    tokens = parsed.tokens
    verb = tokens[clause.main]
    if verb.tag == "VBN" and _has_form_of_be(parsed, clause):
        return
    if clause.object is None and verb.tag in FINITE:
        yield "Its verb has no plain object that could change places with the subject."
        return
    if verb.lemma not in listed("transitive", "verbs") and _base(parsed, clause) is None:
        if clause.object is not None and verb.tag not in {"BE", "HV", "DO"}:
            yield f"“{verb.text}” is not among the verbs whose two sides can change places."
        return
    thing = clause.object
    if thing is None:
        yield "Its verb has no plain object that could change places with the subject."
        return
    why_not = _why_not(parsed, clause, thing)
    if not why_not and not _is_person(parsed, thing) and _speaks(parsed, clause.subject):
        why_not = f"“{parsed.piece(thing.start, thing.end)}” could hardly do this to a person."
    if why_not:
        yield why_not
        return
    yield Proposal(_swap(parsed, clause, thing), "Subject and object changed places.")


def _speaks(parsed: Parsed, subject: NounPhrase) -> bool:
    return parsed.tokens[subject.head].form in {"i", "we", "you", "he", "she", "everyone", "they"}


def _is_person(parsed: Parsed, phrase: NounPhrase) -> bool:
    """Whether the phrase is a name, a pronoun, or a word for a person or an animal of that role."""
    head = parsed.tokens[phrase.head]
    if head.tag == "NNP" or phrase.is_pronoun or head.lemma in listed("relations", "relations"):
        return True
    return head.tag in {"NN", "NNS"} and head.lemma.endswith(("er", "or", "ist", "man", "woman"))


def swap_passive(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Ostrel was sued by Veskar* becomes *Veskar was sued by Ostrel*."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.mood != "statement" or clause.subject is None:
        return
    agent = agent_of(parsed, clause)
    if agent is None:
        return
    why_not = _why_not(parsed, clause, agent)
    if why_not:
        yield why_not
        return
    yield Proposal(_swap(parsed, clause, agent), "The doer and the one it is done to were swapped.")


def agent_of(parsed: Parsed, clause: Clause) -> NounPhrase | None:
    """The noun phrase behind *by* in a passive, or None."""
    tokens, by = parsed.tokens, clause.main + 1
    if tokens[clause.main].tag != "VBN" or not _has_form_of_be(parsed, clause):
        return None
    if by >= clause.end or tokens[by].form != "by":
        return None
    agent = noun_phrase(tokens, by + 1)
    if (
        agent is None
        or is_time(tokens, agent)
        or tokens[agent.head].form in listed("no_agents", "relations")
    ):
        return None
    return agent


def swap_compared(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Ibuprofen is stronger than aspirin* becomes *Aspirin is stronger than ibuprofen*."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.mood != "statement" or clause.subject is None:
        return
    tokens = parsed.tokens
    places = [at for at in range(clause.main + 1, clause.end) if tokens[at].form == "than"]
    if len(places) != 1:
        return
    than = places[0]
    between = tokens[clause.main + 1 : than]
    compares = between and (
        between[-1].tag in {"JJR", "RBR"}
        or _ends_in_er(between[-1].form)
        or any(token.form in {"more", "less"} for token in between[-2:])
    )
    other = noun_phrase(tokens, than + 1)
    plain = all(token.tag in {"JJ", "JJR", "RB", "RBR", "CC", "VBN", "NEG"} for token in between)
    if not compares or not plain or other is None or tokens[other.head].tag == "CD":
        yield "What “than” compares is not two plain noun phrases."
        return
    if tokens[other.head].form in {"that", "those", "one", "ones"} or is_time(tokens, other):
        yield "What “than” compares is not two plain noun phrases."
        return
    why_not = _why_not(parsed, clause, other)
    if why_not:
        yield why_not
        return
    yield Proposal(_swap(parsed, clause, other), "The two sides of the comparison were swapped.")


def _ends_in_er(form: str) -> bool:
    return form in {"better", "worse", "further", "farther"} or form.endswith("er")


def swap_related(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Ostrel is Veskar's supplier* becomes *Veskar is Ostrel's supplier*; *the father of* too."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.mood != "statement" or clause.subject is None:
        return
    tokens, main = parsed.tokens, clause.main
    if tokens[main].tag != "BE" or clause.negator is not None or clause.object is None:
        return
    owner = _owner(parsed, clause.object)
    if owner is None:
        return
    if clause.object.end != clause.end and tokens[clause.object.end].tag not in _MAY_FOLLOW:
        return
    kinds = {
        tokens[p.head].tag == "NNP" or parsed.is_name(p.start) for p in (clause.subject, owner)
    }
    if len(kinds) > 1:
        yield "The two sides of the relation are not of one kind, so a swap would make no sense."
        return
    why_not = _why_not(parsed, clause, owner, loose=True)
    if why_not:
        yield why_not
        return
    yield Proposal(_swap(parsed, clause, owner), "The two sides of the relation were swapped.")


def _owner(parsed: Parsed, phrase: NounPhrase) -> NounPhrase | None:
    """*Veskar* in *Veskar's supplier* or in *the supplier of Veskar*."""
    tokens = parsed.tokens
    for at in range(phrase.start, phrase.end):
        if tokens[at].tag == "POS" and at > phrase.start and at + 2 == phrase.end:
            return NounPhrase(phrase.start, at, at - 1, tokens[at - 1].tag == "NNS")
        if tokens[at].form == "of" and tokens[at - 1].form in listed("relations", "relations"):
            return noun_phrase(tokens, at + 1)
    return None


def _has_form_of_be(parsed: Parsed, clause: Clause) -> bool:
    return any(token.tag == "BE" for token in parsed.tokens[clause.finite : clause.main])


def _base(parsed: Parsed, clause: Clause) -> str | None:
    """The base form of a perfect or modal verb, where the tagger saw the form alone."""
    verb = parsed.tokens[clause.main]
    return verb.form if verb.form in listed("transitive", "verbs") else None


def _why_not(parsed: Parsed, clause: Clause, other: NounPhrase, *, loose: bool = False) -> str:
    """Why the subject and this phrase cannot change places; empty if they can."""
    if clause.subject is None:
        return "It has no subject."
    return next(
        chain(
            _doubts_of_sense(parsed, clause, clause.subject, other),
            _doubts_of_end(parsed, clause, other, loose=loose),
        ),
        "",
    )


def _doubts_of_sense(
    parsed: Parsed, clause: Clause, subject: NounPhrase, other: NounPhrase
) -> Iterator[str]:
    tokens, start, end = parsed.tokens, subject.start, clause.subject_end
    if any(token.tag == "W" for token in tokens[start:end]):
        yield "A relative clause hangs on the subject and would have to move with it."
    if points_back(parsed, start, end) or points_back(parsed, other.start, other.end):
        yield "One side points back at the other (“its”, “their”), so a swap would lose its sense."
    heads = {tokens[subject.head].form, tokens[other.head].form}
    if heads & _NO_THING:
        yield "One side is no thing of its own, so a swap would make no sense."
    if any(tokens[p.start].form in {"no", "all", "any", "most", "few"} for p in (subject, other)):
        yield "One side counts all or none, and a swap would not say the opposite."
    if is_time(tokens, other) or any(t.tag in {"CD", "$"} for t in tokens[other.start : other.end]):
        yield "One side is a time or an amount, which cannot act."
    if tokens[other.start].tag == "VBG":
        yield "The second side is an action and no thing."
    if parsed.piece(start, end).lower() == parsed.piece(other.start, other.end).lower():
        yield "Both sides are the same words."


def _doubts_of_end(
    parsed: Parsed, clause: Clause, other: NounPhrase, *, loose: bool
) -> Iterator[str]:
    tokens = parsed.tokens
    follows = tokens[other.end] if other.end < len(tokens) else None
    if follows is not None and not loose and follows.tag not in _MAY_FOLLOW:
        yield f"The second side may go on with “{follows.text}”, so its end is not certain."
    if follows is not None and follows.text == "," and _is_list(parsed, other.end, clause.end):
        yield "The second side is a list, so its end is not certain."


def _is_list(parsed: Parsed, comma: int, end: int) -> bool:
    """Whether a comma goes on with a further noun phrase and *and* or *or*, or another comma."""
    following = noun_phrase(parsed.tokens, comma + 1)
    if following is None or following.end >= end:
        return False
    return parsed.tokens[following.end].form in {",", "and", "or", "&"}


def _swap(parsed: Parsed, clause: Clause, other: NounPhrase) -> tuple[Edit, ...]:
    subject = clause.subject
    if subject is None:
        raise ValueError("a clause without a subject has no roles to swap")
    tokens, start, end = parsed.tokens, subject.start, clause.subject_end
    at_start = parsed.text[: tokens[start].start].strip() == ""
    front = as_subject(parsed, other.start, other.end, at_start=at_start)
    back = as_object(parsed, start, end)
    return (
        Edit(tokens[start].start, tokens[end - 1].end, front),
        *in_number(parsed, clause, other),
        Edit(tokens[other.start].start, tokens[other.end - 1].end, back),
    )
