"""How many calls were made to services today, so that no slip can become a bill.

The count lies under the home folder and holds a day, a service's name and a number, no more.
Several processes share it, so that a loop on a command line meets the same cap as a page.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from retrieval.errors import RemoteError
from retrieval.settings import settings

_LOG = logging.getLogger(__name__)
_FILE = "calls.sqlite"
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_SECONDS_TO_WAIT = 5.0
_SCHEMA = """CREATE TABLE IF NOT EXISTS calls (
    day TEXT NOT NULL, service TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (day, service)
)"""


class Spending:
    """Counts calls before they are made, and refuses those past the cap.

    Args:
        home: The home folder; None counts in memory, for this process alone.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._path = None if home is None else home / "cache" / _FILE
        self._counted: Counter[tuple[str, str]] = Counter()

    @property
    def made(self) -> int:
        """Calls made today, to all services."""
        found = self._stored()
        return self._in_memory() if found is None else found

    @property
    def left(self) -> int:
        """Calls that may still be made today."""
        return max(settings().max_calls - self.made, 0)

    def count(self, service: str) -> None:
        """Count one call that is about to be made.

        Raises:
            RemoteError: If the cap is reached; then the call must not be made.
        """
        most = settings().max_calls
        if not self._enter(service, most):
            raise RemoteError(
                f"All {most} calls of today are made, so {service} is not asked.",
                hint="Raise SECOND_LOOK_MAX_CALLS, or wait for the next day (UTC).",
            )

    def _enter(self, service: str, most: int) -> bool:
        """Count a call if one is left; in one step, whoever else counts at the same time."""
        try:
            with self._database() as database:
                if database is None:
                    return self._enter_in_memory(service, most)
                database.execute("BEGIN IMMEDIATE")
                allowed = _sum(database) < most
                if allowed:
                    database.execute(
                        "INSERT INTO calls VALUES (?, ?, 1) "
                        "ON CONFLICT (day, service) DO UPDATE SET made = made + 1",
                        (_today(), service),
                    )
                database.execute("COMMIT")
                return allowed
        except (sqlite3.Error, OSError) as error:
            if getattr(error, "sqlite_errorcode", None) in _BUSY:
                # To count anew would be to forget the cap; the count is there, and others use it.
                raise RemoteError(
                    f"Today's calls cannot be counted just now, so {service} is not asked.",
                    hint="Try again in a moment.",
                ) from error
            _LOG.warning("Calls are counted in memory from here on: %s", error)
            self._path = None
            return self._enter_in_memory(service, most)

    def _enter_in_memory(self, service: str, most: int) -> bool:
        allowed = self._in_memory() < most
        self._counted[_today(), service] += allowed
        return allowed

    def _in_memory(self) -> int:
        today = _today()
        return sum(made for (day, _), made in self._counted.items() if day == today)

    def _stored(self) -> int | None:
        try:
            with self._database() as database:
                return None if database is None else _sum(database)
        except (sqlite3.Error, OSError):
            return None

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection | None]:
        if self._path is None:
            yield None
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Opened for each count: calls are seldom, and a connection belongs to one thread.
        with closing(
            sqlite3.connect(self._path, timeout=_SECONDS_TO_WAIT, isolation_level=None)
        ) as database:
            database.execute(_SCHEMA)
            yield database


def _sum(database: sqlite3.Connection) -> int:
    rows = database.execute("SELECT COALESCE(SUM(made), 0) FROM calls WHERE day = ?", (_today(),))
    return int(rows.fetchone()[0])


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
