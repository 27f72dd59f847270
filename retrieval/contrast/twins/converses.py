"""Directions and dealings turned round: *from* and *to*, *before* and *after*, *sell* and *buy*."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retrieval.contrast.twins.agreement import as_object, as_subject, in_number, points_back
from retrieval.contrast.twins.clauses import Clause
from retrieval.contrast.twins.edits import Edit, Parsed, Proposal
from retrieval.contrast.twins.morphology import inflect
from retrieval.contrast.twins.phrases import NounPhrase, is_time, noun_phrase
from retrieval.contrast.twins.words import listed, table


def swap_direction(parsed: Parsed) -> Iterator[Proposal | str]:
    """*from Larkhaven to Skerry* becomes *from Skerry to Larkhaven*."""
    tokens = parsed.tokens
    for at, token in enumerate(tokens):
        if token.form != "from":
            continue
        source = noun_phrase(tokens, at + 1)
        if (
            source is None
            or source.end >= len(tokens)
            or tokens[source.end].form not in {"to", "into"}
        ):
            continue
        goal = noun_phrase(tokens, source.end + 1)
        if goal is None:
            continue
        stretch = tokens[source.start : goal.end]
        if any(part.tag in {"CD", "W"} for part in stretch):
            yield "“from … to” spans numbers here, and a range turned round means nothing."
            continue
        if points_back(parsed, source.start, goal.end):
            yield "One side of “from … to” points back at the other."
            continue
        edits = (
            Edit(*_place(parsed, source), as_object(parsed, goal.start, goal.end)),
            Edit(*_place(parsed, goal), as_object(parsed, source.start, source.end)),
        )
        yield Proposal(edits, "Start and goal of “from … to” were swapped.")


def swap_order(parsed: Parsed) -> Iterator[Proposal | str]:
    """*before the meal* becomes *after the meal*, and the other way round."""
    tokens = parsed.tokens
    others: Mapping[str, str] = table("roles")["order"]
    both = {**others, **{late: early for early, late in others.items()}}
    for at, token in enumerate(tokens[:-1]):
        if token.form not in both:
            continue
        before = tokens[at - 1].form if at else ""
        following = tokens[at + 1]
        if before in listed("bound", "relations") or following.form in {
            "all",
            "long",
            "then",
            "that",
            "tomorrow",
            "next",
        }:
            yield f"“{token.form}” belongs to a fixed phrase here."
            continue
        if following.is_mark or following.tag in {"CC", "IN", "RB"}:
            continue
        if {"latest", "earliest"} & {part.form for part in tokens[at:]}:
            yield f"A limit such as “at the latest” does not go with the other of “{token.form}”."
            continue
        put = parsed.replace(at, at + 1, both[token.form])
        yield Proposal((put,), f"“{token.form}” became “{both[token.form]}”.")


@dataclass(frozen=True, slots=True)
class Deal:
    """*A sold X to B*: who, what, and with whom.

    Attributes:
        clause: The clause.
        verb: The row of the lexicon.
        gives: Whether the subject gives (and does not take).
        link: Place of *to* or *from*.
        partner: The noun phrase behind it.
    """

    clause: Clause
    verb: Mapping[str, Any]
    gives: bool
    link: int
    partner: NounPhrase


def deal_in(parsed: Parsed) -> Deal | str | None:
    """The dealing that the main clause tells of; a reason if there is one that is not certain."""
    clause = parsed.clause
    if isinstance(clause, str) or clause.mood != "statement" or clause.subject is None:
        return None
    tokens, thing = parsed.tokens, clause.object
    if tokens[clause.main].tag == "VBN" and tokens[clause.finite].tag == "BE":
        return None
    for verb in table("roles")["transfers"]:
        for gives, lemma, link in ((True, "gives", "to"), (False, "takes", "from")):
            if tokens[clause.main].lemma != verb[lemma]:
                continue
            if thing is None or thing.end >= clause.end or tokens[thing.end].form != verb[link]:
                return f"It does not say plainly who “{tokens[clause.main].text}” with whom."
            partner = noun_phrase(tokens, thing.end + 1)
            if partner is None or _is_no_partner(parsed, clause, partner):
                return f"It does not say plainly who “{tokens[clause.main].text}” with whom."
            return Deal(clause, verb, gives, thing.end, partner)
    return None


def swap_partners(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Anna sold a boat to Ben* becomes *Ben sold a boat to Anna*."""
    deal = deal_in(parsed)
    if isinstance(deal, str):
        yield deal
    elif deal is not None:
        yield Proposal(exchanged(parsed, deal), "The two parties of the deal were swapped.")


def swap_deal(parsed: Parsed) -> Iterator[Proposal | str]:
    """*Anna sold a boat to Ben* becomes *Anna bought a boat from Ben*."""
    deal = deal_in(parsed)
    if isinstance(deal, Deal):
        yield Proposal(other_side(parsed, deal, None), "The deal was turned round.")


def exchanged(parsed: Parsed, deal: Deal) -> tuple[Edit, ...]:
    """The edits that put the two parties in each other's place."""
    clause, subject = deal.clause, deal.clause.subject
    if subject is None:
        raise ValueError("a deal has a subject")
    tokens, end = parsed.tokens, clause.subject_end
    at_start = parsed.text[: tokens[subject.start].start].strip() == ""
    front = as_subject(parsed, deal.partner.start, deal.partner.end, at_start=at_start)
    return (
        Edit(tokens[subject.start].start, tokens[end - 1].end, front),
        *in_number(parsed, clause, deal.partner),
        Edit(*_place(parsed, deal.partner), as_object(parsed, subject.start, end)),
    )


def other_side(parsed: Parsed, deal: Deal, subject: NounPhrase | None) -> tuple[Edit, ...]:
    """The edits that tell the deal with the other verb and link.

    Args:
        parsed: The sentence.
        deal: The dealing.
        subject: The subject whose number the verb takes, or None to keep the number it has.
    """
    verb = parsed.tokens[deal.clause.main]
    lemma = deal.verb["takes" if deal.gives else "gives"]
    name = verb.tag
    if subject is not None and verb.tag in {"VBZ", "VBP"}:
        name = "VBP" if subject.takes_base_form else "VBZ"
    put = lemma if name in {"VB", "VBP"} else inflect(lemma, name)
    link = deal.verb["from" if deal.gives else "to"]
    here = parsed.tokens[deal.link]
    return (Edit(verb.start, verb.end, put), Edit(here.start, here.end, link))


def _is_no_partner(parsed: Parsed, clause: Clause, partner: NounPhrase) -> bool:
    tokens, subject = parsed.tokens, clause.subject
    follows = tokens[partner.end] if partner.end < len(tokens) else None
    goes_on = follows is not None and follows.tag in {"CC", "W", "NN", "VBN", "VBG", "TO"}
    leans = points_back(parsed, clause.start, partner.end)
    joined = subject is not None and tokens[subject.head].form in {"this", "that", "which"}
    return goes_on or leans or joined or is_time(tokens, partner)


def _place(parsed: Parsed, phrase: NounPhrase) -> tuple[int, int]:
    return parsed.tokens[phrase.start].start, parsed.tokens[phrase.end - 1].end
