"""The passages of one long document, on disk until the document is whole.

A text of 100 MB has about 300,000 passages, and their vectors of 384 numbers take five times its
size. Put aside part by part and stored from there in one commit, they never stand in memory
together, and no search ever meets half a document.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

import pyarrow as pa

from retrieval.home import is_remote
from retrieval.models.protocols import Floats
from retrieval.store.schema import check_vectors, chunk_rows, chunk_schema
from retrieval.store.translation import storage_errors
from retrieval.types import Chunk


class Spool:
    """Rows of chunks that are written once and read as often as a commit needs them.

    The file has no name: the system takes it back when it is closed, or when the process is killed.

    Args:
        database: Where the collections lie; the file lies there too, unless that is elsewhere,
            because what fits there as a collection fits there before.
        dimension: Length of a vector.

    Attributes:
        chunk_ids: Ids of all chunks in it.
    """

    def __init__(self, database: str, dimension: int) -> None:
        self.chunk_ids: set[str] = set()
        self._dimension = dimension
        with storage_errors():
            # Open until ``close``: it is written in one step and read in another.
            self._file = tempfile.TemporaryFile(dir=None if is_remote(database) else database)  # noqa: SIM115
            self._writer = pa.ipc.new_stream(self._file, chunk_schema(dimension))

    def add(self, chunks: Sequence[Chunk], vectors: Floats) -> None:
        """Put the next chunks aside, with their vectors: float32, shape (len(chunks), dimension).

        Raises:
            StorageError: If there is no room.
        """
        check_vectors(vectors, len(chunks), self._dimension)
        with storage_errors():
            self._writer.write_table(chunk_rows(chunks, vectors))
        self.chunk_ids.update(chunk.id for chunk in chunks)

    def rows(self) -> pa.RecordBatchReader:
        """All rows from the beginning; nothing can be added after that."""
        self._writer.close()
        self._file.seek(0)
        return pa.ipc.open_stream(self._file)

    def close(self) -> None:
        """Give the room back."""
        self._file.close()
