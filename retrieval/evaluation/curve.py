"""How good the reranked list is for every N at once, from scores that were computed once.

A pool for a small N is the beginning of the pool for a large one, and a pair's score does not
depend on what else is in the pool. So candidate n only has to be put into the ranking of the n - 1
before it, and 200 searches become 200 insertions.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from retrieval.settings import DEPTH

CUTOFF = 10
"""nDCG and MRR read the first ten documents."""

CurveMeasure = Literal["nDCG@10", "MRR@10"]
CURVE_MEASURES: tuple[CurveMeasure, ...] = ("nDCG@10", "MRR@10")

Grades = Mapping[str, int]
"""Grade by document id."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoredPool:
    """A question's candidates with all that is needed to rank any first N of them.

    Attributes:
        order: Chunk ids in hybrid order, the whole list; the first 200 are candidates.
        documents: The document of each chunk.
        scores: The rerank score of each candidate.
    """

    order: tuple[str, ...]
    documents: Mapping[str, str]
    scores: Mapping[str, float]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The pool for the largest N."""
        return self.order[:DEPTH]


@dataclass(frozen=True, slots=True)
class Point:
    """The reranked list for one N, as a mean over the questions.

    Attributes:
        candidates: N.
        recall: Share of the relevant documents in the pool: no reranker can find more.
        ndcg: nDCG@10 after reranking.
        mrr: MRR@10 after reranking.
        pairs: Pairs that the reranker reads: N, or fewer where the lists are shorter.
    """

    candidates: int
    recall: float
    ndcg: float
    mrr: float
    pairs: float


_READ: Mapping[CurveMeasure, Callable[[Point], float]] = MappingProxyType(
    {"nDCG@10": lambda point: point.ndcg, "MRR@10": lambda point: point.mrr}
)


@dataclass(frozen=True, slots=True)
class Curve:
    """Quality against N from 1 to 200.

    Attributes:
        points: One for each N, in order.
        without: Each measure of the hybrid list as it stands; it does not depend on N.
        questions: How many questions the mean is taken over.
    """

    points: tuple[Point, ...]
    without: Mapping[CurveMeasure, float]
    questions: int

    def values(self, measure: CurveMeasure) -> tuple[float, ...]:
        """The measure after reranking, for N from 1."""
        return tuple(_READ[measure](point) for point in self.points)

    def at(self, candidates: int) -> Point:
        """The point of this N."""
        return self.points[candidates - 1]


def curve(judged: Iterable[tuple[ScoredPool, Grades]]) -> Curve:
    """The mean curve of judged questions; for one question, its own.

    Raises:
        ValueError: If there is no question.
    """
    walks, plain = [], []
    for pool, grades in judged:
        places = rerank_places(pool.scores)
        walks.append(walk(pool.candidates, places, pool.documents, grades))
        plain.append(measure_order(pool.order, pool.documents, grades))
    if not walks:
        raise ValueError("a curve needs at least one judged question, and got none")
    columns = np.mean(walks, axis=0).T.tolist()
    points = tuple(Point(n, *column) for n, column in enumerate(columns, start=1))
    without = np.mean(plain, axis=0).tolist()
    return Curve(points, dict(zip(CURVE_MEASURES, without, strict=True)), len(walks))


def rerank_places(scores: Mapping[str, float]) -> dict[str, int]:
    """The place of each chunk among all scored ones, from 0: highest first, ties by chunk id."""
    ordered = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))
    return {chunk_id: place for place, chunk_id in enumerate(ordered)}


def walk(
    candidates: Sequence[str],
    places: Mapping[str, int],
    documents: Mapping[str, str],
    grades: Grades,
) -> Values:
    """Put one candidate after another into the ranking and measure after each.

    DCG@10 is the sum of grade / log2(rank + 1), divided by that of the ideal list (Järvelin and
    Kekäläinen 2002, with the linear gain of trec_eval); RR@10 is 1 / rank of the first relevant
    document of the ten. A document stands where its best chunk stands.

    Args:
        candidates: Chunk ids in hybrid order, at most 200.
        places: The place of each in the order of rerank scores, from 0.
        documents: The document of each.
        grades: Grade by document id.

    Returns:
        Recall, nDCG@10, MRR@10 and pairs, float64 of shape (4, 200), one column for each N; beyond
        the last candidate all stay as they are.
    """
    relevant = sum(grade > 0 for grade in grades.values())
    ideal = ideal_gain(grades)
    best: dict[str, int] = {}
    ranked: list[int] = []
    gains: dict[int, int] = {}
    found, ndcg, mrr = 0, 0.0, 0.0
    values = np.zeros((4, DEPTH))
    for n, chunk_id in enumerate(candidates):
        document, place = documents[chunk_id], places[chunk_id]
        before = best.get(document)
        if before is None or place < before:
            gains[place] = max(grades.get(document, 0), 0)
            found += before is None and gains[place] > 0
            best[document] = place
            if _move(ranked, before, place) < CUTOFF:
                ndcg, mrr = _measure([gains[one] for one in ranked[:CUTOFF]], ideal)
        values[:, n] = (found / relevant if relevant else 0.0, ndcg, mrr, n + 1)
    if candidates:
        values[:, len(candidates) :] = values[:, [len(candidates) - 1]]
    return values


def measure_order(
    order: Sequence[str], documents: Mapping[str, str], grades: Grades
) -> tuple[float, float]:
    """nDCG@10 and MRR@10 of a list of chunks as it stands, by document."""
    leading = list(dict.fromkeys(documents[chunk_id] for chunk_id in order))[:CUTOFF]
    gains = [max(grades.get(document, 0), 0) for document in leading]
    return _measure(gains, ideal_gain(grades))


def ideal_gain(grades: Grades) -> float:
    """DCG@10 of the best possible list; 0 where nothing is relevant."""
    return _discounted(sorted((g for g in grades.values() if g > 0), reverse=True)[:CUTOFF])


def _move(ranked: list[int], before: int | None, place: int) -> int:
    """Move a document in the ascending list of places; returns where it stands now, from 0."""
    if before is not None:
        ranked.pop(bisect_left(ranked, before))
    at = bisect_left(ranked, place)
    ranked.insert(at, place)
    return at


_DISCOUNTS = tuple(1 / math.log2(rank + 1) for rank in range(1, CUTOFF + 1))


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain * discount for gain, discount in zip(gains, _DISCOUNTS, strict=False))


def _measure(gains: Sequence[int], ideal: float) -> tuple[float, float]:
    """NDCG and reciprocal rank of the grades of a list's first ten."""
    first = next((rank for rank, gain in enumerate(gains, start=1) if gain > 0), None)
    if first is None:
        return 0.0, 0.0
    return _discounted(gains) / ideal, 1 / first
