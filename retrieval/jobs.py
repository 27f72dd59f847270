"""Long work in the background: queued, watched, cancelled, and known again after a kill.

A job is an order, plain values that say what to do, and a runner that knows how. Jobs of one queue
run one after the other, so that a collection has one writer. Each job is journaled as a file under
the home; one whose process has died is found there as ``interrupted``, and its order can be run
again. Everything lives in the process and not in a page, so it goes on while pages come and go.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore, Condition, Event, Thread
from typing import Any, Literal

from filelock import FileLock, Timeout

from retrieval.errors import CancelledError, SecondLookError, StorageError
from retrieval.progress import Progress

State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]

AT_ONCE = 2
"""Jobs of different queues that run at the same time; more would only share the same cores."""
KEPT = 100
"""Jobs that are over and still listed; the oldest are forgotten."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work, as it stands now.

    Attributes:
        id: Random hex.
        kind: Which runner does it.
        title: What a person reads.
        queue: Jobs of one queue take turns; for an ingestion, the collection.
        order: What is to be done, as plain values.
        created: When, in ISO form, UTC.
        state: Where it stands; ``interrupted`` if its process died.
        progress: How far it is, while it runs.
        result: What came of it, as plain values.
        error: What went wrong: ``code``, ``message`` and ``hint``.
        owner: The process that runs it.
    """

    id: str
    kind: str
    title: str
    queue: str
    order: Mapping[str, Any]
    created: str
    state: State = "queued"
    progress: Progress | None = None
    result: Mapping[str, Any] | None = None
    error: Mapping[str, str] | None = None
    owner: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it unless somebody asks."""
        return self.state not in {"queued", "running"}

    @property
    def can_resume(self) -> bool:
        """Whether running its order again would do what is missing."""
        return self.state in {"failed", "cancelled", "interrupted"}


@dataclass(frozen=True, slots=True)
class Control:
    """What a runner is given besides its order: how to tell progress, and whether to stop."""

    tell: Callable[[Progress], None]
    cancelled: Callable[[], bool]


Runner = Callable[[Job, Control], Mapping[str, Any]]
"""Does a job and returns its result; raises ``CancelledError`` if it stopped because asked to."""


@dataclass(slots=True)
class _Live:
    """A job of this process that is not over."""

    job: Job
    cancel: Event = field(default_factory=Event)


class Jobs:
    """The jobs of this process, and those that others left in the journal.

    Safe to use from any thread.

    Args:
        folder: Where the journal lies; made when the first job is.
    """

    def __init__(self, folder: Path) -> None:
        self._journal = _Journal(folder)
        self._runners: dict[str, Runner] = {}
        self._live: dict[str, _Live] = {}
        self._waiting: dict[str, deque[str]] = {}
        self._changed = Condition()
        self._slots = BoundedSemaphore(AT_ONCE)

    def register(self, kind: str, runner: Runner) -> None:
        """Say who does jobs of a kind."""
        self._runners[kind] = runner

    def submit(
        self, kind: str, title: str, queue: str, order: Mapping[str, Any], job_id: str = ""
    ) -> Job:
        """Queue a job and return it at once.

        Raises:
            StorageError: If it cannot be journaled.
        """
        job = Job(job_id or new_id(), kind, title, queue, order, datetime.now(UTC).isoformat())
        return self._enqueue(job)

    def resume(self, job_id: str) -> Job:
        """Queue a job's order again; one that is on its way stays as it is.

        Raises:
            KeyError: If there is no such job.
        """
        job = self.get(job_id)
        if not job.can_resume:
            return job
        return self._enqueue(replace(job, state="queued", progress=None, result=None, error=None))

    def get(self, job_id: str) -> Job:
        """A job as it stands now.

        Raises:
            KeyError: If there is none.
        """
        with self._changed:
            if live := self._live.get(job_id):
                return live.job
        for job in self._journal.jobs():
            if job.id == job_id:
                return job
        raise KeyError(job_id)

    def list(self, queue: str | None = None) -> tuple[Job, ...]:
        """All jobs, the newest first; those of one queue if it is given."""
        found = {job.id: job for job in self._journal.jobs()}
        with self._changed:
            found.update((job_id, live.job) for job_id, live in self._live.items())
        chosen = [job for job in found.values() if queue in (None, job.queue)]
        return tuple(sorted(chosen, key=lambda job: (job.created, job.id), reverse=True))

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; one that waits never starts, one that is over stays as it is."""
        with self._changed:
            live = self._live.get(job_id)
            if live is None:
                return
            live.cancel.set()
            if live.job.state == "queued":
                self._waiting[live.job.queue].remove(job_id)
                self._finish(live, state="cancelled")

    def forget(self, job_id: str) -> None:
        """Take a job that is over out of the list."""
        with self._changed:
            if job_id not in self._live:
                self._journal.remove(job_id)

    def wait(self, job_id: str, timeout: float | None = None) -> Job:
        """The job once it is over, or as it stands after ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: job_id not in self._live, timeout)
        return self.get(job_id)

    def close(self) -> None:
        """Ask all jobs to stop, wait for them, and let go of the journal."""
        for job in self.list():
            self.cancel(job.id)
        with self._changed:
            self._changed.wait_for(lambda: not self._live)
        self._journal.release()

    def _enqueue(self, job: Job) -> Job:
        job = replace(job, owner=self._journal.claim())
        with self._changed:
            self._journal.write(job)
            self._live[job.id] = _Live(job)
            is_idle = job.queue not in self._waiting
            self._waiting.setdefault(job.queue, deque()).append(job.id)
            if is_idle:
                Thread(target=self._serve, args=(job.queue,), daemon=True).start()
        return job

    def _serve(self, queue: str) -> None:
        """Do the jobs of a queue, one after the other, until there is none."""
        while True:
            with self._slots:
                with self._changed:
                    if not self._waiting[queue]:
                        del self._waiting[queue]
                        return
                    live = self._live[self._waiting[queue].popleft()]
                    self._set(live, state="running")
                outcome = self._outcome(live)
                with self._changed:
                    self._finish(live, **outcome)

    def _outcome(self, live: _Live) -> dict[str, Any]:
        try:
            runner = self._runners[live.job.kind]
            result = runner(live.job, Control(lambda p: self._tell(live, p), live.cancel.is_set))
        except CancelledError:
            return {"state": "cancelled"}
        except SecondLookError as error:
            return {"state": "failed", "error": error.as_dict()}
        # A thread has nobody above it who could hear of a mistake.
        except Exception as error:  # noqa: BLE001 - logged with its traceback
            _log.exception("job %s failed", live.job.id)
            failure = SecondLookError(f"Something went wrong: {type(error).__name__}.")
            return {"state": "failed", "error": failure.as_dict()}
        return {"state": "cancelled" if result.get("cancelled") else "done", "result": result}

    def _tell(self, live: _Live, progress: Progress) -> None:
        with self._changed:
            live.job = replace(live.job, progress=progress)

    def _set(self, live: _Live, **changes: Any) -> None:
        live.job = replace(live.job, **changes)
        try:
            self._journal.write(live.job)
        except StorageError:
            # The work itself says what is wrong with the disk.
            _log.warning("the journal of jobs cannot be written")
        self._changed.notify_all()

    def _finish(self, live: _Live, **changes: Any) -> None:
        self._set(live, **changes)
        del self._live[live.job.id]
        self._journal.prune(KEPT)


def new_id() -> str:
    """An id for a job that has yet to be submitted."""
    return secrets.token_hex(8)


class _Journal:
    """One file a job; a lock says of each owner whether its process still lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owner = secrets.token_hex(8)
        self._lock: FileLock | None = None

    def claim(self) -> str:
        """This owner, whose lock is held from now on until the process ends, however it ends."""
        if self._lock is None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                lock = FileLock(self._lock_path(self._owner))
                lock.acquire(timeout=0)
            except (OSError, Timeout) as error:
                raise _unwritable() from error
            self._lock = lock
        return self._owner

    def release(self) -> None:
        """Let go of the lock."""
        if self._lock:
            self._lock.release()
            self._lock = None

    def write(self, job: Job) -> None:
        """Keep a job as it stands; its progress changes too often to be kept."""
        values = {**asdict(job), "progress": None}
        part = self._folder / f"{job.id}.{self._owner}.part"
        try:
            part.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
            part.replace(self._folder / f"{job.id}.json")
        except OSError as error:
            raise _unwritable() from error

    def remove(self, job_id: str) -> None:
        """Forget a job."""
        (self._folder / f"{job_id}.json").unlink(missing_ok=True)

    def jobs(self) -> list[Job]:
        """All jobs that were kept, those of dead processes as interrupted."""
        found = []
        alive: dict[str, bool] = {}
        for path in sorted(self._folder.glob("*.json")):
            job = _read(path)
            if job is None:
                continue
            if not job.is_over:
                if job.owner not in alive:
                    alive[job.owner] = self._is_alive(job.owner)
                job = job if alive[job.owner] else replace(job, state="interrupted")
            found.append(job)
        return found

    def prune(self, keep: int) -> None:
        """Forget all but the newest jobs that are over."""
        over = sorted((job for job in self.jobs() if job.is_over), key=lambda job: job.created)
        for job in over[: max(0, len(over) - keep)]:
            self.remove(job.id)

    def _is_alive(self, owner: str) -> bool:
        if owner == self._owner:
            return self._lock is not None
        path = self._lock_path(owner)
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0):
                return False
        except (OSError, Timeout):
            return True

    def _lock_path(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"


def _read(path: Path) -> Job | None:
    """A job of the journal; what cannot be read was never finished, and is passed over."""
    try:
        return Job(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _unwritable() -> StorageError:
    return StorageError(
        "The journal of jobs cannot be written.",
        hint="Make room in the home folder, or set SECOND_LOOK_HOME to one that you may write.",
    )
