"""How well a vector index finds: its list against the exact one, over a sample."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from lancedb.table import Table

from retrieval.models.protocols import Floats
from retrieval.settings import DEPTH
from retrieval.store.search import VECTOR, matrix_of, nearest_rows

SAMPLE = 50
"""Enough to tell .95 from .99 at a depth of 200; the exact lists cost one pass over all vectors."""
_ROW = "_rowid"

Rows = npt.NDArray[np.uint64]


def recall(table: Table, depth: int = DEPTH, sample: int = SAMPLE) -> float:
    """The mean share of the ``depth`` nearest chunks that the index finds.

    Vectors of the table, drawn with a fixed seed, stand in for questions.

    Args:
        table: Chunks with an index over their vectors.
        depth: Length of the lists that are compared.
        sample: Vectors that are asked for.
    """
    count = table.count_rows()
    drawn = np.random.default_rng(0).choice(count, min(sample, count), replace=False)
    rows = table.take_offsets(np.sort(drawn).tolist()).select([VECTOR]).to_arrow()
    queries = matrix_of(rows[VECTOR])
    exact = _exact(table, queries, min(depth, count))
    shares = [
        np.isin(expected, _found(table, query, depth)).mean()
        for query, expected in zip(queries, exact, strict=True)
    ]
    return float(np.mean(shares))


def _found(table: Table, query: Floats, depth: int) -> Rows:
    found = nearest_rows(table, query, depth, (), [VECTOR], exact=False)
    order = np.argsort(-(matrix_of(found[VECTOR]) @ query), kind="stable")[:depth]
    rows: Rows = found[_ROW].to_numpy()[order]
    return rows


def _exact(table: Table, queries: Floats, depth: int) -> Rows:
    """Row ids of the nearest vectors, shape (n_queries, depth), in one pass over the table."""
    best = np.empty((len(queries), 0), dtype=np.float32)
    rows = np.empty((len(queries), 0), dtype=np.uint64)
    for ids, vectors in _batches(table):
        scores = np.hstack([best, queries @ vectors.T])
        candidates = np.hstack([rows, np.broadcast_to(ids, (len(queries), len(ids)))])
        kept = np.argpartition(-scores, min(depth, scores.shape[1]) - 1, axis=1)[:, :depth]
        best = np.take_along_axis(scores, kept, axis=1)
        rows = np.take_along_axis(candidates, kept, axis=1)
    return rows


def _batches(table: Table) -> Iterator[tuple[Rows, Floats]]:
    for batch in table.search().select([VECTOR]).with_row_id(with_row_id=True).to_batches():
        yield batch.column(_ROW).to_numpy(), matrix_of(batch.column(VECTOR))
