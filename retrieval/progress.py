"""How far long work has come, and the time that is left."""

from __future__ import annotations

from dataclasses import dataclass

FRACTION_TO_EXTRAPOLATE = 0.02
"""Below this share of the work done, a guess at the time left would be noise."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingestion has come.

    Attributes:
        files: Files read so far.
        total_files: Files to read, where it is known.
        documents: Documents handled so far, unchanged ones included.
        chunks: Chunks encoded and stored so far.
        seconds: Time since the start.
        fraction: Share of the input's bytes that has been read, 0..1.
        current: Name of the file that is being read.
    """

    files: int = 0
    total_files: int = 0
    documents: int = 0
    chunks: int = 0
    seconds: float = 0.0
    fraction: float = 0.0
    current: str = ""

    @property
    def chunks_per_second(self) -> float:
        """Speed so far; 0 before the first chunk."""
        return self.chunks / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time left at this speed, or None before it can be told."""
        if self.fraction < FRACTION_TO_EXTRAPOLATE:
            return None
        return self.seconds * (1 - self.fraction) / self.fraction


@dataclass(frozen=True, slots=True)
class Transfer(Progress):
    """How far a download has come.

    Attributes:
        bytes: Bytes that are here.
        total_bytes: Bytes of everything.
        begun_with: Bytes that were here before it began, and say nothing about its speed.
    """

    bytes: int = 0
    total_bytes: int = 0
    begun_with: int = 0

    @property
    def bytes_per_second(self) -> float:
        """Speed of this run; 0 before the first byte."""
        return (self.bytes - self.begun_with) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time left at this speed, or None before it can be told."""
        if self.bytes_per_second <= 0:
            return None
        return (self.total_bytes - self.bytes) / self.bytes_per_second
