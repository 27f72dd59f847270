"""Jobs: in turn within a queue, cancelled, failed in one line, and known again after a kill."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import CancelledError, CollectionError, StorageError
from retrieval.jobs import Control, Job, Jobs
from retrieval.progress import Progress

SECONDS = 20


class Runner:
    """Runs until it is let go; remembers who ran beside whom."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.started: list[str] = []
        self.together = 0
        self._running: dict[str, int] = {}
        self._lock = threading.Lock()

    def __call__(self, job: Job, control: Control) -> Mapping[str, Any]:
        with self._lock:
            self.started.append(job.title)
            self._running[job.queue] = self._running.get(job.queue, 0) + 1
            self.together = max(self.together, *self._running.values())
        control.tell(Progress(files=1))
        while not self.go.wait(0.01):
            if control.cancelled():
                raise CancelledError("stopped")
        with self._lock:
            self._running[job.queue] -= 1
        return {"said": job.order["say"]}


@pytest.fixture
def runner() -> Runner:
    return Runner()


@pytest.fixture
def make(tmp_path: Path, runner: Runner) -> Iterator[Callable[[], Jobs]]:
    made: list[Jobs] = []

    def new() -> Jobs:
        jobs = Jobs(tmp_path / "home" / "jobs")
        jobs.register("say", runner)
        made.append(jobs)
        return jobs

    yield new
    runner.go.set()
    for jobs in made:
        jobs.close()


@pytest.fixture
def jobs(make: Callable[[], Jobs]) -> Jobs:
    return make()


def submit(jobs: Jobs, title: str = "a", queue: str = "c") -> Job:
    return jobs.submit("say", title, queue, {"say": title})


def running(jobs: Jobs, job: Job) -> Job:
    for _ in range(SECONDS * 100):
        now = jobs.get(job.id)
        if now.progress or now.is_over:
            return now
        threading.Event().wait(0.01)
    raise TimeoutError


def test_a_job_is_queued_runs_tells_and_is_done(jobs: Jobs, runner: Runner) -> None:
    job = submit(jobs)
    assert running(jobs, job).state == "running"
    assert running(jobs, job).progress == Progress(files=1)
    assert jobs.wait(job.id, timeout=0.01).state == "running"
    runner.go.set()
    done = jobs.wait(job.id, SECONDS)
    assert (done.state, done.result, done.is_over, done.can_resume) == (
        "done",
        {"said": "a"},
        True,
        False,
    )
    assert [one.id for one in jobs.list()] == [job.id]


def test_jobs_of_one_queue_take_turns_and_others_go_beside(jobs: Jobs, runner: Runner) -> None:
    made = [submit(jobs, f"{queue}{number}", queue) for number in range(3) for queue in "xy"]
    runner.go.set()
    assert {jobs.wait(job.id, SECONDS).state for job in made} == {"done"}
    assert runner.together == 1
    assert [title for title in runner.started if title[0] == "x"] == ["x0", "x1", "x2"]
    assert [job.title for job in jobs.list("y")] == ["y2", "y1", "y0"]


def test_a_running_job_and_a_waiting_one_are_cancelled(jobs: Jobs, runner: Runner) -> None:
    first, second = submit(jobs, "first"), submit(jobs, "second")
    running(jobs, first)
    jobs.cancel(second.id)
    assert jobs.get(second.id).state == "cancelled"
    jobs.cancel(first.id)
    assert jobs.wait(first.id, SECONDS).state == "cancelled"
    jobs.cancel(first.id)
    assert runner.started == ["first"]


def test_a_failure_is_one_line_and_the_next_job_runs(
    jobs: Jobs, runner: Runner, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(error: Exception) -> Callable[[Job, Control], Mapping[str, Any]]:
        def run(job: Job, control: Control) -> Mapping[str, Any]:
            raise error

        return run

    jobs.register("known", fail(CollectionError("It is gone.", hint="Make it again.")))
    jobs.register("unknown", fail(ZeroDivisionError("secret detail")))
    runner.go.set()
    known = jobs.submit("known", "k", "c", {})
    unknown = jobs.submit("unknown", "u", "c", {})
    last = submit(jobs)
    assert jobs.wait(known.id, SECONDS).error == {
        "code": "collection",
        "message": "It is gone.",
        "hint": "Make it again.",
    }
    failed = jobs.wait(unknown.id, SECONDS)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error["message"] == "Something went wrong: ZeroDivisionError."
    assert "secret detail" in caplog.text
    assert jobs.wait(last.id, SECONDS).state == "done"


def test_a_job_whose_process_died_is_interrupted_and_can_be_resumed(
    make: Callable[[], Jobs], runner: Runner
) -> None:
    dying = make()
    job = submit(dying)
    running(dying, job)
    other = make()
    assert other.get(job.id).state == "running"
    # The lock goes with the process; nothing else of it is seen from outside.
    dying._journal.release()
    assert other.get(job.id).state == "interrupted"
    assert other.get(job.id).can_resume
    runner.go.set()
    resumed = other.resume(job.id)
    assert resumed.id == job.id
    assert other.wait(job.id, SECONDS).result == {"said": "a"}
    assert other.resume(job.id).state == "done"
    assert len(other.list()) == 1


def test_two_processes_may_write_one_job_at_the_same_moment(
    make: Callable[[], Jobs], runner: Runner
) -> None:
    runner.go.set()
    first, second = make(), make()
    job = first.wait(submit(first).id, SECONDS)

    def write_often(jobs: Jobs) -> None:
        for _ in range(300):
            jobs._journal.write(job)

    with ThreadPoolExecutor(2) as pool:
        for written in [pool.submit(write_often, jobs) for jobs in (first, second)]:
            written.result()
    assert second.get(job.id) == job


def test_what_is_over_can_be_forgotten_and_the_oldest_is(
    jobs: Jobs, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(jobs)
    jobs.forget(job.id)
    assert len(jobs.list()) == 1
    runner.go.set()
    jobs.wait(job.id, SECONDS)
    jobs.forget(job.id)
    assert jobs.list() == ()
    with pytest.raises(KeyError):
        jobs.get(job.id)
    monkeypatch.setattr("retrieval.jobs.KEPT", 2)
    for number in range(4):
        jobs.wait(submit(jobs, str(number)).id, SECONDS)
    assert [one.title for one in jobs.list()] == ["3", "2"]


def test_a_damaged_journal_is_passed_over(jobs: Jobs, runner: Runner, tmp_path: Path) -> None:
    runner.go.set()
    jobs.wait(submit(jobs).id, SECONDS)
    folder = tmp_path / "home" / "jobs"
    (folder / "half.json").write_text('{"id": "x"')
    (folder / "other.json").write_text('{"id": "x"}')
    assert len(jobs.list()) == 1


def test_a_home_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    jobs = Jobs(tmp_path / "file" / "jobs")
    assert jobs.list() == ()
    with pytest.raises(StorageError, match="journal"):
        submit(jobs)
