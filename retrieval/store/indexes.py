"""Builds the indexes over a collection's chunks, in the background if asked.

Small collections have none: up to a measured size the exact way in memory is quicker. Which size
that is, the settings say.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from threading import Lock, Thread
from types import MappingProxyType
from typing import Any

from lancedb.index import Bitmap, BTree, LabelList
from lancedb.table import Table

from retrieval.errors import SecondLookError
from retrieval.settings import settings
from retrieval.store.allocator import give_back
from retrieval.store.index import Built, IndexInfo, indexes_of, record
from retrieval.store.migration import add_words, lacks_words
from retrieval.store.recall import recall
from retrieval.store.schema import WORDS
from retrieval.store.search import VECTOR, full_text_config, vector_config
from retrieval.store.translation import storage_errors

_LOG = logging.getLogger(__name__)

MOST_ADDED = 0.2
"""Share of chunks that may join a vector index before its partitions are drawn anew."""
FILTERS: Mapping[str, type[BTree | LabelList | Bitmap]] = MappingProxyType(
    {"chunk_id": BTree, "labels": LabelList, "source": Bitmap}
)
REST = 4
"""How many times its own duration a build in the background rests before the next one.

While documents arrive, every search meets a new version; a fifth of the time is enough for indexes.
"""

_building: defaultdict[str, Lock] = defaultdict(Lock)
_threads: dict[str, Thread] = {}
_rests_until: dict[str, float] = {}
_starting = Lock()


class Indexes:
    """The indexes of one collection.

    Args:
        collection: Name of the collection.
        collection_id: Its id, which outlives a change of name.
        open_table: Opens the table of chunks at its latest version.
        turn: Held while the collection is changed.
    """

    def __init__(
        self,
        collection: str,
        collection_id: str,
        open_table: Callable[[], Table],
        turn: AbstractContextManager[Any],
    ) -> None:
        self._collection = collection
        self._id = collection_id
        self._open = open_table
        self._turn = turn

    @property
    def building(self) -> bool:
        """Whether a build is under way in this process."""
        return _building[self._id].locked()

    def infos(self) -> tuple[IndexInfo, ...]:
        """The indexes that the collection has now."""
        with storage_errors(self._collection):
            return tuple(indexes_of(self._open()).values())

    def build(self) -> tuple[IndexInfo, ...]:
        """Build what the collection's size asks for and is not there or not up to date.

        Searches go on meanwhile, and see the indexes from the next snapshot on. A second caller
        waits for the first.

        Raises:
            CollectionMissingError: If the collection is deleted meanwhile.
            StorageError: If there is no room, or the home folder cannot be written.
        """
        with _building[self._id], storage_errors(self._collection):
            table = self._open()
            wanted = wanted_columns(table)
            if WORDS in wanted and lacks_words(table):
                add_words(table, self._turn)
                table = self._open()
            present = indexes_of(table)
            if any(not is_current(present.get(column), table.version) for column in wanted):
                _build(table, wanted, present)
                give_back()
            return tuple(indexes_of(self._open()).values())

    def start(self) -> None:
        """Do what ``build`` does in a thread of its own, unless one is at it or has just been."""
        with _starting:
            running = _threads.get(self._id)
            busy = running is not None and running.is_alive()
            if not busy and time.monotonic() >= _rests_until.get(self._id, 0.0):
                # A daemon, because nothing is lost with it: an index is committed whole or not.
                thread = Thread(target=self._try, name=f"index {self._collection}", daemon=True)
                _threads[self._id] = thread
                thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Return once the build that was started in the background has ended, or time is up."""
        if thread := _threads.get(self._id):
            thread.join(seconds)

    def _try(self) -> None:
        started = time.monotonic()
        try:
            self.build()
        except SecondLookError as error:
            _LOG.warning("No index for “%s”: %s", self._collection, error.message)
        ended = time.monotonic()
        _rests_until[self._id] = ended + REST * (ended - started)


def wanted_columns(table: Table) -> tuple[str, ...]:
    """The columns that a table of this size needs an index for."""
    rows = table.count_rows()
    keyword = rows >= settings().full_text_chunks
    return (WORDS,) * keyword + (VECTOR,) * (rows >= settings().vector_index_chunks)


def _build(table: Table, wanted: tuple[str, ...], present: Mapping[str, IndexInfo]) -> None:
    built: dict[str, Built] = {}
    if VECTOR in wanted:
        built[VECTOR] = _build_vectors(table, present.get(VECTOR))
        _build_filters(table)
    version = table.version
    if WORDS in wanted:
        # Last of all, and whole: its statistics are those of the chunks at this very moment.
        started = time.perf_counter()
        table.create_index(WORDS, config=full_text_config(), replace=True)
        built[WORDS] = Built("full text", time.perf_counter() - started)
        version += 1
    # Where another writer came between, the table's version is not the one that was counted to,
    # and what was built is seen to be out of date.
    record(table, built, version + 1)


def _build_vectors(table: Table, present: IndexInfo | None) -> Built:
    """Build the vector index, or add what is new where that is little."""
    started = time.perf_counter()
    if present is not None and present.unindexed <= MOST_ADDED * table.count_rows():
        table.optimize()
        seconds = present.build_seconds
    else:
        table.create_index(VECTOR, config=vector_config(), replace=True)
        seconds = time.perf_counter() - started
    return Built("IVF-RQ", seconds, recall(table))


def _build_filters(table: Table) -> None:
    """Index what filters and look-ups read, so that they do not scan a large table."""
    present = {config.columns[0] for config in table.list_indices()}
    for column, config in FILTERS.items():
        if column not in present:
            table.create_index(column, config=config())


def is_current(info: IndexInfo | None, version: int) -> bool:
    """Whether an index was built for this very version."""
    return info is not None and info.built_version == version
