"""Time spent in a stage, without the time its reader takes between two rankings."""

from __future__ import annotations

import time
from types import TracebackType


class Stopwatch:
    """Adds up the milliseconds spent inside ``with`` blocks."""

    def __init__(self) -> None:
        self.elapsed_ms = 0.0
        self._start = 0.0

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.elapsed_ms += (time.perf_counter() - self._start) * 1000
