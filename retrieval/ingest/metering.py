"""Streams that count what really comes out of them, and stop at a limit."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, BinaryIO, cast

from retrieval.errors import ParseError

MEBIBYTE = 1 << 20
_BUFFER = 1 << 16


class _Meter(io.RawIOBase):
    """Passes a stream on and tells how many bytes each read gave."""

    def __init__(self, stream: IO[bytes], on_read: Callable[[int], None]) -> None:
        super().__init__()
        self._stream = stream
        self._on_read = on_read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._on_read(len(data))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def watched(stream: IO[bytes], on_read: Callable[[int], None]) -> BinaryIO:
    """The stream, with a call for each piece that is read from it."""
    return cast("BinaryIO", io.BufferedReader(_Meter(stream, on_read), _BUFFER))


def metered(stream: IO[bytes], limit: int, reason: str) -> BinaryIO:
    """The stream, which raises ``ParseError(reason)`` once more than ``limit`` bytes came out."""
    left = limit

    def count(size: int) -> None:
        nonlocal left
        left -= size
        if left < 0:
            raise ParseError(reason)

    return watched(stream, count)
