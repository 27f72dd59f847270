"""The tables of the reviews in LanceDB: one database beside that of the collections.

A registry has a row for each revision of each review; share tokens and typed names have a table
each. A review has three tables of its own: passages and lists, which are written once, and events,
which only grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from filelock import FileLock, Timeout
from lancedb.db import DBConnection
from lancedb.table import Table

from retrieval.errors import CollectionMissingError, ReviewError
from retrieval.home import Home
from retrieval.store.location import database, table_made
from retrieval.store.schema import key_column
from retrieval.store.translation import storage_errors

REVISIONS = "reviews"
TOKENS = "tokens"
NAMES = "names"


_SHARED = {
    REVISIONS: pa.schema(
        [
            key_column("key"),
            ("review_id", pa.string()),
            ("revision", pa.int64()),
            ("write_id", pa.string()),
            ("at", pa.string()),
            ("by", pa.string()),
            ("body", pa.string()),
        ]
    ),
    TOKENS: pa.schema(
        [
            ("token_id", pa.string()),
            ("review_id", pa.string()),
            ("hash", pa.string()),
            ("kind", pa.string()),
            ("label", pa.string()),
            ("at", pa.string()),
            ("by", pa.string()),
            ("expires", pa.string()),
        ]
    ),
    NAMES: pa.schema(
        [
            key_column("key"),
            ("review_id", pa.string()),
            ("name", pa.string()),
            ("write_id", pa.string()),
            ("at", pa.string()),
        ]
    ),
}

PASSAGES = pa.schema(
    [
        ("item_id", pa.string()),
        ("query_id", pa.string()),
        ("document_id", pa.string()),
        ("chunk_id", pa.string()),
        ("title", pa.string()),
        ("source", pa.string()),
        ("page", pa.int32()),
        ("heading", pa.list_(pa.string())),
        ("text", pa.string()),
        ("text_hash", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("found", pa.string()),
    ]
)
LISTS = pa.schema([("system", pa.string()), ("query_id", pa.string()), ("documents", pa.string())])
EVENTS = pa.schema(
    [
        ("row_id", pa.string()),
        ("event_id", pa.string()),
        ("at", pa.string()),
        ("reviewer", pa.string()),
        ("kind", pa.string()),
        ("task_id", pa.string()),
        ("query_id", pa.string()),
        ("grade", pa.int32()),
        ("choice", pa.string()),
        ("left", pa.string()),
        ("comment", pa.string()),
        ("seconds", pa.float64()),
        ("text_hash", pa.string()),
        ("target", pa.string()),
    ]
)
_OWN = {"passages": PASSAGES, "lists": LISTS, "events": EVENTS}


class Database:
    """The tables of all reviews of a home.

    Args:
        home: Where the reviews lie; made when the first is written.
    """

    def __init__(self, home: Home) -> None:
        self._locks = home.local / "locks"
        with review_errors():
            self._database: DBConnection = database(home.reviews)

    def shared(self, name: str) -> Table:
        """A table that all reviews share; made when it is first asked for."""
        return table_made(self._database, name, _SHARED[name])

    def make(self, review_id: str, rows: dict[str, pa.Table]) -> None:
        """Make the tables of a review, with what they hold from the beginning.

        What a making that broke off has left of them is replaced.
        """
        self.drop(review_id)
        for name, schema in _OWN.items():
            self._database.create_table(f"{review_id}.{name}", rows.get(name), schema=schema)

    def own(self, review_id: str, name: str, version: int | None = None) -> Table:
        """A table of a review, opened anew: a handle that is kept misses other writers."""
        return self._database.open_table(f"{review_id}.{name}", version=version)

    @contextmanager
    def alone(self, review_id: str) -> Iterator[bool]:
        """Whether this caller, of all on this machine, has the tables for itself at this moment."""
        self._locks.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._locks / f"{review_id}.lock", blocking=False)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def drop(self, review_id: str) -> None:
        """Remove the tables of a review."""
        for name in _OWN:
            try:
                self._database.drop_table(f"{review_id}.{name}")
            except ValueError as error:
                if "was not found" not in str(error):
                    raise


@contextmanager
def review_errors() -> Iterator[None]:
    """Translate what LanceDB raises inside the block.

    Raises:
        ReviewError: If a table of the review is gone.
        StorageError: If the home cannot be read or written.
    """
    try:
        with storage_errors("review"):
            yield
    except CollectionMissingError as error:
        raise gone() from error


def gone() -> ReviewError:
    """The error for a review that was deleted while somebody worked in it."""
    return ReviewError(
        "This review is no longer there: it was deleted meanwhile.", hint="Choose another one."
    )
