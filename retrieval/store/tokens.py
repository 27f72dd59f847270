"""Token vectors of a collection's chunks, stored so that late interaction can rank all of them.

A vector a token is dear: 384 numbers for each of 200 tokens are 150 KB a chunk at half precision,
a hundred times its one vector. So they are stored only where somebody asks for it, beside the
chunks, and their cost can be told before. A chunk's id depends on its text, so vectors that are
there stay right, and storing again does only what is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np
import pyarrow as pa
from lancedb.db import DBConnection
from lancedb.query import LanceVectorQueryBuilder
from lancedb.table import Table

from retrieval.errors import CancelledError
from retrieval.models.protocols import Floats, TokenEncoder
from retrieval.settings import Filter
from retrieval.store.disk import current_bytes
from retrieval.store.filters import condition, labels, one_of
from retrieval.store.location import table_found, table_made
from retrieval.store.search import PROBES, vector_config
from retrieval.store.translation import storage_errors
from retrieval.types import Chunk

BATCH_CHUNKS = 128
"""Chunks a commit: some 40 MB of vectors in single precision."""
IDS_A_QUERY = 500
INDEX_FROM = 1000
"""Chunks from which an index serves: 2,000 of 40 tokens took 980 ms without one and 80 ms with it,
which found .998 of the best 200."""
STORED_BYTES = 2
INDEXED_BYTES = 0.5
"""Of each number: half precision in the table, four bits in the index."""
CANDIDATES = 2
"""Chunks read for each one returned, to be ranked by their full token vectors."""

_MODEL = "second-look.model"
_TOKENS = "tokens"

OnProgress = Callable[[int, int], None]
"""Told the chunks that are done, and how many there are to do."""
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class TokenCost:
    """What storing token vectors is going to take, told from a sample.

    Attributes:
        chunks: Chunks of the collection.
        bytes_a_chunk: Bytes on disk for one of them, on average.
        seconds: Time for encoding all of them at the speed of the sample.
    """

    chunks: int
    bytes_a_chunk: float
    seconds: float

    @property
    def bytes(self) -> int:
        """Bytes for all of them."""
        return round(self.chunks * self.bytes_a_chunk)


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """The token vectors that are stored.

    Attributes:
        model: Fingerprint of the encoder that made them.
        chunks: Chunks that have them.
        bytes: What they take on disk, their index included.
    """

    model: str
    chunks: int
    bytes: int

    @property
    def bytes_a_chunk(self) -> float:
        """Bytes for one chunk, on average; 0 where there is none."""
        return self.bytes / self.chunks if self.chunks else 0.0


class TokenVectors:
    """The stored token vectors of one collection.

    Args:
        collection: Name of the collection.
        table: Name of the table that holds them, or is going to.
        database: Where it lies.
    """

    def __init__(self, collection: str, table: str, database: DBConnection) -> None:
        self._collection = collection
        self._name = table
        self._database = database

    def info(self) -> TokenInfo | None:
        """What is stored; None where nothing is."""
        with storage_errors(self._collection):
            table = self._table()
            if table is None:
                return None
            indexed = sum(config.size_bytes or 0 for config in table.list_indices())
            return TokenInfo(_model(table), table.count_rows(), current_bytes(table) + indexed)

    def row_bytes(self) -> int:
        """What their rows take, the index not counted; 0 where none are stored."""
        with storage_errors(self._collection):
            table = self._table()
            return 0 if table is None else current_bytes(table)

    def store(
        self,
        ids: Sequence[str],
        chunks: Callable[[Sequence[str]], Mapping[str, Chunk]],
        encoder: TokenEncoder,
        *,
        on_progress: OnProgress | None = None,
        cancelled: Stop | None = None,
    ) -> TokenInfo:
        """Encode and store what is missing, and drop what is of no chunk any more.

        Vectors of another encoder are replaced. Killed or stopped at any moment, it goes on where
        it was when it is called again.

        Args:
            ids: All chunk ids of the collection.
            chunks: Gives the chunks of some ids.
            encoder: Makes the token vectors.
            on_progress: Called after each commit.
            cancelled: Asked before each batch.

        Raises:
            CancelledError: If ``cancelled`` said so; what was finished is kept.
            StorageError: If there is no room, or the home folder cannot be written.
        """
        with storage_errors(self._collection):
            table = self._made_for(encoder)
            present = set() if table is None else _ids(table)
            if table is not None:
                _delete(table, sorted(present.difference(ids)))
            missing = [chunk_id for chunk_id in ids if chunk_id not in present]
            for start in range(0, len(missing), BATCH_CHUNKS):
                if cancelled is not None and cancelled():
                    raise CancelledError("Storing token vectors was stopped; what is done is kept.")
                rows = _rows(chunks(missing[start : start + BATCH_CHUNKS]), encoder)
                table = self._append(table, rows)
                if on_progress is not None:
                    on_progress(min(start + BATCH_CHUNKS, len(missing)), len(missing))
            if table is not None and missing:
                _index(table)
        return self.info() or TokenInfo(encoder.fingerprint, 0, 0)

    def drop(self) -> None:
        """Remove all that is stored."""
        with storage_errors(self._collection):
            if self._table() is not None:
                self._database.drop_table(self._name)

    def nearest(self, question: Floats, depth: int, wanted: Filter) -> list[tuple[str, Floats]]:
        """The chunks that are likely the best by MaxSim, with their vectors, to be scored exactly.

        Args:
            question: float32, shape (n_tokens, dimension), rows of unit length; not empty.
            depth: How many of them are needed; more are returned.
            wanted: The filter that every chunk passes.

        Returns:
            Ids with token vectors as float32, shape (n_tokens, dimension).
        """
        with storage_errors(self._collection):
            table = self._table()
            if table is None:
                return []
            query = cast("LanceVectorQueryBuilder", table.search(question))
            query = query.distance_type("cosine").minimum_nprobes(PROBES).maximum_nprobes(0)
            if wanted:
                query = query.where(condition(wanted), prefilter=True)
            columns = ["chunk_id", _TOKENS, "_distance"]
            found = query.select(columns).limit(CANDIDATES * depth).to_arrow()
        vectors = _arrays(found[_TOKENS])
        return list(zip(found["chunk_id"].to_pylist(), vectors, strict=True))

    def _table(self) -> Table | None:
        return table_found(self._database, self._name)

    def _made_for(self, encoder: TokenEncoder) -> Table | None:
        """The table, if this encoder made it; one of another is dropped."""
        table = self._table()
        if table is not None and _model(table) != encoder.fingerprint:
            self._database.drop_table(self._name)
            return None
        return table

    def _append(self, table: Table | None, rows: pa.Table) -> Table:
        if table is None:
            table = table_made(self._database, self._name, rows.schema)
        # Two that store at once do the same work twice, but leave one row a chunk.
        table.merge_insert("chunk_id").when_not_matched_insert_all().execute(rows)
        return table


def estimate(encoder: TokenEncoder, sample: Sequence[str], chunks: int) -> TokenCost:
    """What storing the token vectors of so many chunks takes, told from some of their texts."""
    started = time.perf_counter()
    numbers = sum(array.size for batch in encoder.document_tokens(sample) for array in batch.values)
    seconds = time.perf_counter() - started
    each = 1 / max(1, len(sample))
    width = STORED_BYTES + (INDEXED_BYTES if chunks >= INDEX_FROM else 0)
    return TokenCost(chunks, numbers * width * each, seconds * each * chunks)


def _rows(chunks: Mapping[str, Chunk], encoder: TokenEncoder) -> pa.Table:
    ids = list(chunks)
    found: dict[str, Floats] = {}
    for batch in encoder.document_tokens([chunk.text for chunk in chunks.values()]):
        for index, array in zip(batch.indices, batch.values, strict=True):
            found[ids[index]] = array
    vectors = [found[chunk_id] for chunk_id in ids]
    flat = pa.array(np.concatenate(vectors).astype(np.float16).ravel())
    ends = np.cumsum([0, *map(len, vectors)], dtype=np.int32)
    matrices = pa.FixedSizeListArray.from_arrays(flat, vectors[0].shape[1])
    tokens = pa.ListArray.from_arrays(pa.array(ends), matrices)
    schema = pa.schema(
        [
            pa.field("chunk_id", pa.string(), nullable=False),
            ("source", pa.string()),
            ("labels", pa.list_(pa.string())),
            pa.field(_TOKENS, tokens.type, metadata={_MODEL: encoder.fingerprint}),
        ]
    )
    filtered = [
        pa.array([chunk.source for chunk in chunks.values()]),
        pa.array(
            [labels(chunk.metadata) for chunk in chunks.values()], schema.field("labels").type
        ),
    ]
    return pa.Table.from_arrays([pa.array(ids), *filtered, tokens], schema=schema)


def _model(table: Table) -> str:
    return (table.schema.field(_TOKENS).metadata or {})[_MODEL.encode()].decode()


def _ids(table: Table) -> set[str]:
    return set(table.search().select(["chunk_id"]).to_arrow()["chunk_id"].to_pylist())


def _delete(table: Table, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), IDS_A_QUERY):
        table.delete(one_of("chunk_id", ids[start : start + IDS_A_QUERY]))


def _index(table: Table) -> None:
    if table.count_rows() < INDEX_FROM:
        return
    if table.list_indices():
        table.optimize()
    else:
        table.create_index(_TOKENS, config=vector_config())


def _arrays(column: pa.ChunkedArray) -> list[Floats]:
    """One float32 array of shape (n_tokens, dimension) for each row."""
    arrays = []
    for chunk in column.chunks:
        dimension = chunk.type.value_type.list_size
        flat = chunk.values.flatten().to_numpy(zero_copy_only=False).reshape(-1, dimension)
        offsets = chunk.offsets.to_numpy()
        arrays += [flat[start:end].astype(np.float32) for start, end in pairwise(offsets)]
    return arrays
