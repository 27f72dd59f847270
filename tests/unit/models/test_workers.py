from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.models.workers import PATIENCE, Ticket, Urgency, WaitingLine, Workers

QUESTION, SEARCH, BULK = Urgency.QUESTION, Urgency.SEARCH, Urgency.BULK


def line_of(*urgencies: Urgency) -> WaitingLine:
    line = WaitingLine()
    for urgency in urgencies:
        line.join(Ticket(lambda: None, urgency))
    return line


def drained(line: WaitingLine) -> list[Urgency]:
    return [line.leave().urgency for _ in range(len(line))]


def test_the_more_urgent_goes_first() -> None:
    assert drained(line_of(BULK, SEARCH, BULK, QUESTION)) == [QUESTION, SEARCH, BULK, BULK]


def test_equals_go_in_the_order_in_which_they_came() -> None:
    line = WaitingLine()
    tickets = [Ticket[object](lambda: None, SEARCH) for _ in range(5)]
    for ticket in tickets:
        line.join(ticket)

    assert [line.leave() for _ in range(5)] == tickets


def test_an_ingestion_goes_on_under_a_stream_of_questions() -> None:
    line = line_of(BULK)
    served = []
    for _ in range(PATIENCE + 1):
        line.join(Ticket(lambda: None, QUESTION))
        served.append(line.leave().urgency)

    assert served == [QUESTION] * PATIENCE + [BULK]


@given(st.lists(st.sampled_from(list(Urgency)), min_size=PATIENCE, max_size=40))
def test_whoever_came_first_waits_for_no_more_than_patience_allows(later: list[Urgency]) -> None:
    line, first = WaitingLine(), Ticket[object](lambda: None, BULK)
    line.join(first)
    left = []
    for urgency in later:
        line.join(Ticket(lambda: None, urgency))
        left.append(line.leave())
    left.append(line.leave())

    assert first in left[: PATIENCE + 1]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_question_that_comes_during_an_ingestion_is_next() -> None:
    workers, order = Workers(1), []
    begun, go_on = threading.Event(), threading.Event()

    def first_batch() -> None:
        begun.set()
        go_on.wait(30)
        order.append("batch 0")

    futures = [workers.submit(first_batch, BULK)]
    begun.wait(30)
    futures += [
        workers.submit(lambda n=number: order.append(f"batch {n}"), BULK) for number in (1, 2, 3)
    ]
    futures.append(workers.submit(lambda: order.append("question"), QUESTION))
    go_on.set()
    for future in futures:
        future.result(30)

    assert order == ["batch 0", "question", "batch 1", "batch 2", "batch 3"]


def test_no_more_run_at_one_time_than_there_are_workers() -> None:
    workers, running, most = Workers(2), [], []

    def work() -> None:
        running.append(None)
        most.append(len(running))
        time.sleep(0.002)
        running.pop()

    for future in [workers.submit(work, SEARCH) for _ in range(20)]:
        future.result(30)

    assert max(most) <= 2


def test_two_workers_do_two_things_at_one_time() -> None:
    workers, together = Workers(2), threading.Barrier(2, timeout=30)

    for future in [workers.submit(together.wait, SEARCH) for _ in range(2)]:
        future.result(30)


def test_an_error_reaches_the_one_who_asked_and_the_worker_goes_on() -> None:
    workers = Workers(1)

    def fail() -> None:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        workers.submit(fail, SEARCH).result(30)
    assert workers.submit(lambda: 7, SEARCH).result(30) == 7


def test_idle_workers_end_and_new_ones_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.models.workers._LINGER_SECONDS", 0.01)
    workers = Workers(2)

    assert workers.submit(lambda: 1, SEARCH).result(30) == 1
    until(lambda: workers._threads == 0)
    assert workers.submit(lambda: 2, SEARCH).result(30) == 2


def test_work_that_was_called_off_is_not_done() -> None:
    workers, done = Workers(1), []
    begun, go_on = threading.Event(), threading.Event()
    blocked = workers.submit(lambda: (begun.set(), go_on.wait(30)), BULK)
    begun.wait(30)
    called_off = workers.submit(lambda: done.append("called off"), BULK)
    last = workers.submit(lambda: done.append("last"), BULK)

    assert called_off.cancel()
    go_on.set()
    blocked.result(30)
    last.result(30)

    assert done == ["last"]


def test_whoever_waits_for_the_result_computes_it_where_nobody_else_is_waiting() -> None:
    workers = Workers(1)

    assert workers.run(threading.current_thread, QUESTION) is threading.current_thread()
    assert workers._threads == 0


def test_whoever_waits_for_the_result_stands_in_line_behind_the_work_that_runs() -> None:
    workers, order = Workers(1), []
    begun, go_on = threading.Event(), threading.Event()

    def batch() -> None:
        begun.set()
        go_on.wait(30)
        order.append("batch 0")

    first = workers.submit(batch, BULK)
    begun.wait(30)
    second = workers.submit(lambda: order.append("batch 1"), BULK)
    asking = threading.Thread(target=workers.run, args=(lambda: order.append("question"), QUESTION))
    asking.start()
    until(lambda: workers.waiting == 2)
    go_on.set()
    asking.join(30)
    first.result(30)
    second.result(30)

    assert order == ["batch 0", "question", "batch 1"]


def test_work_that_comes_while_a_caller_computes_begins_when_that_ends() -> None:
    workers, order = Workers(1), []
    later = []

    def question() -> None:
        later.extend(workers.submit(lambda n=n: order.append(n), BULK) for n in range(3))
        time.sleep(0.02)
        order.append("question")

    workers.run(question, QUESTION)
    for future in later:
        future.result(30)

    assert order == ["question", 0, 1, 2]


def test_a_caller_that_fails_makes_room_for_the_next() -> None:
    workers = Workers(1)

    def fail() -> None:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        workers.run(fail, QUESTION)
    assert workers.run(lambda: 7, QUESTION) == 7


def test_callers_and_workers_together_are_no_more_than_promised() -> None:
    workers, running, most = Workers(2), [], []

    def work() -> None:
        running.append(None)
        most.append(len(running))
        time.sleep(0.002)
        running.pop()

    def ask() -> None:
        for _ in range(10):
            workers.run(work, QUESTION)

    callers = [threading.Thread(target=ask) for _ in range(3)]
    for caller in callers:
        caller.start()
    for future in [workers.submit(work, BULK) for _ in range(20)]:
        future.result(30)
    for caller in callers:
        caller.join(30)

    assert len(most) == 50
    assert max(most) <= 2


def test_work_in_line_outlasts_the_patience_of_idle_workers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("retrieval.models.workers._LINGER_SECONDS", 0.005)
    workers = Workers(1)
    waiting = []

    def long_question() -> None:
        waiting.append(workers.submit(lambda: 7, BULK))
        time.sleep(0.05)

    workers.run(long_question, QUESTION)

    assert waiting[0].result(30) == 7
