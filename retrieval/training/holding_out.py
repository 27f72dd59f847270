"""A held-out share of the questions, set aside before anything is learned.

The split is by question. Questions that share a document that answers them stay together as far as
the share allows, and whatever answers a held-out question is taken out of the rest altogether: a
model that has learned "this passage is right" by heart would win the comparison without having
learned to read.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.training.examples import Example


@dataclass(frozen=True, slots=True)
class Split:
    """Questions set aside, and what is left.

    Attributes:
        held_out: The questions that are set aside.
        rest: The others, without any document that answers a held-out question.
        withheld: How many of the others lost every right passage by that, and are not used.
    """

    held_out: tuple[Example, ...]
    rest: tuple[Example, ...]
    withheld: int = 0

    @property
    def answers(self) -> frozenset[str]:
        """The documents that answer a held-out question."""
        return frozenset().union(*(one.answers for one in self.held_out))


def hold_out(examples: Sequence[Example], count: int, seed: int) -> Split:
    """Set so many questions aside, the same ones for the same seed.

    Args:
        examples: The questions.
        count: How many to set aside.
        seed: Fixes the draw.
    """
    groups = _kin(examples)
    random.Random(seed).shuffle(groups)
    chosen: set[int] = set()
    for group in groups:
        if len(chosen) + len(group) <= count:
            chosen.update(group)
    # Kin that are too many to stay together are parted, and the rest loses what they share.
    left = [place for group in groups for place in group if place not in chosen]
    chosen.update(left[: count - len(chosen)])
    held = tuple(one for place, one in enumerate(examples) if place in chosen)
    answers = Split(held, ()).answers
    others = [_without(one, answers) for place, one in enumerate(examples) if place not in chosen]
    rest = tuple(one for one in others if one.answers)
    return Split(held, rest, len(others) - len(rest))


def _without(example: Example, documents: frozenset[str]) -> Example:
    kept = tuple(one for one in example.passages if one.document not in documents)
    return replace(example, passages=kept)


def _kin(examples: Sequence[Example]) -> list[list[int]]:
    """Places of questions that are joined, directly or by others, by a document that answers."""
    owner: dict[str, int] = {}
    root = list(range(len(examples)))

    def find(place: int) -> int:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    for place, example in enumerate(examples):
        for document in sorted(example.answers):
            root[find(place)] = find(owner.setdefault(document, place))
    groups: dict[int, list[int]] = {}
    for place in range(len(examples)):
        groups.setdefault(find(place), []).append(place)
    return list(groups.values())
