"""A collection as it stood at one version: what the stages read.

A snapshot never changes, so everything it loads is loaded once, and its key can name cached work.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cached_property
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.table import Table

from retrieval.models.protocols import Floats
from retrieval.settings import Filter
from retrieval.store.filters import SOURCE, condition, split_label
from retrieval.store.schema import CHUNK_COLUMNS, CollectionInfo, chunk_of
from retrieval.store.translation import storage_errors
from retrieval.types import Chunk

KEPT_SNAPSHOTS = 4
"""Enough for a few collections side by side; a snapshot may hold a gigabyte of vectors."""


class Snapshot:
    """The chunks of a collection at one version of its table.

    Once the collection has been deleted, a read of what was not loaded before raises
    ``CollectionMissingError``.
    """

    def __init__(self, info: CollectionInfo, table: Table) -> None:
        self._info = info
        self._table = table
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
        return len(self.ids)

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
        # Rows come back in the order of the table whatever order was asked for.
        offsets = sorted(self.positions[chunk_id] for chunk_id in wanted)
        with storage_errors(self.collection):
            rows = self._table.take_offsets(offsets).select(CHUNK_COLUMNS).to_list()
        found = {row["chunk_id"]: chunk_of(row) for row in rows}
        return {chunk_id: found[chunk_id] for chunk_id in wanted}

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


class Snapshots:
    """The snapshots used last, so that calls at one version share what was loaded."""

    def __init__(self, size: int = KEPT_SNAPSHOTS) -> None:
        self._size = size
        self._kept: OrderedDict[str, Snapshot] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, make: Callable[[], Snapshot]) -> Snapshot:
        """The snapshot of this key, made now if it is not kept."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            return self._kept[key]

    def forget(self, collection_id: str) -> None:
        """Drop what is kept of a collection."""
        with self._lock:
            for key in [key for key in self._kept if key.startswith(f"{collection_id}@")]:
                del self._kept[key]
