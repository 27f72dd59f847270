"""How far the reviewers of a review agree, and where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from retrieval.evaluation.agreement import (
    METRICS,
    Coefficient,
    Metric,
    PairAgreement,
    alpha_interval,
    compare_people,
    disagreement,
)
from retrieval.review.pool import Pool, PooledPassage
from retrieval.review.standing import Standing
from retrieval.review.types import Event, Review
from retrieval.wording import counted

CHOICES = ("a", "b", "tie", "bad")
SOLID, TENTATIVE = 0.8, 0.667
"""Where Krippendorff (2004, p. 241) draws the lines: conclusions from 0.8, tentative from 0.667."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far reviewers agree; leads' decisions have no part in it.

    Attributes:
        alphas: Krippendorff's alpha by metric; of preferences the nominal one alone.
        pairs: Every two reviewers who graded something in common.
        tasks: How many tasks two or more reviewers judged.
        reviewers: Who judged anything.
    """

    alphas: Mapping[Metric, Coefficient]
    pairs: tuple[PairAgreement, ...]
    tasks: int
    reviewers: tuple[str, ...]

    @property
    def main(self) -> Coefficient:
        """The alpha that is quoted: ordinal for grades, nominal for preferences."""
        return self.alphas.get("ordinal", self.alphas["nominal"])

    @property
    def sentence(self) -> str:
        """What it comes to, in plain words."""
        if self.tasks == 0:
            return (
                "Nothing has been judged by two reviewers yet, so how far they agree is not known."
            )
        found = self.main
        shared = counted(self.tasks, "shared judgment")
        if np.isnan(found.value):
            return (
                f"On {shared} all reviewers said the same, and nothing else was ever said: "
                "chance would have agreed as well."
            )
        if found.value >= SOLID:
            verdict = "firm enough to draw conclusions from"
        elif found.value >= TENTATIVE:
            verdict = "enough for tentative conclusions"
        else:
            verdict = "too little for conclusions: talk the first disagreements over"
        interval = "" if np.isnan(found.low) else f" [{found.low:.2f}, {found.high:.2f}]"
        return f"On {shared} alpha is {found.value:.2f}{interval}, {verdict}."

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values for JSON; what is undefined is null."""
        return {
            "alpha": {name: _plain(one) for name, one in self.alphas.items()},
            "pairs": [
                {
                    **asdict(one),
                    **{
                        name: _plain(getattr(one, name))
                        for name in ("kappa", "linear", "quadratic")
                    },
                    "both": one.both,
                    "same": one.same,
                }
                for one in self.pairs
            ],
            "shared": self.tasks,
            "reviewers": list(self.reviewers),
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class Disputed:
    """A passage with everything that was said of it.

    Attributes:
        passage: The passage, with what brought it.
        answers: What each reviewer said of it, by reviewer; those who could not judge included.
        apart: How far their grades are apart: the mean squared distance of two reviewers.
        final: What a lead decided; None where nobody has.
    """

    passage: PooledPassage
    answers: Mapping[str, Event]
    apart: float
    final: Event | None

    @property
    def grades(self) -> dict[str, int]:
        """The grades, by reviewer."""
        return {who: one.grade for who, one in self.answers.items() if one.grade is not None}


def agreement_of(review: Review, standing: Standing) -> Agreement:
    """How far the reviewers agree."""
    if review.draft.mode == "passages":
        size, metrics = len(review.scale.words), tuple(METRICS)
        by_task = standing.grades
    else:
        size, metrics = len(CHOICES), tuple(METRICS)[:1]
        by_task = {}
        for one in standing.given("prefer"):
            by_task.setdefault(one.task_id, {})[one.reviewer] = CHOICES.index(one.choice)
    shared = {task: given for task, given in by_task.items() if len(given) > 1}
    counts = np.zeros((len(shared), size))
    for row, task in enumerate(sorted(shared)):
        for grade in shared[task].values():
            counts[row, grade] += 1
    reviewers = tuple(sorted({who for given in by_task.values() for who in given}))
    return Agreement(
        {metric: alpha_interval(counts, metric) for metric in metrics},
        tuple(_pairs(shared, reviewers, size)),
        len(shared),
        reviewers,
    )


def disputed(pool: Pool, standing: Standing) -> tuple[Disputed, ...]:
    """The passages that two or more judged, those with most disagreement first.

    A passage that nobody could judge, or that a lead has decided, is among them too.
    """
    answers: dict[str, dict[str, Event]] = {}
    for who, given in standing.answers.items():
        for task, one in given.items():
            if one.kind in {"grade", "cannot"}:
                answers.setdefault(task, {})[who] = one
    found = []
    for passage in pool.passages:
        said = answers.get(passage.id, {})
        if len(said) > 1 or passage.id in standing.finals or _nobody_could(said):
            grades = [one.grade for one in said.values() if one.grade is not None]
            apart = disagreement(grades)
            found.append(Disputed(passage, said, apart, standing.finals.get(passage.id)))
    return tuple(sorted(found, key=lambda one: (-one.apart, -len(one.answers), one.passage.id)))


def _nobody_could(said: Mapping[str, Event]) -> bool:
    return bool(said) and all(one.kind == "cannot" for one in said.values())


def _pairs(
    shared: Mapping[str, Mapping[str, int]], reviewers: Sequence[str], size: int
) -> list[PairAgreement]:
    found = []
    for a, b in combinations(reviewers, 2):
        both = [(given[a], given[b]) for given in shared.values() if a in given and b in given]
        if both:
            first, second = zip(*both, strict=True)
            found.append(compare_people((a, b), first, second, size))
    return found


def _plain(found: Coefficient) -> dict[str, float | int | None]:
    return {
        name: None if isinstance(value, float) and np.isnan(value) else value
        for name, value in found._asdict().items()
    }
