from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.errors import ModelError
from retrieval.fetches import Fetches
from retrieval.jobs import Job, Jobs
from retrieval.models.cards import find_card
from retrieval.models.hub.places import folder_of
from retrieval.progress import Transfer
from tests.hub_server import TINY, Hub

SECONDS = 60.0


@pytest.fixture
def fetches(home: Path, hub: Hub) -> Iterator[Fetches]:
    jobs = Jobs(home / "jobs")
    yield Fetches(jobs, home)
    jobs.close()


def progress_of(fetches: Fetches, job: Job) -> Transfer:
    """Its first word of weights."""
    while True:
        now = fetches.wait(job.id, 0.02)
        assert not now.is_over, now.error
        told = now.progress
        if isinstance(told, Transfer) and told.current == "model.safetensors":
            return told


def test_a_model_is_fetched_in_the_background(fetches: Fetches, home: Path) -> None:
    job = fetches.wait(fetches.submit(TINY, "encoder").id, SECONDS)

    assert job.state == "done"
    assert job.result == {"model": TINY, "path": str(folder_of(home, TINY))}
    assert find_card(TINY, "encoder").state == "here"


def test_it_tells_bytes_while_it_runs_and_can_be_stopped_and_resumed(
    fetches: Fetches, hub: Hub
) -> None:
    hub.faults.slow = 0.2
    job = fetches.submit(TINY, "encoder")
    told = progress_of(fetches, job)
    assert 0 < told.bytes <= told.total_bytes

    fetches.stop(job.id)
    assert fetches.wait(job.id, SECONDS).state == "cancelled"
    assert find_card(TINY, "encoder").state == "to fetch"
    hub.behave()
    hub.asked.clear()
    fetches.resume(job.id)

    assert fetches.wait(job.id, SECONDS).state == "done"
    assert all(wanted.startswith("bytes=") for wanted in hub.ranges())


def test_a_failure_is_one_line_that_can_be_resumed(fetches: Fetches, hub: Hub) -> None:
    hub.faults.status = {"api": 500}
    job = fetches.wait(fetches.submit(TINY, "encoder").id, SECONDS)
    assert (job.state, job.can_resume) == ("failed", True)
    assert job.error is not None
    assert "500" in job.error["message"]
    hub.behave()

    again = fetches.submit(TINY, "encoder")

    assert fetches.wait(again.id, SECONDS).state == "done"
    assert len(fetches.list()) == 1


def test_what_is_on_its_way_is_not_ordered_twice(fetches: Fetches, hub: Hub) -> None:
    hub.faults.slow = 0.2

    first, second = fetches.submit(TINY, "encoder"), fetches.submit(TINY, "encoder")

    assert first.id == second.id


def test_an_interrupted_fetch_goes_on_in_the_next_process(
    fetches: Fetches, home: Path, hub: Hub
) -> None:
    hub.faults.slow = 0.2
    job = fetches.submit(TINY, "encoder")
    progress_of(fetches, job)
    fetches.stop(job.id)
    fetches.wait(job.id, SECONDS)
    hub.behave()
    later = Jobs(home / "jobs")
    resumed = Fetches(later, home)

    resumed.resume(job.id)

    assert resumed.wait(job.id, SECONDS).state == "done"
    later.close()


def test_what_is_discarded_leaves_nothing(fetches: Fetches, home: Path, hub: Hub) -> None:
    hub.faults.wrong_bytes = True
    job = fetches.wait(fetches.submit(TINY, "encoder").id, SECONDS)
    assert job.state == "failed"

    fetches.discard(job.id)

    assert fetches.list() == ()
    assert [path.name for path in (home / "models" / "hub").iterdir()] == ["tiny--encoder.lock"]


def test_an_id_that_leads_elsewhere_is_not_even_queued(fetches: Fetches, hub: Hub) -> None:
    with pytest.raises(ModelError):
        fetches.submit("../../etc/passwd", "encoder")

    assert fetches.list() == ()
    assert hub.asked == []
