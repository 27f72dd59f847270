"""Brings a collection of an older version up to date.

Chunks were stored without their words at first, so that a large collection of that time could never
have a full-text index. Their words are made from their texts, some at a time, in a column that gets
its right name once it is whole: a kill at any moment leaves what the next run goes on with, and
nobody ever reads a part.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import pyarrow as pa
from lancedb.table import Table

from retrieval.store.schema import WORDS, words_of

FILLING = "words_filling"
"""What the column of words is called until it is whole."""
ROWS_A_COMMIT = 10_000


def lacks_words(table: Table) -> bool:
    """Whether the chunks are from before words were stored, or were never brought up to date."""
    return WORDS not in table.schema.names


def add_words(table: Table, turn: AbstractContextManager[Any]) -> None:
    """Store the words of all chunks that are there without them.

    Args:
        table: The chunks, at their latest version.
        turn: Held while writers of this process must wait: for the last commit alone.
    """
    if FILLING not in table.schema.names:
        with turn:
            table.add_columns(pa.field(FILLING, pa.string()))
    key = table.schema.field("chunk_id")
    schema = pa.schema([key, (FILLING, pa.string())])
    query = table.search().where(f"{FILLING} IS NULL").select([key.name, "text"])
    for batch in query.to_batches(batch_size=ROWS_A_COMMIT):
        texts = batch.column("text").to_pylist()
        words = pa.array(map(words_of, texts), pa.string())
        rows = pa.Table.from_arrays([batch.column(key.name), words], schema=schema)
        # By id, so that a chunk that was replaced meanwhile is left alone.
        table.merge_insert(key.name).when_matched_update_all().execute(rows)
    with turn:
        table.alter_columns({"path": FILLING, "rename": WORDS})  # type: ignore[dict-item]  # wrong there


def fitted(rows: pa.Table, table: Table) -> pa.Table:
    """Rows of today's form in the form of a table that may be older."""
    names = table.schema.names
    if FILLING in names:
        today = rows.column_names
        rows = rows.rename_columns([FILLING if name == WORDS else name for name in today])
    return rows.select(names)


def fitted_batches(rows: pa.RecordBatchReader, table: Table) -> pa.RecordBatchReader:
    """What ``fitted`` gives, batch by batch."""
    form = fitted(rows.schema.empty_table(), table).schema
    tables = (fitted(pa.Table.from_batches([batch]), table) for batch in rows)
    batches = (batch for one in tables for batch in one.to_batches())
    return pa.RecordBatchReader.from_batches(form, batches)
