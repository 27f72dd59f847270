"""Making reviews in the background: every system runs on every question."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from retrieval.access import Person, require
from retrieval.cascade import Cascade
from retrieval.errors import CancelledError
from retrieval.evaluation.systems import Systems
from retrieval.jobs import Control, Job, Jobs
from retrieval.progress import Progress
from retrieval.review.draft import checked
from retrieval.review.pooling import Pooler, check_systems
from retrieval.review.registry import draft_of, system_as_dict, system_of
from retrieval.review.store import ReviewStore
from retrieval.review.types import Draft, PooledSystem
from retrieval.store import Collection, Store

KIND = "making of a review"
QUEUE = "reviews"
"""One line for all: two would only share the same cores."""
_ACT = "make a review"


class Makings:
    """Takes orders to make reviews, one after the other.

    What a reranker has scored stays in its cache, so an order that is taken up again does not read
    the same pairs twice.

    Args:
        jobs: Runs and journals them.
        store: Where the collections are.
        reviews: Where the reviews are.
        cascade: What searches.
        systems: The saved systems, whose runs may be pooled.
    """

    def __init__(
        self,
        jobs: Jobs,
        store: Store,
        reviews: ReviewStore,
        cascade: Cascade,
        systems: Systems,
    ) -> None:
        self._jobs, self._store, self._reviews = jobs, store, reviews
        self._cascade, self._systems = cascade, systems
        jobs.register(KIND, self._run)

    def submit(
        self,
        person: Person,
        collection: Collection,
        draft: Draft,
        systems: Sequence[PooledSystem],
    ) -> Job:
        """Queue the making of a review.

        Args:
            person: Who makes it; an editor at least.
            collection: What is searched.
            draft: What they chose.
            systems: What to run; one without a recipe is a saved run of this name.

        Raises:
            RoleError: If they may not.
            ReviewError: If the draft is not allowed, its name is taken, or there are too few
                systems.
            StorageError: If the order cannot be kept.
        """
        require("editor", _ACT, person)
        draft = checked(draft)
        check_systems(systems, draft)
        self._reviews.check_name(draft.name)
        order = {
            "person": asdict(person),
            "collection": collection.name,
            "draft": asdict(draft),
            "systems": [system_as_dict(one) for one in systems],
        }
        return self._jobs.submit(KIND, f"Make the review {draft.name}", QUEUE, order)

    def list(self) -> tuple[Job, ...]:
        """All orders that are known, the newest first."""
        return self._jobs.list(QUEUE)

    def stop(self, job_id: str) -> None:
        """Ask an order to stop; no review comes of it."""
        require("editor", _ACT)
        self._jobs.cancel(job_id)

    def go_on(self, job_id: str) -> Job:
        """Take an order up again that was stopped, killed or failed."""
        require("editor", _ACT)
        return self._jobs.resume(job_id)

    def forget(self, job_id: str) -> None:
        """Take an order that is over out of the list; a review that came of it stays."""
        require("editor", _ACT)
        self._jobs.forget(job_id)

    def wait(self, job_id: str, seconds: float) -> Job:
        """The order once it is over, or as it stands after so many seconds."""
        return self._jobs.wait(job_id, seconds)

    def _run(self, job: Job, control: Control) -> Mapping[str, Any]:
        order, start = job.order, time.monotonic()
        collection, draft = self._store.open(order["collection"]), draft_of(order["draft"])
        systems = [system_of(one) for one in order["systems"]]
        handed_in = {
            one.name: self._systems.run(self._systems.find(collection.info.id, one.name))
            for one in systems
            if one.recipe is None
        }

        def tell(done: int, of: int) -> None:
            seconds = time.monotonic() - start
            control.tell(Progress(done, of, seconds=seconds, fraction=done / of))

        snapshot = collection.snapshot()
        pool = Pooler(self._cascade, collection, snapshot).gather(
            draft, systems, handed_in=handed_in, tell=tell, cancelled=control.cancelled
        )
        if control.cancelled():
            raise CancelledError("Stopped; the review was not made.")
        person = Person(**order["person"])
        review = self._reviews.create(person, draft, snapshot, systems, pool)
        return {"review": review.id}
