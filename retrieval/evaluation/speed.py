"""What a question costs on this machine, measured: its vector, the search, and each pair."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from retrieval.cascade import Cascade
from retrieval.evaluation.cost import Speed
from retrieval.evaluation.legs import Legs
from retrieval.models.loading import Models
from retrieval.models.protocols import Reranker
from retrieval.settings import SearchSettings
from retrieval.store import Snapshot

_RUNS = 5
_PAIR_RUNS = 3
_PAIRS_A_RUN = 32


def measure_speed(
    cascade: Cascade, models: Models, snapshot: Snapshot, legs: Legs, asked: SearchSettings
) -> Speed:
    """Measure each part a few times and take the median; no score is read from the cache.

    Args:
        cascade: What searches.
        models: Where the collection's encoder and the reranker come from.
        snapshot: The collection, pinned to a version.
        legs: The question to measure with; its own candidates are the pairs.
        asked: Reranker, fusion and filter.
    """
    encoder = models.encoder(snapshot.encoder)
    only_first = replace(asked, stages=("hybrid",))
    searches = [
        cascade.search(snapshot, legs.query, only_first).cost.elapsed_ms for _ in range(_RUNS + 1)
    ]
    return Speed(
        _median_ms(lambda: encoder.encode_query(legs.query)),
        statistics.median(searches[1:]),
        _pair_ms(models.reranker(asked.reranker), snapshot, legs, asked),
    )


def _median_ms(work: Callable[[], object]) -> float:
    """Median of a few runs, after one that warms up."""
    work()
    return statistics.median(_elapsed_ms(work) for _ in range(_RUNS))


def _pair_ms(reranker: Reranker, snapshot: Snapshot, legs: Legs, asked: SearchSettings) -> float:
    """Median over a few samples of the pool, each spread over the whole of it; 0 for no pair."""
    pool = legs.pool(asked)
    chunks = snapshot.chunks(pool[: _PAIR_RUNS * _PAIRS_A_RUN])
    texts = [chunk.text for chunk in chunks.values()]
    samples = [sample for run in range(_PAIR_RUNS) if (sample := texts[run::_PAIR_RUNS])]
    if not samples:
        return 0.0
    _score_ms(reranker, legs.query, samples[0])
    return statistics.median(
        _score_ms(reranker, legs.query, sample) / len(sample) for sample in samples
    )


def _score_ms(reranker: Reranker, query: str, texts: Sequence[str]) -> float:
    return _elapsed_ms(lambda: list(reranker.score(query, texts)))


def _elapsed_ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000
