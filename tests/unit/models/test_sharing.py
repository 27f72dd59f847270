from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from retrieval.models.batching import Batching, PaddedBatch
from retrieval.models.protocols import Floats
from retrieval.models.sharing import SharedNetwork
from retrieval.models.workers import Urgency, Workers


def batch_of(number: int) -> PaddedBatch:
    ids = np.full((1, 3), number, dtype=np.int64)
    return PaddedBatch((number,), ids, np.ones_like(ids), ids, ids)


class Recorder:
    """A backend that notes what it ran, and returns the number in the batch."""

    name = "recorder"
    batching = Batching(64)

    def __init__(self) -> None:
        self.ran: list[int] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def run(self, batch: PaddedBatch) -> Floats:
        self.go_on.wait(30)
        number = batch.indices[0]
        if number == 13:
            raise ValueError("thirteen")
        self.ran.append(number)
        return np.array([number], dtype=np.float32)


def test_values_come_in_the_order_of_the_batches() -> None:
    network = SharedNetwork(Recorder(), Workers(3))

    streamed = list(network.stream(map(batch_of, range(10)), Urgency.SEARCH))

    assert [(batch.indices[0], values[0]) for batch, values in streamed] == [
        (number, number) for number in range(10)
    ]


def test_batches_are_made_only_as_they_are_needed() -> None:
    made = []

    def batches() -> Iterator[PaddedBatch]:
        for number in range(100):
            made.append(number)
            yield batch_of(number)

    stream = SharedNetwork(Recorder(), Workers(1)).stream(batches(), Urgency.BULK)
    next(stream)

    assert len(made) <= 3


def test_a_caller_that_stops_leaves_no_work_behind() -> None:
    backend = Recorder()
    workers = Workers(1)
    stream = SharedNetwork(backend, workers).stream(map(batch_of, range(100)), Urgency.BULK)
    next(stream)
    stream.close()

    workers.submit(lambda: None, Urgency.BULK).result(30)

    assert len(backend.ran) <= 3
    assert workers.waiting == 0


def test_an_error_of_the_network_reaches_the_caller() -> None:
    stream = SharedNetwork(Recorder(), Workers(2)).stream([batch_of(13)], Urgency.SEARCH)

    with pytest.raises(ValueError, match="thirteen"):
        list(stream)


def test_two_networks_share_one_line() -> None:
    workers = Workers(1)
    slow, quick = Recorder(), Recorder()
    slow.go_on.clear()
    ingestion = SharedNetwork(slow, workers).stream(map(batch_of, range(3)), Urgency.BULK)
    order: list[str] = []

    def ingest() -> None:
        order.extend("batch" for _ in ingestion)

    thread = threading.Thread(target=ingest)
    thread.start()
    while workers.waiting < 1:
        pass
    question = SharedNetwork(quick, workers)._submit(batch_of(0), Urgency.QUESTION)
    question.add_done_callback(lambda _: order.append("question"))
    slow.go_on.set()
    thread.join(30)

    assert sorted(order) == ["batch"] * 3 + ["question"]
    assert order.index("question") <= 1


def test_the_meter_counts_tokens_and_not_padding() -> None:
    network = SharedNetwork(Recorder(), Workers(2))
    assert network.meter.tokens_per_second is None

    list(network.stream(map(batch_of, range(4)), Urgency.SEARCH))

    assert network.meter._tokens == 12
    assert network.meter._running == 0
    assert network.meter.tokens_per_second is not None
