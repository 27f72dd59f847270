"""One answer and the knob: from which N it is a candidate, and for which N it comes out first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from retrieval.evaluation.curve import ScoredPool, rerank_places
from retrieval.settings import DEPTH


@dataclass(frozen=True, slots=True)
class Entry:
    """How an answer meets the knob.

    Attributes:
        chunk_id: The answer's first chunk in hybrid order; None where neither list returned one.
        enters: The N from which it is a candidate: its rank in the hybrid list.
        first: The stretches of N, both ends included, for which the reranker puts it first.
        last: The largest N that changes anything: the size of the pool.
    """

    chunk_id: str | None
    enters: int | None
    first: tuple[tuple[int, int], ...]
    last: int = DEPTH

    @property
    def stays_first(self) -> bool:
        """Whether no later candidate passes it, once the reranker has put it first."""
        return len(self.first) == 1 and self.first[0][1] == self.last


def entry(pool: ScoredPool, answers: Collection[str]) -> Entry:
    """Follow an answer while N grows from 1 to the whole pool.

    Args:
        pool: The question's candidates.
        answers: Chunk ids that answer it; any one of them will do.
    """
    ranks = {chunk_id: rank for rank, chunk_id in enumerate(pool.order, start=1)}
    present = [chunk_id for chunk_id in answers if chunk_id in ranks]
    if not present:
        return Entry(None, None, (), len(pool.candidates))
    leading = min(present, key=ranks.__getitem__)
    return Entry(leading, ranks[leading], tuple(_stretches(pool, answers)), len(pool.candidates))


def _stretches(pool: ScoredPool, answers: Collection[str]) -> list[tuple[int, int]]:
    places = rerank_places(pool.scores)
    found: list[tuple[int, int]] = []
    top: str | None = None
    for n, chunk_id in enumerate(pool.candidates, start=1):
        if top is None or places[chunk_id] < places[top]:
            top = chunk_id
        if top not in answers:
            continue
        if found and found[-1][1] == n - 1:
            found[-1] = (found[-1][0], n)
        else:
            found.append((n, n))
    return found
