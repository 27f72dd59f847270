"""Wrong questions and wrong passages made from right ones by small edits.

A passage about the right topic that does not answer is the hardest wrong one. It is made by
changing the question so that its passage no longer answers it (another name, another number), or by
negating a claim and its evidence.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from retrieval.contrast.twins import offer
from retrieval.stages.lexical import words
from retrieval.training.groups import Group, passages_group, queries_group

_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w’'-]+(?: (?:of |the |de )?[A-Z][\w’'-]+)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_NEIGHBOURS = 40
_SHORT = 3
_REACH = 30


def question_edits(groups: Sequence[Group], rng: random.Random) -> Iterator[Group]:
    """For each question that can be edited: its passage, the question, and questions gone wrong.

    A name is exchanged for one that a neighbouring question asks about and the passage does not
    hold, so the edited question stays on the topic; a number for another one.

    Args:
        groups: Groups of one question each, neighbours on one topic.
        rng: Chooses.
    """
    names = [_NAME.findall(group.pairs[0][0]) for group in groups]
    for place, group in enumerate(groups):
        query, passage = group.pairs[0]
        near = names[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS]
        others = sorted({name for found in near for name in found} - set(names[place]))
        wrong = list(_edited(query, passage, names[place], others, rng))
        if wrong:
            yield queries_group("question-edits", passage, (query,), tuple(wrong))


def _edited(
    query: str, passage: str, names: Sequence[str], others: Sequence[str], rng: random.Random
) -> Iterator[str]:
    absent = [other for other in others if other not in passage]
    if names and absent:
        yield query.replace(rng.choice(list(names)), rng.choice(absent))
    if numbers := _NUMBER.findall(query):
        number = rng.choice(numbers)
        changed = _other_number(number, rng)
        if changed not in passage:
            yield query.replace(number, changed)
    if rng.random() < 0.5:
        turned = [t.text for t in offer(query).twins if t.kind in {"negated", "number"}]
        if turned:
            yield rng.choice(turned)


def _other_number(number: str, rng: random.Random) -> str:
    digits = list(number)
    places = [place for place, mark in enumerate(digits) if mark.isdigit()]
    place = places[-1] if len(places) < 2 else rng.choice(places[1:])
    digits[place] = rng.choice([mark for mark in "0123456789" if mark != digits[place]])
    return "".join(digits)


def claim_edits(groups: Sequence[Group], rng: random.Random) -> Iterator[Group]:
    """Claims and their evidence against both negated: each claim belongs to its own evidence.

    Only evidence whose edit stands beside words of the claim is used: a negation elsewhere in it
    leaves the claim as true as it was.

    Args:
        groups: Groups of one claim each, the evidence first.
        rng: Chooses.
    """
    for group in groups:
        claim, evidence = group.pairs[0]
        turned = [t.text for t in offer(claim).twins if t.kind == "negated"]
        twins = [
            t.text
            for t in offer(evidence).twins
            if t.kind == "negated" and _beside(claim, evidence, [c.start for c in t.changes])
        ]
        if turned and twins:
            back, twin = rng.choice(turned), rng.choice(twins)
            yield passages_group("claim-edits", claim, (evidence,), (twin,))
            yield passages_group("claim-edits", back, (twin,), (evidence,))


def _beside(claim: str, evidence: str, places: Sequence[int]) -> bool:
    """Whether words of the claim stand next to every changed place."""
    asked = {word for word in words(claim) if len(word) > _SHORT}
    return all(
        asked & set(words(evidence[max(0, place - _REACH) : place + _REACH])) for place in places
    )
