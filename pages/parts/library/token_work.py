"""Storing token vectors in the background, so that late interaction can rank a whole collection."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from retrieval.progress import Progress

if TYPE_CHECKING:
    from pages.parts.resources import Engine
    from retrieval.jobs import Control, Job, Jobs

KIND = "tokens"


class TokenWork:
    """Takes orders to store token vectors, one at a time for each collection.

    Args:
        jobs: Runs and journals them.
        made: Knows the collections and the models.
    """

    def __init__(self, jobs: Jobs, made: Engine) -> None:
        self._jobs = jobs
        self._made = made
        jobs.register(KIND, self._run)

    def submit(self, collection: str) -> Job:
        """Queue the storing of what is missing.

        Raises:
            StorageError: If the order cannot be kept.
        """
        title = f"Store the token vectors of {collection}"
        return self._jobs.submit(KIND, title, collection, {"collection": collection})

    def latest(self, collection: str) -> Job | None:
        """The last order for a collection, if there is one."""
        found = (job for job in self._jobs.list(collection) if job.kind == KIND)
        return next(found, None)

    def _run(self, job: Job, control: Control) -> Mapping[str, Any]:
        started = time.perf_counter()

        def tell(done: int, total: int) -> None:
            seconds = time.perf_counter() - started
            control.tell(Progress(chunks=done, seconds=seconds, fraction=done / max(1, total)))

        snapshot = self._made.store.open(job.order["collection"]).snapshot()
        info = snapshot.store_tokens(self._made.models.late(), tell, control.cancelled)
        return {"chunks": info.chunks, "bytes": info.bytes}
