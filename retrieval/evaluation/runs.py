"""Runs: ranked documents for each question, and the TREC files that other tools read.

Measures, runs and qrels are by document: a document scores as its best chunk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, unquote

import numpy as np

from retrieval.errors import ParseError
from retrieval.store import Snapshot
from retrieval.types import Ranking

Scored = tuple[tuple[str, float], ...]
"""Documents with scores, best first."""

Run = Mapping[str, Scored]
"""Ranked documents by query id."""


def by_document(ranking: Ranking, snapshot: Snapshot) -> Scored:
    """The documents of a ranking of chunks, each at the place of its best chunk."""
    best: dict[str, float] = {}
    for hit in ranking.hits:
        document_id = snapshot.document_ids[snapshot.positions[hit.chunk_id]]
        best.setdefault(document_id, hit.score)
    return tuple(best.items())


def trec_run(run: Run, tag: str) -> Iterator[str]:
    """The lines of a TREC run file: ``query Q0 document rank score tag``.

    Scores strictly decrease, by the smallest step where two were equal, so that every tool that
    sorts by score finds the order that was shown. The step is one of single precision, because
    trec_eval reads scores as C floats. Ids are percent-encoded.
    """
    lowest = np.float32(-np.inf)
    for query, hits in run.items():
        above = np.float32(np.inf)
        for rank, (document, score) in enumerate(hits, start=1):
            single = np.float32(score)
            above = single if single < above else np.nextafter(above, lowest)
            yield f"{_encoded(query)} Q0 {_encoded(document)} {rank} {float(above)!r} {tag}"


def read_trec_run(lines: Iterable[str]) -> dict[str, Scored]:
    """A run from the lines of a TREC file, ordered by score, equal scores by rank.

    Raises:
        ParseError: If a line is not of that form; the message has its number.
    """
    found: dict[str, list[tuple[float, int, str]]] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.lstrip("\ufeff").split()
        if not fields:
            continue
        try:
            query, _, document, rank, score, _ = fields
            entry = (-float(score), int(rank), unquote(document))
        except ValueError as error:
            raise ParseError(
                f"Line {number} is not of the form 'query Q0 document rank score tag'.",
                hint="Correct or remove the line.",
            ) from error
        found.setdefault(unquote(query), []).append(entry)
    return {
        query: tuple((document, -negative) for negative, _, document in sorted(entries))
        for query, entries in found.items()
    }


def trec_qrels(qrels: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """The lines of a TREC qrels file: ``query 0 document grade``. Ids are percent-encoded."""
    for query, grades in qrels.items():
        for document, grade in grades.items():
            yield f"{_encoded(query)} 0 {_encoded(document)} {grade}"


def _encoded(identifier: str) -> str:
    return quote(identifier, safe="/#:.,;@+~()[]'!*=&$-_")
