"""A collection as it stood at one version: what the stages read.

A snapshot never changes, so everything it loads is loaded once, and its key can name cached work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.query import LanceQueryBuilder, LanceTakeQueryBuilder
from lancedb.table import Table

from retrieval.models.protocols import Floats, TokenEncoder
from retrieval.settings import Filter
from retrieval.store import search
from retrieval.store.counting import WordCounts, count_words
from retrieval.store.filters import SOURCE, condition, one_of, split_label
from retrieval.store.index import IndexInfo, indexes_of
from retrieval.store.indexes import Indexes, is_current, wanted_columns
from retrieval.store.last_used import LastUsed
from retrieval.store.migration import lacks_words
from retrieval.store.schema import CHUNK_COLUMNS, WORDS, CollectionInfo, chunk_of
from retrieval.store.selection import Pairs, best
from retrieval.store.tokens import TokenCost, TokenInfo, TokenVectors, estimate
from retrieval.store.translation import storage_errors
from retrieval.types import Chunk

IN_MEMORY_UP_TO = 100_000
"""Chunks up to which BM25 in memory (0.2 s a question, for so many) stands in for a full-text index
that is missing or out of date; past it, words are counted in all chunks for each question."""
IDS_A_QUERY = 500
"""Ids named in one condition; for a longer list it is worth to know all positions."""
TOKEN_SAMPLE = 32
"""Chunks that are encoded to tell what all of them would take."""
KEPT_CHUNKS = 1_000
"""A moved slider shows the passages of the last search again; for so few a megabyte is enough."""
KEPT_SNAPSHOTS = 4
"""Enough for a few collections side by side; a snapshot may hold a gigabyte of vectors."""


class Snapshot:
    """The chunks of a collection at one version of its table.

    Once the collection has been deleted, a read of what was not loaded before raises
    ``CollectionMissingError``.
    """

    def __init__(
        self, info: CollectionInfo, table: Table, indexes: Indexes, tokens: TokenVectors
    ) -> None:
        self._info = info
        self._table = table
        self._indexes = indexes
        self._tokens = tokens
        self._read = LastUsed[str, Chunk](KEPT_CHUNKS)
        self.version: int = table.version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def key(self) -> str:
        """Names collection and version; the same key always means the same content."""
        return f"{self._info.id}@{self.version}"

    @property
    def collection(self) -> str:
        """Name of the collection."""
        return self._info.name

    @property
    def encoder(self) -> str:
        """Id of the encoder that made the vectors."""
        return self._info.encoder

    @property
    def weights(self) -> str:
        """Hash of that encoder's weights."""
        return self._info.weights

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._info.dimension

    def __len__(self) -> int:
        return self._size

    @cached_property
    def _size(self) -> int:
        with storage_errors(self.collection):
            return self._table.count_rows()

    @cached_property
    def indexes(self) -> dict[str, IndexInfo]:
        """The indexes of this version, by column."""
        with storage_errors(self.collection):
            return indexes_of(self._table)

    @cached_property
    def _wanted(self) -> tuple[str, ...]:
        with storage_errors(self.collection):
            return wanted_columns(self._table)

    def _index(self, column: str) -> IndexInfo | None:
        """The index of a column; one that is missing or out of date is built meanwhile."""
        index = self.indexes.get(column)
        if not is_current(index, self.version):
            self._indexes.start()
        return index

    @property
    def has_full_text(self) -> bool:
        """Whether ``full_text`` can be asked: an index with the statistics of this very version."""
        return WORDS in self._wanted and is_current(self._index(WORDS), self.version)

    @property
    def has_many_words(self) -> bool:
        """Whether ``count_words`` should be asked, because the texts are too many for memory."""
        return len(self) > IN_MEMORY_UP_TO and not lacks_words(self._table)

    def full_text(self, words: Sequence[str], depth: int, wanted: Filter) -> Pairs:
        """The chunks that share words with a question, with their BM25 scores.

        Args:
            words: The question's words.
            depth: Most hits returned.
            wanted: The filter that every hit passes.

        Returns:
            Chunk ids and scores, best first, ties by id.
        """
        with storage_errors(self.collection):
            return search.full_text(self._table, words, depth, wanted)

    def count_words(self, words: Sequence[str]) -> WordCounts:
        """How often these words stand in each chunk, counted by reading all of them."""
        with storage_errors(self.collection):
            return count_words(self._table, words)

    def ids_at(self, rows: Sequence[int]) -> list[str]:
        """The chunk ids of some rows, in row order.

        Args:
            rows: Rows, in ascending order.
        """
        if not rows:
            return []
        with storage_errors(self.collection):
            found = self._table.take_offsets(list(rows)).select(["chunk_id"]).to_arrow()
        return cast("list[str]", found["chunk_id"].to_pylist())

    @property
    def _vectors_in_memory(self) -> bool:
        return search.VECTOR not in self._wanted

    def load_vectors(self) -> None:
        """Have ready what ``nearest`` reads, so that the time of a search does not include it."""
        _ = self.matrix if self._vectors_in_memory else self.indexes

    def nearest(self, vector: Floats, depth: int, wanted: Filter, *, exact: bool = False) -> Pairs:
        """The chunks whose vectors are nearest to a question's, with their cosines.

        A small collection is one matrix product in memory. A large one is read through its vector
        index, and the matrix is never loaded; chunks that the index does not know yet are found by
        a scan, as all are while there is no index.

        Args:
            vector: The question's: float32, shape (dimension,), of unit length.
            depth: Most hits returned.
            wanted: The filter that every hit passes.
            exact: Compare with every vector, though there may be an index.

        Returns:
            Chunk ids and cosines, best first, ties by id.
        """
        if self._vectors_in_memory:
            cosines = np.round(self.matrix @ vector, search.COSINE_DECIMALS)
            return best(self.ids, cosines, self.mask(wanted), depth)
        exact = self._index(search.VECTOR) is None or exact
        with storage_errors(self.collection):
            return search.nearest(self._table, vector, depth, wanted, exact=exact)

    @property
    def tokens(self) -> TokenInfo | None:
        """The token vectors that are stored beside the chunks now; None where there are none."""
        return self._tokens.info()

    def store_tokens(
        self,
        encoder: TokenEncoder,
        on_progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> TokenInfo:
        """Store the token vectors of all chunks; takes and raises what ``TokenVectors`` does."""
        return self._tokens.store(
            self.ids, self.chunks, encoder, on_progress=on_progress, cancelled=cancelled
        )

    def token_cost(self, encoder: TokenEncoder, sample: int = TOKEN_SAMPLE) -> TokenCost:
        """What ``store_tokens`` would take, told from a sample of the chunks."""
        drawn = np.random.default_rng(0).choice(len(self), min(sample, len(self)), replace=False)
        chunks = self.chunks(self.ids[row] for row in drawn)
        return estimate(encoder, [chunk.text for chunk in chunks.values()], len(self))

    def nearest_tokens(
        self, question: Floats, depth: int, wanted: Filter
    ) -> list[tuple[str, Floats]]:
        """What ``TokenVectors.nearest`` gives, of the chunks of this snapshot alone."""
        found = self._tokens.nearest(question, depth, wanted)
        return [(chunk_id, tokens) for chunk_id, tokens in found if chunk_id in self.positions]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Chunk ids in row order; all other sequences of a snapshot follow this order."""
        return self._strings("chunk_id")

    @cached_property
    def document_ids(self) -> tuple[str, ...]:
        """The document of each chunk."""
        return self._strings("document_id")

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The text of each chunk."""
        return self._strings("text")

    @cached_property
    def matrix(self) -> Floats:
        """Vectors of all chunks: read-only float32, shape (n, dimension), rows of unit length."""
        matrix = np.empty((len(self.ids), self._info.dimension), dtype=np.float32)
        filled = 0
        with storage_errors(self.collection):
            for batch in self._table.search().select(["vector"]).to_batches():
                rows = batch.column("vector").flatten().to_numpy(zero_copy_only=False)
                matrix[filled : filled + batch.num_rows] = rows.reshape(batch.num_rows, -1)
                filled += batch.num_rows
        matrix.setflags(write=False)
        return matrix

    def vector(self, chunk_id: str) -> Floats:
        """The stored vector of one chunk: float32, shape (dimension,), of unit length.

        Raises:
            KeyError: If the chunk is not of this snapshot.
        """
        if self._vectors_in_memory:
            return self.matrix[self.positions[chunk_id]]
        with storage_errors(self.collection):
            rows = self._table.search().where(one_of("chunk_id", [chunk_id]))
            found = search.matrix_of(rows.select([search.VECTOR]).to_arrow()[search.VECTOR])
        if not len(found):
            raise KeyError(chunk_id)
        return found[0]

    @cached_property
    def positions(self) -> dict[str, int]:
        """Row of each chunk id."""
        return {chunk_id: row for row, chunk_id in enumerate(self.ids)}

    def chunks(self, chunk_ids: Iterable[str]) -> dict[str, Chunk]:
        """The chunks of these ids, by id, in the order asked for.

        Raises:
            KeyError: If an id is not of this snapshot.
        """
        wanted = list(dict.fromkeys(chunk_ids))
        if not wanted:
            return {}
        found = self._read.among(wanted)
        if missing := [chunk_id for chunk_id in wanted if chunk_id not in found]:
            with storage_errors(self.collection):
                rows = self._rows_of(missing).select(CHUNK_COLUMNS).to_list()
            # Rows come back in the order of the table whatever order was asked for.
            found |= {row["chunk_id"]: chunk_of(row) for row in rows}
            self._read.keep(found)
        return {chunk_id: found[chunk_id] for chunk_id in wanted}

    def _rows_of(self, chunk_ids: list[str]) -> LanceTakeQueryBuilder | LanceQueryBuilder:
        if self._vectors_in_memory or len(chunk_ids) > IDS_A_QUERY:
            return self._table.take_offsets(sorted(self.positions[one] for one in chunk_ids))
        # Over a million chunks: 24 ms for 100 of them, where all positions take a second.
        return self._table.search().where(one_of("chunk_id", chunk_ids))

    def mask(self, wanted: Filter) -> npt.NDArray[np.bool_] | None:
        """Which chunks pass a filter: bool, shape (n,); None if the filter is empty."""
        if not wanted:
            return None
        with storage_errors(self.collection):
            query = self._table.search().where(condition(wanted)).select(["chunk_id"])
            passing = query.to_arrow()["chunk_id"].to_pylist()
        mask = np.zeros(len(self.ids), dtype=np.bool_)
        mask[[self.positions[chunk_id] for chunk_id in passing]] = True
        return mask

    @cached_property
    def _facets(self) -> dict[str, dict[str, int]]:
        columns = self._columns([SOURCE, "labels"])
        facets: dict[str, dict[str, int]] = {SOURCE: {}}
        for value, count in _counted(columns[SOURCE]):
            facets[SOURCE][value] = count
        for text, count in _counted(pc.list_flatten(columns["labels"])):
            field, value = split_label(text)
            facets.setdefault(field, {})[value] = count
        return facets

    def facets(self) -> dict[str, dict[str, int]]:
        """For each field that a filter may use, its values and how many chunks have each."""
        return {field: dict(values) for field, values in self._facets.items()}

    def _strings(self, column: str) -> tuple[str, ...]:
        return tuple(self._columns([column])[column].to_pylist())

    def _columns(self, names: list[str]) -> pa.Table:
        with storage_errors(self.collection):
            return self._table.search().select(names).to_arrow()


def _counted(column: pa.ChunkedArray) -> list[tuple[str, int]]:
    """Values with their counts, most frequent first, equals by name."""
    counts = pc.value_counts(column).to_pylist()
    return sorted(
        ((entry["values"], entry["counts"]) for entry in counts), key=lambda one: (-one[1], one[0])
    )


class Snapshots(LastUsed[str, Snapshot]):
    """The snapshots used last, so that calls at one version share what was loaded."""

    def __init__(self, size: int = KEPT_SNAPSHOTS) -> None:
        super().__init__(size)

    def forget_collection(self, collection_id: str) -> None:
        """Drop what is kept of a collection."""
        self.forget(lambda key: key.startswith(f"{collection_id}@"))
