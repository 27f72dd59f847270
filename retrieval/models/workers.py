"""Who computes next: a fair order among everybody who asks one process for forward passes.

A lock wakes whoever it likes, and a long ingestion takes it again before a waiting question has
woken up. So passes wait in one line. The more urgent goes first, equals in the order in which they
came, and whoever was passed by too often goes next, so that nobody starves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Generic, TypeVar

Result = TypeVar("Result")

PATIENCE = 8
"""How often one may be passed by; a question a person waits for is a handful of passes."""

_LINGER_SECONDS = 1.0
"""How long a worker without work stays, so that a search does not start a thread for each pass."""


class Urgency(IntEnum):
    """What a forward pass is for; the lower goes first."""

    QUESTION = 0
    """The vector of one question: milliseconds, and everything else of a search waits for it."""
    SEARCH = 1
    """The candidates of a search: somebody watches the progress bar."""
    BULK = 2
    """Passages of an ingestion: nobody waits for a single one."""


@dataclass(slots=True)
class Ticket(Generic[Result]):
    """One piece of work in the line, and where its result will be."""

    work: Callable[[], Result]
    urgency: Urgency
    passed_by: int = 0
    future: Future[Result] = field(default_factory=Future)


class WaitingLine:
    """Tickets in the order in which they came; knows who goes next, and nothing of threads."""

    def __init__(self) -> None:
        self._tickets: list[Ticket[object]] = []

    def __len__(self) -> int:
        return len(self._tickets)

    def join(self, ticket: Ticket[object]) -> None:
        """Stand at the end."""
        self._tickets.append(ticket)

    def leave(self) -> Ticket[object]:
        """Take out whoever goes next; those who came earlier and stay were passed by."""
        place = self._next()
        for ticket in self._tickets[:place]:
            ticket.passed_by += 1
        return self._tickets.pop(place)

    def _next(self) -> int:
        for place, ticket in enumerate(self._tickets):
            if ticket.passed_by >= PATIENCE:
                return place
        return min(range(len(self._tickets)), key=lambda place: self._tickets[place].urgency)


class Workers:
    """At most ``count`` pieces of work at one time, taken from one line.

    Threads start with the first work and end when there has been none for a while, so that nothing
    has to be closed.

    Args:
        count: Most pieces of work at one time.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._line = WaitingLine()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._busy = 0

    @property
    def waiting(self) -> int:
        """How many pieces of work have not begun."""
        with self._changed:
            return len(self._line)

    def submit(self, work: Callable[[], Result], urgency: Urgency) -> Future[Result]:
        """Put work in the line; its result or error is in the future."""
        ticket = Ticket(work, urgency)
        with self._changed:
            self._line.join(ticket)  # type: ignore[arg-type]
            if self._idle >= len(self._line):
                self._changed.notify()
            elif self._threads < self.count:
                self._threads += 1
                threading.Thread(target=self._work, name="forward-passes", daemon=True).start()
        return ticket.future

    def run(self, work: Callable[[], Result], urgency: Urgency) -> Result:
        """Do work in its turn and wait for it: in the caller's own thread if nobody is waiting.

        To hand work to another thread and take back its result costs time of its own, which counts
        where a question takes but a millisecond or two.
        """
        with self._changed:
            is_free = not self._line and self._busy < self.count
            self._busy += is_free
        if not is_free:
            return self.submit(work, urgency).result()
        try:
            return work()
        finally:
            self._leave()

    def _work(self) -> None:
        while (ticket := self._take()) is not None:
            if ticket.future.set_running_or_notify_cancel():
                _run(ticket)
            # A thread that lingers must not keep the last batch and its result alive.
            del ticket
            self._leave()

    def _leave(self) -> None:
        with self._changed:
            self._busy -= 1
            if self._line:
                self._changed.notify()

    def _take(self) -> Ticket[object] | None:
        with self._changed:
            self._idle += 1
            while not self._changed.wait_for(self._may_begin, timeout=_LINGER_SECONDS):
                if not self._line:
                    break
            self._idle -= 1
            if not self._line:
                self._threads -= 1
                return None
            self._busy += 1
            return self._line.leave()

    def _may_begin(self) -> bool:
        return len(self._line) > 0 and self._busy < self.count


def _run(ticket: Ticket[object]) -> None:
    try:
        result = ticket.work()
    except BaseException as error:  # noqa: BLE001  # it belongs to whoever waits for the future
        ticket.future.set_exception(error)
    else:
        ticket.future.set_result(result)
