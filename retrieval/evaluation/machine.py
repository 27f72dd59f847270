"""What this machine needs for a question and for a passage, measured on a collection."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retrieval.cascade import Cascade
from retrieval.evaluation.cost import TEXTBOOK, Corpus, Rates, Span, Speed
from retrieval.evaluation.curve import Grades, measure_order
from retrieval.evaluation.legs import Legs, PairScores
from retrieval.evaluation.speed import measure_speed
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings
from retrieval.store import Snapshot

_SCANNED_VECTORS = 20_000
_ENCODED_CHUNKS = 32
_RUNS = 5
_SEED = 2009
MOST_QUESTIONS = 50
"""Judged questions whose lists are gathered to see what reranking gains."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What was measured.

    Attributes:
        collection: Name of the collection that it was measured on.
        chunks: How many chunks that has.
        documents: How many documents.
        speed: The parts of a question.
        scan_ms: Comparing a question with one vector.
        encode_ms: Encoding one chunk, in a batch with others.
        dimension: Length of a vector.
        token_bytes: Bytes of a chunk's token vectors: stored, or told from a sample.
        tokens_stored: Whether they are stored.
        threads: Cores that the models compute with.
        backends: What computes.
    """

    collection: str
    chunks: int
    documents: int
    speed: Speed
    scan_ms: float
    encode_ms: float
    dimension: int
    token_bytes: float
    tokens_stored: bool
    threads: int
    backends: tuple[str, ...]

    @property
    def chunks_a_document(self) -> float:
        """Chunks of a document, on average."""
        return self.chunks / max(1, self.documents)

    def rates(self, corpus: Corpus) -> Rates:
        """The rates for a corpus; what no measurement here can tell is assumed.

        A search was timed in this collection. In a larger one it takes the textbook's time, or
        what it took here where that was more, because an index has to serve it.
        """
        larger = corpus.chunks > self.chunks
        search = max(self.speed.search_ms, TEXTBOOK.search_ms) if larger else self.speed.search_ms
        return Rates(
            self.speed.vector_ms,
            search,
            self.scan_ms,
            Span.at(self.speed.pair_ms),
            self.encode_ms,
            self.dimension,
            self.token_bytes,
            self.threads,
            ("search_ms",) if larger else (),
        )


def measure_machine(
    cascade: Cascade, models: Models, snapshot: Snapshot, legs: Legs, asked: SearchSettings
) -> Machine:
    """Measure each part a few times and take the median; takes a few seconds.

    Args:
        cascade: What searches.
        models: Where the models come from.
        snapshot: The collection, pinned to a version; not empty.
        legs: The question to measure with.
        asked: Reranker, fusion and filter.
    """
    speed = measure_speed(cascade, models, snapshot, legs, asked)
    encoder = models.encoder(snapshot.encoder)
    texts = _texts(snapshot)
    stored = snapshot.tokens
    token_bytes = (
        stored.bytes_a_chunk if stored else snapshot.token_cost(models.late()).bytes_a_chunk
    )
    described = models.describe()
    return Machine(
        snapshot.collection,
        len(snapshot),
        len(set(snapshot.document_ids)),
        speed,
        _median_ms(_scan(snapshot.dimension)) / _SCANNED_VECTORS,
        _median_ms(lambda: encoder.encode_documents(texts)) / max(1, len(texts)),
        snapshot.dimension,
        token_bytes,
        stored is not None,
        described.threads,
        tuple(sorted({network.label for network in described.networks})),
    )


@dataclass(frozen=True, slots=True)
class Quality:
    """What reranking gained on the collection's own questions, as far as their scores are known.

    Attributes:
        questions: Judged questions whose candidates all have their scores.
        candidates: How many the reranker read.
        dense: Mean nDCG@10 of the bi-encoder alone.
        hybrid: The same of the fused list.
        rerank: The same after reranking.
    """

    questions: int
    candidates: int
    dense: float
    hybrid: float
    rerank: float

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain values for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def known_quality(
    cascade: Cascade,
    snapshot: Snapshot,
    scores: PairScores,
    judged: Sequence[tuple[str, Grades]],
    asked: SearchSettings,
) -> Quality | None:
    """Measure what needs no model but the encoder; None where no question is fully scored.

    Args:
        cascade: What searches.
        snapshot: The collection, pinned to a version.
        scores: Rerank scores that are known.
        judged: Questions with their grades; the first fifty are looked at.
        asked: N and fusion.
    """
    found = []
    for query, grades in judged[:MOST_QUESTIONS]:
        legs = Legs.gather(cascade, snapshot, query, asked)
        order = legs.order(asked)
        pool = order[: asked.candidates]
        known = scores.known(legs, pool)
        if len(known) < len(pool) or not pool:
            continue
        read = sorted(known, key=lambda chunk_id: (-known[chunk_id], chunk_id))
        lists = ([hit.chunk_id for hit in legs.dense.hits], order, read)
        found.append([measure_order(one, legs.documents, grades)[0] for one in lists])
    if not found:
        return None
    dense, hybrid, rerank = np.mean(found, axis=0).tolist()
    return Quality(len(found), asked.candidates, dense, hybrid, rerank)


def _texts(snapshot: Snapshot) -> list[str]:
    count = min(_ENCODED_CHUNKS, len(snapshot))
    drawn = np.random.default_rng(_SEED).choice(len(snapshot), count, replace=False)
    chunks = snapshot.chunks(snapshot.ids[row] for row in drawn)
    return [chunk.text for chunk in chunks.values()]


def _scan(dimension: int) -> Callable[[], object]:
    """A search that compares a question with every vector of a matrix."""
    drawn = np.random.default_rng(_SEED)
    matrix = drawn.standard_normal((_SCANNED_VECTORS, dimension), dtype=np.float32)
    vector = drawn.standard_normal(dimension, dtype=np.float32)
    return lambda: matrix @ vector


def _median_ms(work: Callable[[], object]) -> float:
    """Median of a few runs, after one that warms up."""
    work()
    taken = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)
