"""Lets the steps of an ingestion overlap: each in a thread of its own, with short queues between.

A queue that is full makes the step before it wait, so memory stays bounded by what lies in the
queues. Order is kept. An error in a step comes out where its results would have; setting ``halt``
ends all steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")

QUEUED = 2
"""One item that waits while the next one is made keeps both sides busy; one more evens them out."""
POLL_SECONDS = 0.1

Waiting = Callable[[], None]
"""Called again and again while a step waits for another; may raise to end the wait."""


def _patient() -> None:
    """Wait without a word."""


class _End:
    """The last entry of a queue: no more items, or the error that ended them."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Ahead(Generic[T]):
    """Runs through an iterator in a thread, a few items ahead of whoever takes them."""

    def __init__(self, items: Iterator[T], halt: Event, waiting: Waiting = _patient) -> None:
        self._items = items
        self._halt = halt
        self._waiting = waiting
        self._queue: Queue[T | _End] = Queue(QUEUED)
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error:
            self._halt.set()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        while True:
            item = self._take()
            if isinstance(item, _End):
                if item.error:
                    raise item.error
                return
            yield item

    def _take(self) -> T | _End:
        while True:
            try:
                return self._queue.get(timeout=POLL_SECONDS)
            except Empty:
                if self._halt.is_set():
                    return _End()
                self._waiting()

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                if not self._put(item):
                    break
        # Whatever it is, it belongs to whoever waits for the next item.
        except BaseException as caught:  # noqa: BLE001
            error = caught
        self._put(_End(error))

    def _put(self, item: T | _End) -> bool:
        while not self._halt.is_set():
            try:
                self._queue.put(item, timeout=POLL_SECONDS)
            except Full:
                continue
            return True
        return False


class Behind(Generic[T]):
    """Does some work on each item in a thread, a few items behind whoever hands them over.

    Leaving the block waits until all that was handed over is done, even after an error outside,
    and raises what went wrong in the work.
    """

    def __init__(self, work: Callable[[T], None], waiting: Waiting = _patient) -> None:
        self._work = work
        self._waiting = waiting
        self._queue: Queue[T | _End] = Queue(QUEUED)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._queue.put(_End())
        self._thread.join()
        if self._error and not error:
            raise self._error

    def put(self, item: T) -> None:
        """Hand an item over; waits while there are too many, raises what went wrong before."""
        while True:
            if self._error:
                raise self._error
            try:
                self._queue.put(item, timeout=POLL_SECONDS)
            except Full:
                self._waiting()
            else:
                return

    def _run(self) -> None:
        while True:
            item = self._queue.get()
            if isinstance(item, _End):
                return
            # After an error the rest is only taken out, so that nobody waits for room.
            if self._error is None:
                try:
                    self._work(item)
                except BaseException as error:  # noqa: BLE001 - raised where the items come from
                    self._error = error
