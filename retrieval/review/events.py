"""The log of a review: every judgment is one row, added at once and never changed.

Adding never conflicts with adding, so any number of people, tabs and processes write at once, and
what is told twice under one id counts once when it is read. Each row is a commit of its own, and
leaves a file and a version: past a few dozen of them the log is compacted into one file. What a
reader has open stays for an hour.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, cast

import pyarrow as pa
from lancedb.table import Table

from retrieval.review.database import EVENTS, Database, review_errors
from retrieval.review.standing import Standing
from retrieval.review.types import Event

# At 32 files reading the log took 10 ms and adding to it 3; at 1,000 files 280 and 11.
PIECES = 32
KEPT_FOR = timedelta(hours=1)
_TRIES = 8
_PAUSE_SECONDS = 0.02

_turns: defaultdict[str, Lock] = defaultdict(Lock)
_log = logging.getLogger(__name__)


def new_event_id() -> str:
    """An id for one click."""
    return secrets.token_hex(12)


class EventLog:
    """The events of one review; safe to share between threads.

    What has been read is kept, and only rows that are new are read again: of 21,000 events all of
    them took 370 ms, and one new one takes 20.

    Args:
        database: The tables.
        review_id: The review.
    """

    def __init__(self, database: Database, review_id: str) -> None:
        self._database = database
        self._review_id = review_id
        self._reading = Lock()
        self._rows: frozenset[str] = frozenset()
        self._version = -1
        self._standing = Standing(())

    def add(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """Store events, whole or not at all, and return them with the time of storing.

        Once this returns they are on disk, whatever becomes of this process. An event that brings
        a time keeps it.

        Raises:
            ReviewError: If the review was deleted.
            StorageError: If they cannot be stored.
        """
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        stored = tuple(one if one.at else replace(one, at=now) for one in events)
        with _turns[self._review_id], review_errors():
            self._add(event_rows(stored))
            self._compact()
        return stored

    def read(self) -> tuple[Event, ...]:
        """All events, each once, in the order of their times; raises what ``standing`` does."""
        return self.standing().events

    def standing(self) -> Standing:
        """What stands of everything that any tab or process has stored.

        Raises:
            ReviewError: If the review was deleted.
            StorageError: If the home cannot be read.
        """
        with self._reading, review_errors():
            version = self._database.own(self._review_id, "events").version
            if version != self._version:
                # Pinned, for places of rows are those of one version.
                self._take(self._database.own(self._review_id, "events", version))
                self._version = version
            return self._standing

    def _take(self, table: Table) -> None:
        """Read the rows that are not known yet."""
        ids = table.search().select(["row_id"]).to_arrow()["row_id"].to_pylist()
        fresh = [place for place, row_id in enumerate(ids) if row_id not in self._rows]
        if len(ids) - len(fresh) < len(self._rows):
            # The review was deleted and brought in again: what was known is of another log.
            self._rows, self._standing = frozenset(), Standing(())
            fresh = list(range(len(ids)))
        if not fresh:
            return
        rows = (
            table.take_offsets(fresh).to_arrow() if self._rows else table.search().to_arrow()
        ).to_pylist()
        events = ordered([*self._standing.events, *map(_event, rows)])
        self._standing = Standing(events)
        self._rows = self._rows.union(row["row_id"] for row in rows)

    def _add(self, rows: pa.Table) -> None:
        """Commit rows. Told again after a lost race they may be there twice, which does no harm."""
        for attempt in range(_TRIES):
            try:
                self._database.own(self._review_id, "events").add(rows)
            except (OSError, RuntimeError) as error:
                if attempt + 1 == _TRIES or "conflict" not in str(error).lower():
                    raise
                time.sleep(_PAUSE_SECONDS * 2**attempt)
            else:
                return

    def _compact(self) -> None:
        table = self._database.own(self._review_id, "events")
        # Annotated as a dataclass, but LanceDB returns plain dictionaries.
        stats = cast("dict[str, Any]", table.stats())
        if stats["fragment_stats"]["num_small_fragments"] <= PIECES:
            return
        try:
            with self._database.alone(self._review_id) as is_alone:
                if is_alone:
                    table.optimize(cleanup_older_than=KEPT_FOR)
        except (ValueError, OSError, RuntimeError) as error:
            # What was said is stored; another machine may be compacting at this moment.
            _log.info("events were not compacted: %s", error)


def ordered(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events in the order of their times; of those told twice, the first."""
    found: dict[tuple[str, ...], Event] = {}
    for one in sorted(events, key=lambda event: (event.at, event.id)):
        found.setdefault(one.key, one)
    return tuple(found.values())


def event_rows(events: Iterable[Event]) -> pa.Table:
    """Events that have a time, as rows of the log."""
    return pa.Table.from_pylist([_row(one) for one in events], schema=EVENTS)


def _row(event: Event) -> dict[str, Any]:
    values = asdict(event)
    return {"row_id": secrets.token_hex(8), "event_id": values.pop("id"), **values}


def _event(row: dict[str, Any]) -> Event:
    values = {name: value for name, value in row.items() if name not in {"row_id", "event_id"}}
    return Event(id=row["event_id"], **values)
