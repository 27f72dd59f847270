"""What a fine-tuning will do with the questions, told before it begins."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrieval.errors import TrainingError
from retrieval.training.examples import LEAST_LEARNED, Example, Examples, graded_groups
from retrieval.training.fine_tuning import FineTuning
from retrieval.training.groups import Group
from retrieval.training.holding_out import hold_out

Wrong = Callable[[Example, frozenset[str], int, random.Random], list[str]]
"""Finds passages that are taken for wrong: example, barred documents, how many, chance."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The questions, parted.

    Attributes:
        examples: All of them.
        held_out: For the comparison; nothing is learned or chosen by them.
        unseen: For telling when to end; nothing is learned from them either.
        learned: What is learned from.
        withheld: How many are not used, because all that answers them answers one of the others.
    """

    examples: Examples
    held_out: tuple[Example, ...]
    unseen: tuple[Example, ...]
    learned: tuple[Example, ...]
    withheld: int

    @classmethod
    def of(cls, examples: Examples, tuning: FineTuning) -> Plan:
        """Part the questions; the held-out ones are set aside first.

        Raises:
            TrainingError: If there are too few.
        """
        examples.check()
        count = tuning.held_out_of(len(examples.examples))
        outer = hold_out(examples.examples, count, tuning.seed)
        inner = hold_out(outer.rest, tuning.slice_of(len(outer.rest)), tuning.seed + 1)
        withheld = outer.withheld + inner.withheld
        if len(outer.rest) < LEAST_LEARNED or not inner.rest:
            left = len(outer.rest) if inner.rest else 0
            raise TrainingError(
                f"{examples.name} leaves {left} questions to learn from, and "
                f"{LEAST_LEARNED} are the least: {withheld} of the others have no right "
                "passage but those that answer a question which is set aside.",
                hint="Judge more questions, or questions that other documents answer.",
            )
        return cls(examples, outer.held_out, inner.held_out, inner.rest, withheld)

    @property
    def barred(self) -> frozenset[str]:
        """Documents that answer a question which is not learned from; none of them is read."""
        return frozenset().union(*(one.answers for one in (*self.held_out, *self.unseen)))

    @property
    def described(self) -> str:
        """The split in plain sentences."""
        lost = f" {self.withheld} are not used, because only such documents answer them."
        return (
            f"Of {len(self.examples.examples)} questions, {len(self.held_out)} are held out for "
            f"the comparison, {len(self.unseen)} tell when to stop learning, "
            f"and {len(self.learned)} are learned from. No document that answers one of the first "
            f"two kinds is read in learning.{lost if self.withheld else ''}"
        )

    def groups(self, tuning: FineTuning, wrong: Wrong) -> tuple[tuple[Group, ...], list[Group]]:
        """What is learned from, and what says when to end.

        Raises:
            TrainingError: If no question has a wrong passage.
        """
        rng = random.Random(tuning.seed)
        held = frozenset().union(*(one.answers for one in self.held_out))
        learned = _groups(self.learned, self.barred, tuning, wrong, rng)
        unseen = _groups(self.unseen, held, tuning, wrong, rng)
        if not learned or not unseen:
            raise TrainingError(
                f"{self.examples.name} has one label only: no passage is judged wrong, and the "
                "first stages bring none beside the right ones.",
                hint="Judge some passages that do not answer, too.",
            )
        return tuple(learned), unseen


def _groups(
    examples: Sequence[Example],
    barred: frozenset[str],
    tuning: FineTuning,
    wrong: Wrong,
    rng: random.Random,
) -> list[Group]:
    found: list[Group] = []
    for example in examples:
        found.extend(graded_groups(example, wrong(example, barred, tuning.mined, rng)))
    return found
