"""One loaded network, shared by every session: passes in a fair order, and a look at the speed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future

from retrieval.models.backends import Backend
from retrieval.models.batching import PaddedBatch
from retrieval.models.protocols import Floats
from retrieval.models.workers import Urgency, Workers


class SharedNetwork:
    """A backend with its place in the line.

    Batches of two callers are never merged and a row never sees its neighbours, so a score does not
    depend on who else asks.

    Args:
        backend: The loaded network.
        workers: The line it shares with the other networks of its kind.
    """

    def __init__(self, backend: Backend, workers: Workers) -> None:
        self.name = backend.name
        self.batching = backend.batching
        self.meter = Meter()
        self._backend = backend
        self._workers = workers

    def run(self, batch: PaddedBatch) -> Floats:
        """One forward pass, now and in this thread; see the backend's ``run``."""
        with self.meter.measuring(batch):
            return self._backend.run(batch)

    def answer(self, batch: PaddedBatch, urgency: Urgency) -> Floats:
        """One forward pass in its turn, for a caller that waits for it."""
        return self._workers.run(lambda: self.run(batch), urgency)

    def stream(
        self, batches: Iterable[PaddedBatch], urgency: Urgency
    ) -> Iterator[tuple[PaddedBatch, Floats]]:
        """Run batches as workers are free, and yield each with its values, in order.

        One batch a worker is on its way at any time, so that the caller can draw or store a result
        while the next is computed. A caller that stops early leaves no work behind.
        """
        flying: deque[tuple[PaddedBatch, Future[Floats]]] = deque()
        try:
            for batch in batches:
                ready = _land(flying) if len(flying) > self._workers.count else None
                flying.append((batch, self._submit(batch, urgency)))
                if ready is not None:
                    yield ready
            while flying:
                yield _land(flying)
        finally:
            for _, future in flying:
                future.cancel()

    def _submit(self, batch: PaddedBatch, urgency: Urgency) -> Future[Floats]:
        return self._workers.submit(lambda: self.run(batch), urgency)


def _land(flying: deque[tuple[PaddedBatch, Future[Floats]]]) -> tuple[PaddedBatch, Floats]:
    batch, future = flying.popleft()
    return batch, future.result()


class Meter:
    """Adds up tokens, and the time in which at least one pass was running."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._since = 0.0
        self._seconds = 0.0
        self._tokens = 0

    def measuring(self, batch: PaddedBatch) -> _Measured:
        """A context around the pass that reads ``batch``."""
        return _Measured(self, int(batch.attention_mask.sum()))

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens read in a second of computing, padding left out; None before the first pass."""
        with self._lock:
            return self._tokens / self._seconds if self._seconds else None

    def begin(self) -> None:
        """Note that a pass begins."""
        with self._lock:
            if self._running == 0:
                self._since = time.perf_counter()
            self._running += 1

    def end(self, tokens: int) -> None:
        """Note that a pass has ended, and what it read."""
        with self._lock:
            self._running -= 1
            self._tokens += tokens
            if self._running == 0:
                self._seconds += time.perf_counter() - self._since


class _Measured:
    def __init__(self, meter: Meter, tokens: int) -> None:
        self._meter = meter
        self._tokens = tokens

    def __enter__(self) -> None:
        self._meter.begin()

    def __exit__(self, *_: object) -> None:
        self._meter.end(self._tokens)
