"""Runs: ranked documents for each question, and the TREC files that other tools read.

Measures, runs and qrels are by document: a document scores as its best chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

import numpy as np

from retrieval.types import Ranking

Scored = tuple[tuple[str, float], ...]
"""Documents with scores, best first."""

Run = Mapping[str, Scored]
"""Ranked documents by query id."""


def by_best_chunk(ranking: Ranking, documents: Mapping[str, str]) -> Scored:
    """The documents of a ranking of chunks, each at the place of its best chunk.

    Args:
        ranking: The chunks, best first.
        documents: The document of each.
    """
    best: dict[str, float] = {}
    for hit in ranking.hits:
        best.setdefault(documents[hit.chunk_id], hit.score)
    return tuple(best.items())


def trec_run(run: Run, tag: str) -> Iterator[str]:
    """The lines of a TREC run file: ``query Q0 document rank score tag``.

    Scores strictly decrease, by the smallest step where two were equal, so that every tool that
    sorts by score finds the order that was shown. The step is one of single precision, because
    trec_eval reads scores as C floats. Ids are percent-encoded.
    """
    for query, hits in run.items():
        above = np.float32(np.inf)
        for rank, (document, score) in enumerate(hits, start=1):
            single = np.float32(score)
            above = single if single < above else _just_below(above)
            yield f"{_encoded(query)} Q0 {_encoded(document)} {rank} {float(above)!r} {tag}"


def _just_below(score: np.float32) -> np.float32:
    """The next smaller number that every reader tells apart: fast ones take denormals for 0."""
    smallest = np.finfo(np.float32).tiny
    if -smallest < score <= smallest:
        return np.float32(0.0) if score > 0 else -smallest
    return np.nextafter(score, np.float32(-np.inf))


def trec_qrels(qrels: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """The lines of a TREC qrels file: ``query 0 document grade``. Ids are percent-encoded."""
    for query, grades in qrels.items():
        for document, grade in grades.items():
            yield f"{_encoded(query)} 0 {_encoded(document)} {grade}"


def _encoded(identifier: str) -> str:
    return quote(identifier, safe="/#:.,;@+~()[]'!*=&$-_")
