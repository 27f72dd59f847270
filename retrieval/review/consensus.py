"""One grade from several: what reviewers said of a passage, and of a document, taken together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from retrieval.errors import ReviewError
from retrieval.evaluation.measures import Qrels
from retrieval.review.pool import Pool
from retrieval.review.standing import Standing
from retrieval.review.types import Review


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A way to take grades together.

    Attributes:
        id: What options call it.
        label: What people call it.
        of: The grade of some grades, at least one, in order.
    """

    id: str
    label: str
    of: Callable[[Sequence[int]], int]


AGGREGATES: Mapping[str, Aggregate] = MappingProxyType(
    {
        one.id: one
        for one in (
            Aggregate(
                "median",
                "the median; of two in the middle, the lower",
                lambda grades: grades[(len(grades) - 1) // 2],
            ),
            Aggregate("lowest", "the lowest", lambda grades: grades[0]),
            Aggregate("highest", "the highest", lambda grades: grades[-1]),
        )
    }
)
"""Where a lead has set a final grade, that holds whatever is chosen here."""


def aggregate(name: str) -> Aggregate:
    """The way of this id.

    Raises:
        ReviewError: If there is none.
    """
    if name not in AGGREGATES:
        raise ReviewError(
            f"Grades cannot be taken together by “{name}”.",
            hint=f"Choose from {', '.join(AGGREGATES)}.",
        )
    return AGGREGATES[name]


def passage_grades(standing: Standing, how: str = "median") -> dict[str, int]:
    """The grade of each passage that has one: a lead's final one, or that of the reviewers.

    Raises:
        ReviewError: If there is no such way to take grades together.
    """
    chosen = aggregate(how)
    found = {task: chosen.of(sorted(by.values())) for task, by in standing.grades.items()}
    finals = {task: one.grade for task, one in standing.finals.items() if one.grade is not None}
    return {**found, **finals}


def qrels_of(review: Review, pool: Pool, grades: Mapping[str, int]) -> Qrels:
    """Judgments by document, each with the highest grade of its passages.

    Args:
        review: Its questions give the order, which bootstrap intervals depend on.
        pool: The passages.
        grades: Grade by passage; those without one are not judged.
    """
    qrels: dict[str, dict[str, int]] = {}
    for one in pool.passages:
        if one.id in grades:
            documents = qrels.setdefault(one.query_id, {})
            grade = grades[one.id]
            documents[one.document_id] = max(grade, documents.get(one.document_id, grade))
    asked = [one.id for one in review.questions if one.id in qrels]
    return {query: dict(sorted(qrels[query].items())) for query in asked}
