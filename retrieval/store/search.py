"""Searches that LanceDB runs over the chunks of one version, and what keeps their scores ours.

Keyword search has one analyser and one formula, whether an index in memory or LanceDB's full-text
index computes it. By LanceDB's own defaults the two agree on .59 of the first ten, because it stems
and drops stop words. Told not to, it agrees on .999, but folds other letters than ours and skips
words of more than 40 letters. So the index reads the stored words and splits them at spaces, and
both agree on all of the first ten. The formula is the same by nature: k1 = 1.2, b = 0.75, Lucene's
inverse document frequency, and a word that stands twice in a question counts twice.

The index's statistics are those of the chunks at the time it was built, deleted ones included, and
chunks added later are scored by statistics of their own: .92 of the first ten agree where a third
is new. It is therefore exact only at the version that it was built for, and asked only there.

Vector search reads more candidates from the index than it returns, and ranks them by the cosine of
their full vectors, so that a score never depends on how a chunk was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pyarrow as pa
from lancedb.index import FTS, IvfRq
from lancedb.query import LanceVectorQueryBuilder, MatchQuery
from lancedb.table import Table

from retrieval.models.protocols import Floats
from retrieval.settings import Filter
from retrieval.store.filters import condition
from retrieval.store.schema import WORDS
from retrieval.store.selection import Pairs, ordered

BM25_DECIMALS = 4
"""LanceDB computes in single precision, which strays by 4e-5; equal passages must tie."""
COSINE_DECIMALS = 6
"""Equal texts encoded in different batches differ by about 1e-7; they must tie."""
TIES = 50
"""Hits read past the depth asked for, so that among equals their ids decide who comes last."""
VECTOR = "vector"
CANDIDATES = 3
"""Vectors read for each one returned, because the index knows them by four bits a number only."""
PROBES = 60
"""Partitions of about 8,000 vectors that are looked into; more where a filter leaves too few.

Of a million vectors that is half: 31 ms, and .998 or more of the nearest 200 with and without a
filter that keeps 5 %.
"""


def full_text_config() -> FTS:
    """The full-text index that counts the stored words and nothing else."""
    return FTS(
        base_tokenizer="whitespace",
        max_token_length=None,
        lower_case=False,
        stem=False,
        remove_stop_words=False,
        ascii_folding=False,
    )


def full_text(table: Table, words: Sequence[str], depth: int, wanted: Filter) -> Pairs:
    """The chunks that share words with a question, by BM25; only those that pass the filter.

    Args:
        table: The chunks, with a full-text index.
        words: The question's words.
        depth: Most hits returned.
        wanted: The filter; statistics stay those of all chunks.
    """
    if not words:
        return []
    match = MatchQuery(" ".join(words), WORDS)  # type: ignore[call-arg]  # defaults are hidden
    query = table.search(match).select(["chunk_id", "_score"])
    if wanted:
        query = query.where(condition(wanted), prefilter=True)
    found = query.limit(depth + TIES).to_arrow()
    scores = (round(score, BM25_DECIMALS) for score in found["_score"].to_pylist())
    return ordered(zip(found["chunk_id"].to_pylist(), scores, strict=True), depth)


def vector_config() -> IvfRq:
    """The vector index: partitions of vectors kept as four bits a number.

    Over 100,000 vectors it was built in 8 s and took 21 MB, where HNSW-SQ took 68 s and 58 MB, and
    both find all of the nearest 200, with a filter that keeps 5 % too. Over a million it was built
    in 42 s; with one bit instead of four it finds .91 of them.
    """
    return IvfRq(distance_type="cosine", num_bits=4)


def nearest(
    table: Table, vector: Floats, depth: int, wanted: Filter, *, exact: bool = False
) -> Pairs:
    """The chunks whose vectors are nearest to a question's; only those that pass the filter.

    Args:
        table: The chunks.
        vector: float32, shape (dimension,), of unit length.
        depth: Most hits returned.
        wanted: The filter, applied before the search, so that it costs no recall.
        exact: Compare with every vector, though there may be an index.

    Returns:
        Chunk ids and cosines.
    """
    found = nearest_rows(table, vector, depth, wanted, ["chunk_id", VECTOR], exact=exact)
    cosines = np.round(matrix_of(found[VECTOR]) @ vector, COSINE_DECIMALS)
    return ordered(zip(found["chunk_id"].to_pylist(), cosines.tolist(), strict=True), depth)


def nearest_rows(
    table: Table,
    vector: Floats,
    depth: int,
    wanted: Filter,
    columns: list[str],
    *,
    exact: bool,
) -> pa.Table:
    """The rows to choose the ``depth`` nearest from: more than are asked for, roughly in order."""
    query = cast("LanceVectorQueryBuilder", table.search(vector)).distance_type("cosine")
    query = query.select([*columns, "_distance"]).with_row_id(with_row_id=True)
    if wanted:
        query = query.where(condition(wanted), prefilter=True)
    if exact:
        return query.bypass_vector_index().limit(depth + TIES).to_arrow()
    query = query.minimum_nprobes(PROBES).maximum_nprobes(0)
    return query.limit(CANDIDATES * depth).to_arrow()


def matrix_of(column: pa.ChunkedArray | pa.Array) -> Floats:
    """A column of vectors as float32, shape (n, dimension)."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    flat = column.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(-1, column.type.list_size)
