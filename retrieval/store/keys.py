"""Indexes over the ids of a large collection, so that a write need not read every id there is.

Measured at 300,000 chunks with vectors of 384 numbers, on two busy cores: storing a batch of new
documents took 0.5 to 0.85 seconds without these indexes and 0.1 with them, and making them 0.3. A
batch of changed documents still reads the whole table.
"""

from __future__ import annotations

from collections.abc import Sequence

from lancedb.index import BTree
from lancedb.table import Table

from retrieval.store.filters import one_of

INDEX_FROM = 50_000
"""Rows from which ids are indexed; below, reading all of them takes a tenth of a second."""
_KEYS = {"chunks": ("chunk_id", "document_id"), "documents": ("document_id",)}


def index(table: Table, name: str) -> None:
    """Index the ids of a table that has become large; compacting keeps what is there up to date."""
    if table.count_rows() < INDEX_FROM:
        return
    present = {column for one in table.list_indices() for column in one.columns}
    for column in _KEYS[name]:
        if column not in present:
            table.create_index(column, config=BTree())


def has_chunks_of(chunks: Table, document_ids: Sequence[str]) -> bool:
    """Whether chunks of these documents may have to go.

    Deleting on the way makes a write read the whole table, so it pays to ask first; in a small one
    it does not.
    """
    if chunks.count_rows() < INDEX_FROM:
        return True
    return chunks.count_rows(one_of("document_id", document_ids)) > 0
