"""Scoring question sets in the background: watched, cancelled, and resumed from cached scores."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.errors import CancelledError
from retrieval.evaluation.question_sets import QuestionSet, own_set
from retrieval.evaluation.recipes import Recipe
from retrieval.evaluation.saved_sets import SavedSets
from retrieval.evaluation.shelf import Shelf
from retrieval.evaluation.systems import Systems
from retrieval.evaluation.workbench import Workbench
from retrieval.jobs import Control, Job, Jobs
from retrieval.models.loading import Models
from retrieval.progress import Progress
from retrieval.store import Collection, Store

KIND = "evaluation"
_SETS_KEPT = 8


class Evaluations:
    """Takes orders to score question sets, one at a time for each collection.

    Args:
        jobs: Runs and journals them.
        store: Where the collections are.
        models: Where the models come from.
        cache: Where scores are kept.
        home: Where saved systems and question sets lie.
    """

    def __init__(self, jobs: Jobs, store: Store, models: Models, cache: Cache, home: Path) -> None:
        self.systems = Systems(home / "systems")
        self.sets = SavedSets(home / "question-sets")
        self._jobs = jobs
        self._store = store
        self._models = models
        self._cache = cache
        self._shelf = Shelf()
        self._checked: OrderedDict[object, QuestionSet] = OrderedDict()
        jobs.register(KIND, self._run)

    def question_set(self, collection: Collection, set_id: str = "") -> QuestionSet:
        """A saved set, or the collection's own, checked against its documents as they are now.

        Raises:
            IngestError: If there is none, or none of its questions has a judgment.
        """
        if set_id:
            return self.sets.get(set_id)
        snapshot = collection.snapshot()
        key = (snapshot.key, collection.counts())
        if key not in self._checked:
            found = own_set(
                collection.questions(), collection.judgments(), set(snapshot.document_ids)
            )
            self._checked[key] = found.sampled()
            while len(self._checked) > _SETS_KEPT:
                self._checked.popitem(last=False)
        return self._checked[key]

    def bench(self, collection: Collection, asked: QuestionSet) -> Workbench:
        """The workbench of a set at the collection's present version."""
        snapshot = collection.snapshot()

        def make() -> Workbench:
            cascade = Cascade(self._models, self._cache)
            return Workbench(cascade, self._models, self._cache, snapshot, asked)

        return self._shelf.get((snapshot.key, asked.key), make)

    def submit(
        self, collection: Collection, set_id: str, recipes: Sequence[Recipe], depth: int | None
    ) -> Job:
        """Queue the gathering of lists and, unless ``depth`` is None, the scoring of pairs.

        Args:
            collection: What is searched.
            set_id: A saved set; empty for the collection's own.
            recipes: The systems.
            depth: Score at least so many candidates of each question; 0 for what is needed.

        Raises:
            StorageError: If the order cannot be kept.
        """
        queue = _queue(collection)
        for old in self._jobs.list(queue):
            # Whatever one of these left undone, this one does.
            if old.is_over:
                self._jobs.forget(old.id)
        order = {
            "collection": collection.name,
            "set": set_id,
            "recipes": [recipe.as_dict() for recipe in recipes],
            "depth": depth,
        }
        return self._jobs.submit(KIND, f"Evaluate {collection.name}", queue, order)

    def latest(self, collection: Collection) -> Job | None:
        """The last order for a collection, if there is one."""
        return next(iter(self._jobs.list(_queue(collection))), None)

    def stop(self, job_id: str) -> None:
        """Ask an order to stop; what is scored stays."""
        self._jobs.cancel(job_id)

    def wait(self, job_id: str, seconds: float) -> Job:
        """The order once it is over, or as it stands after so many seconds."""
        return self._jobs.wait(job_id, seconds)

    def _run(self, job: Job, control: Control) -> Mapping[str, Any]:
        order = job.order
        collection = self._store.open(order["collection"])
        bench = self.bench(collection, self.question_set(collection, order["set"]))
        recipes = [Recipe.from_dict(one) for one in order["recipes"]]
        total = len(bench.asked.questions)
        start = time.monotonic()

        def tell(done: int, of: int) -> None:
            seconds = time.monotonic() - start
            control.tell(Progress(done, of, seconds=seconds, fraction=done / of, current="search"))

        bench.gather(recipes, tell, control.cancelled)
        pairs = 0
        if order["depth"] is not None:
            for step in bench.score(recipes, order["depth"]):
                pairs = step.pairs
                if control.cancelled():
                    raise CancelledError("Stopped; what is scored stays.")
                control.tell(
                    Progress(
                        step.questions,
                        step.total_questions,
                        documents=step.total_pairs,
                        chunks=step.pairs,
                        seconds=step.seconds,
                        fraction=step.fraction,
                        current="pairs",
                    )
                )
        return {"questions": total, "pairs": pairs, "seconds": time.monotonic() - start}


def _queue(collection: Collection) -> str:
    return f"evaluate {collection.name}"
