"""What was computed once is kept: pair scores, query vectors and token vectors.

A slider that needs no new pair runs no model, because every score is looked up here first. Keys
hold everything that a score depends on: the model's fingerprint (weights, backend, precision), the
query and the hash of the passage's text. Scores and query vectors survive the process in one SQLite
file under the home folder; token vectors are large and stay in memory, the oldest leaving first.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.models.protocols import Floats
from retrieval.settings import settings

_LOG = logging.getLogger(__name__)

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS queries (key BLOB PRIMARY KEY, used REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pairs (
    query BLOB NOT NULL, passage TEXT NOT NULL, score REAL NOT NULL, PRIMARY KEY (query, passage)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
"""

_QUERIES_IN_MEMORY = 256


def _key(model: str, query: str) -> bytes:
    return hashlib.sha256(f"{model}\x00{query}".encode("utf-8", "surrogatepass")).digest()[:16]


class Cache:
    """Scores and vectors kept between calls; safe for many threads and several processes.

    A file that is damaged is made anew, and one that cannot be written (a full disk, a read-only
    home) leaves the cache in memory: a cache may cost time, never an answer.

    Args:
        home: The home folder; None keeps everything in memory.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._pairs: OrderedDict[bytes, dict[str, float]] = OrderedDict()
        self._vectors: OrderedDict[bytes, Floats] = OrderedDict()
        self._database = _open(home / "cache" / "scores.sqlite") if home is not None else None
        self.tokens = TokenCache(settings().token_cache_mb << 20)
        self._prune()

    def pair_scores(self, model: str, query: str, passages: Iterable[str]) -> dict[str, float]:
        """The known scores of a query, by passage hash; unknown passages are left out."""
        known = self._scores_of(_key(model, query))
        return {passage: known[passage] for passage in passages if passage in known}

    def store_pair_scores(self, model: str, query: str, scores: Mapping[str, float]) -> None:
        """Keep scores of a query, by passage hash."""
        key = _key(model, query)
        with self._lock:
            self._scores_of(key).update(scores)
            self._write(
                ("INSERT OR REPLACE INTO queries VALUES (?, ?)", [(key, time.time())]),
                (
                    "INSERT OR REPLACE INTO pairs VALUES (?, ?, ?)",
                    [(key, passage, score) for passage, score in scores.items()],
                ),
            )

    def query_vector(self, model: str, query: str) -> Floats | None:
        """The vector of a query, float32 of shape (dimension,), or None."""
        key = _key(model, query)
        with self._lock:
            if key not in self._vectors:
                rows = self._read("SELECT vector FROM vectors WHERE key = ?", key)
                if not rows:
                    return None
                self._vectors[key] = np.frombuffer(rows[0][0], dtype=np.float32)
            return self._vectors[key]

    def store_query_vector(self, model: str, query: str, vector: Floats) -> None:
        """Keep the vector of a query."""
        key = _key(model, query)
        with self._lock:
            self._vectors[key] = vector
            _keep_newest(self._vectors, _QUERIES_IN_MEMORY)
            self._write(
                (
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                    [(key, vector.astype(np.float32).tobytes())],
                )
            )

    def _scores_of(self, key: bytes) -> dict[str, float]:
        with self._lock:
            if key not in self._pairs:
                rows = self._read("SELECT passage, score FROM pairs WHERE query = ?", key)
                self._pairs[key] = dict(rows)
                _keep_newest(self._pairs, _QUERIES_IN_MEMORY)
            self._pairs.move_to_end(key)
            return self._pairs[key]

    def _read(self, statement: str, key: bytes) -> list[tuple[Any, ...]]:
        if self._database is None:
            return []
        try:
            return self._database.execute(statement, (key,)).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return []

    def _write(self, *statements: tuple[str, list[tuple[Any, ...]]]) -> None:
        if self._database is None:
            return
        try:
            with self._database:
                for statement, rows in statements:
                    self._database.executemany(statement, rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def _give_up(self, error: sqlite3.Error) -> None:
        _LOG.warning("The score cache stays in memory from here on: %s", error)
        self._database = None

    def _prune(self) -> None:
        """Forget the queries that were scored longest ago, until the pairs fit the limit."""
        if self._database is None:
            return
        limit = settings().cache_pairs
        try:
            sizes = self._database.execute(
                "SELECT q.key, COUNT(*) FROM queries q JOIN pairs p ON p.query = q.key "
                "GROUP BY q.key ORDER BY q.used DESC"
            ).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return
        kept = np.cumsum([count for _, count in sizes]) if sizes else np.empty(0)
        stale = [(key,) for (key, _), total in zip(sizes, kept, strict=True) if total > limit]
        if stale:
            self._write(
                ("DELETE FROM pairs WHERE query = ?", stale),
                ("DELETE FROM queries WHERE key = ?", stale),
            )


class TokenCache:
    """Token vectors of passages and queries, bounded by their bytes, the oldest leaving first.

    Args:
        limit: Most bytes kept.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._lock = threading.Lock()
        self._arrays: OrderedDict[tuple[str, str], Floats] = OrderedDict()

    def get(self, model: str, text: str) -> Floats | None:
        """The token vectors of a text, by its hash, or None."""
        with self._lock:
            array = self._arrays.get((model, text))
            if array is not None:
                self._arrays.move_to_end((model, text))
            return array

    def store(self, model: str, text: str, array: Floats) -> None:
        """Keep the token vectors of a text, by its hash."""
        with self._lock:
            replaced = self._arrays.pop((model, text), None)
            self._arrays[model, text] = array
            self._held += array.nbytes - (0 if replaced is None else replaced.nbytes)
            while self._held > self._limit and self._arrays:
                _, oldest = self._arrays.popitem(last=False)
                self._held -= oldest.nbytes


def _open(path: Path) -> sqlite3.Connection | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _connect(path)
    except sqlite3.OperationalError as error:
        _LOG.warning("The score cache stays in memory: %s", error)
    except sqlite3.DatabaseError:
        _LOG.warning("The score cache was damaged and is made anew: %s", path)
        path.unlink(missing_ok=True)
        return _connect(path)
    except OSError as error:
        _LOG.warning("The score cache stays in memory: %s", error)
    return None


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, timeout=5)
    try:
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _keep_newest(entries: OrderedDict[bytes, Any], most: int) -> None:
    while len(entries) > most:
        entries.popitem(last=False)
