"""The versions of a collection: what it was after each change, and the way back.

Each table of a collection has versions of its own, and an ingestion leaves hundreds of them. So a
change that a person made is marked once it is whole: one row that names the version of every table.
LanceDB keeps what a version needs until the table is compacted a week or more later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from lancedb.table import Table

from retrieval.errors import CollectionError
from retrieval.store.translation import storage_errors

TABLES = ("documents", "chunks", "questions", "judgments")
_TELLING = ("documents", "questions", "judgments")
"""What changes whenever the content does; the chunks' table also does when an index is built."""
_Rows = list[dict[str, Any]]
VERSIONS = pa.schema(
    [
        ("number", pa.int64()),
        ("created", pa.string()),
        ("reason", pa.string()),
        ("document_count", pa.int64()),
        ("chunk_count", pa.int64()),
        *((table, pa.int64()) for table in TABLES),
    ]
)


@dataclass(frozen=True, slots=True)
class Version:
    """A collection as it was after one change.

    Attributes:
        number: From 1, one more for each change.
        created: When, in ISO form, UTC.
        reason: What made it, in a few words.
        documents: How many documents it held.
        chunks: How many chunks.
        is_current: Whether nothing has changed since.
    """

    number: int
    created: str
    reason: str
    documents: int
    chunks: int
    is_current: bool


class Versions:
    """The marked versions of one collection.

    Args:
        name: What a person calls the collection.
        table: Opens one of its tables by name, ``versions`` included; made if there is none.
        turn: Held while the collection is changed.
    """

    def __init__(
        self, name: str, table: Callable[[str], Table], turn: AbstractContextManager[Any]
    ) -> None:
        self._name = name
        self._table = table
        self._turn = turn

    def mark(self, reason: str) -> None:
        """Remember the collection as it is now, unless nothing has changed since the last mark."""
        with self._turn, storage_errors(self._name):
            self._mark(reason)

    def list(self) -> tuple[Version, ...]:
        """All versions that can still be had, the newest first."""
        with storage_errors(self._name):
            rows = self._rows()
            now = self._state()
            kept = {table: self._kept(table) for table in TABLES}
        return tuple(
            Version(
                number=row["number"],
                created=row["created"],
                reason=row["reason"],
                documents=row["document_count"],
                chunks=row["chunk_count"],
                is_current=_same(row, now),
            )
            for row in reversed(rows)
            if all(row[table] in kept[table] for table in TABLES)
        )

    def restore(self, number: int) -> None:
        """Make the collection what it was; what came since stays a version to go back to.

        Raises:
            CollectionError: If there is no such version, or it is no longer kept.
        """
        with self._turn, storage_errors(self._name):
            row = next((row for row in self._rows() if row["number"] == number), None)
            if row is None or any(row[table] not in self._kept(table) for table in TABLES):
                raise CollectionError(
                    f"The collection “{self._name}” has no version {number}.",
                    hint="List its versions; those of more than a week ago may be gone.",
                )
            self._mark("Before going back")
            # The documents' rows say "this one is whole", so they go first and come last: after a
            # kill in between, ingesting again or going back again completes the collection.
            self._table("documents").delete("true")
            for table in ("chunks", "questions", "judgments", "documents"):
                self._table(table).restore(row[table])
            self._mark(f"Went back to version {number}")

    def _mark(self, reason: str) -> None:
        rows, now = self._rows(), self._state()
        if rows and _same(rows[-1], now):
            return
        row = {
            "number": rows[-1]["number"] + 1 if rows else 1,
            "created": datetime.now(UTC).isoformat(),
            "reason": reason,
            "document_count": self._table("documents").count_rows(),
            "chunk_count": self._table("chunks").count_rows(),
            **now,
        }
        self._table("versions").add(pa.Table.from_pylist([row], schema=VERSIONS))

    def _rows(self) -> _Rows:
        rows = self._table("versions").search().to_list()
        return sorted(rows, key=lambda row: (row["number"], row["created"]))

    def _state(self) -> dict[str, int]:
        return {table: self._table(table).version for table in TABLES}

    def _kept(self, table: str) -> set[int]:
        return {one["version"] for one in self._table(table).list_versions()}


def _same(row: Mapping[str, Any], now: Mapping[str, int]) -> bool:
    return all(row[table] == now[table] for table in _TELLING)
