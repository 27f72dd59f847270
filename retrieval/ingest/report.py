"""What an ingestion says of itself: how far it is, what it left out, and what it did."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from retrieval.ingest.metering import watched
from retrieval.ingest.sources import Source
from retrieval.progress import Progress
from retrieval.types import Skipped

REASONS_A_FILE = 50
"""Lines reported for one file; a million bad rows are one mistake, not a million."""

TELL_SECONDS = 0.5
"""How often progress is told while nothing happens."""

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingestion did.

    Attributes:
        collection: Name of the collection.
        documents: Documents that the collection now holds.
        chunks: Chunks that it now holds.
        added: Documents that were new.
        replaced: Documents that had changed.
        unchanged: Documents that were there already, word for word.
        skipped: What was left out, and why.
        seconds: How long it took.
        cancelled: Whether a person stopped it; what was finished before is kept.
    """

    collection: str
    documents: int
    chunks: int
    added: int
    replaced: int
    unchanged: int
    skipped: tuple[Skipped, ...]
    seconds: float
    cancelled: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        names = ("collection", "documents", "chunks", "added", "replaced", "unchanged")
        return {
            **{name: getattr(self, name) for name in names},
            "skipped": [{"file": one.file, "reason": one.reason} for one in self.skipped],
            "seconds": self.seconds,
        }


class Omissions:
    """Collects what is left out, a bounded number of lines for each file."""

    def __init__(self) -> None:
        self._lines: list[Skipped] = []
        self._by_file: Counter[str] = Counter()

    def add(self, skipped: Skipped) -> None:
        """Note one more."""
        self._by_file[skipped.file] += 1
        if self._by_file[skipped.file] <= REASONS_A_FILE:
            self._lines.append(skipped)

    def lines(self) -> tuple[Skipped, ...]:
        """All lines, with one that counts the rest for each file that has more."""
        rest = (
            Skipped(file, f"and {count - REASONS_A_FILE} more of its records were left out")
            for file, count in self._by_file.items()
            if count > REASONS_A_FILE
        )
        return (*self._lines, *rest)


@dataclass(frozen=True, slots=True)
class Position:
    """How far reading was when something was read.

    Attributes:
        files: Files that were behind it.
        fraction: Share of all bytes that had been read, 0..1.
    """

    files: int = 0
    fraction: float = 0.0


START = Position()


class Tracker:
    """Knows how far an ingestion is, by the bytes that were read, and tells who wants to know.

    Reading runs ahead of storing, so what was read carries the position of its reading along, and
    progress is told by what has come out at the other end.
    """

    def __init__(self, sources: Sequence[Source], on_progress: OnProgress | None) -> None:
        self._on_progress = on_progress
        self._started = time.perf_counter()
        self._told = self._started
        self._total_bytes = sum(source.size for source in sources)
        self._files = 0
        self._bytes_done = 0
        self._bytes_here = 0
        self._reading = ""
        self._progress = Progress(total_files=len(sources))

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.perf_counter() - self._started

    @property
    def position(self) -> Position:
        """How far reading is; to be asked by whoever reads."""
        share = (self._bytes_done + self._bytes_here) / max(1, self._total_bytes)
        is_over = self._files == self._progress.total_files
        return Position(self._files, 1.0 if is_over else min(1.0, share))

    def begin(self, source: Source) -> Source:
        """The same source, with its bytes counted as they are read."""
        self._reading = source.id

        def count(size: int) -> None:
            self._bytes_here += size

        def opener() -> BinaryIO:
            # A parser may read a file twice, once to learn its encoding.
            self._bytes_here = 0
            return watched(source.opener(), count)

        return replace(source, opener=opener)

    def end(self, source: Source) -> None:
        """The source has been read, or given up."""
        self._bytes_done += source.size
        self._bytes_here = 0
        self._files += 1

    def advance(self, *, documents: int = 0, chunks: int = 0, position: Position = START) -> None:
        """So many more documents are handled, or chunks encoded, of what was read up to there."""
        now = self._progress
        self._tell(
            replace(
                now,
                documents=now.documents + documents,
                chunks=now.chunks + chunks,
                files=max(now.files, position.files),
                fraction=max(now.fraction, position.fraction),
            )
        )

    def wait(self) -> None:
        """Nothing has come out for a moment; say now and then what is being read."""
        if time.perf_counter() - self._told >= TELL_SECONDS:
            self._tell(self._progress)

    def _tell(self, progress: Progress) -> None:
        self._told = time.perf_counter()
        self._progress = replace(progress, seconds=self.seconds, current=self._reading)
        if self._on_progress:
            self._on_progress(self._progress)
