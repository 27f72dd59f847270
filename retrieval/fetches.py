"""Fetching models in the background: watched, stopped, and resumed where it broke off."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from retrieval.access import require
from retrieval.jobs import Control, Job, Jobs
from retrieval.models.cards import find_card
from retrieval.models.folder import Kind
from retrieval.models.hub.fetching import Line, fetch, remove
from retrieval.models.hub.places import check_id

KIND = "fetch"
_ACT = "fetch or remove models"
_QUEUE = "models"
"""One line for all: two downloads would share one connection, and other work needs its place."""


class Fetches:
    """Takes orders to fetch models, one after the other.

    Args:
        jobs: Runs and journals them.
        home: The home folder.
    """

    def __init__(self, jobs: Jobs, home: Path) -> None:
        self._jobs = jobs
        self._home = home
        jobs.register(KIND, self._run)

    def submit(self, model_id: str, kind: Kind) -> Job:
        """Queue a model; one that is on its way already, or was left unfinished, goes on.

        Raises:
            ModelError: If this can be no model's id.
            StorageError: If the order cannot be kept.
        """
        require("editor", _ACT)
        card = find_card(model_id, kind)
        wanted = check_id(card.repository or model_id)
        for job in self.list():
            if job.order["model"] == wanted:
                if not job.is_over:
                    return job
                self._jobs.forget(job.id)
        order = {"model": wanted, "kind": kind}
        return self._jobs.submit(KIND, f"Fetch {wanted}", _QUEUE, order)

    def list(self) -> tuple[Job, ...]:
        """All orders that are known, the newest first."""
        return tuple(job for job in self._jobs.list(_QUEUE) if job.kind == KIND)

    def stop(self, job_id: str) -> None:
        """Ask an order to stop; what has arrived is kept."""
        require("editor", _ACT)
        self._jobs.cancel(job_id)

    def resume(self, job_id: str) -> None:
        """Go on with an order that is over and not done."""
        require("editor", _ACT)
        self._jobs.resume(job_id)

    def wait(self, job_id: str, seconds: float) -> Job:
        """The order once it is over, or as it stands after so many seconds."""
        return self._jobs.wait(job_id, seconds)

    def forget(self, job_id: str) -> None:
        """Take an order that is over out of the list; what has arrived of it stays on disk."""
        require("editor", _ACT)
        self._jobs.forget(job_id)

    def discard(self, job_id: str) -> None:
        """Take an order that is over out of the list, and throw away what has arrived of it."""
        require("editor", _ACT)
        job = self._jobs.get(job_id)
        if job.is_over:
            remove(job.order["model"], self._home)
            self._jobs.forget(job_id)

    def remove(self, model_id: str) -> None:
        """Delete a fetched model.

        Raises:
            ModelError: If this can be no model's id.
        """
        require("editor", _ACT)
        remove(model_id, self._home)

    def _run(self, job: Job, control: Control) -> Mapping[str, Any]:
        order = job.order
        folder = fetch(
            order["model"], order["kind"], self._home, Line(control.tell, control.cancelled)
        )
        return {"model": order["model"], "path": str(folder)}
