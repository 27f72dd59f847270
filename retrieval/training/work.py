"""Fine-tuning in the background: begun, watched, stopped, and gone on with after a kill."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retrieval.access import require
from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.errors import StorageError
from retrieval.evaluation.question_sets import QuestionSet
from retrieval.jobs import Control, Job, Jobs
from retrieval.models.cards import DEFAULT_ENCODER
from retrieval.models.learned import LearnedModel, LearnedModels
from retrieval.models.loading import Models
from retrieval.progress import Progress
from retrieval.store import Collection, Store
from retrieval.training.examples import Example, Examples, Passage
from retrieval.training.fine_tuning import FineTuning, Kind
from retrieval.training.given import GivenTriples
from retrieval.training.history import Curve, History
from retrieval.training.judged import Judged, JudgedCollection
from retrieval.training.learning import Lesson, Material, Watch, check_name, learn
from retrieval.training.plan import Plan
from retrieval.training.triples import read_triples

KIND = "learning"
QUEUE = "learning"
SUFFIXES = (".jsonl", ".csv", ".tsv")
_SHARES = {"search": (0.0, 0.05), "prepare": (0.05, 0.1), "learn": (0.1, 0.75)}
_LATER = {"compare": (0.75, 0.93), "knew": (0.93, 1.0)}

Find = Callable[[Collection, str], tuple[QuestionSet, Judged | None]]
"""The judged questions that an id means, and their passages where passages were judged."""


@dataclass(frozen=True, slots=True)
class LearningOrder:
    """What is to be made, and from what.

    Attributes:
        kind: A reranker or an encoder.
        name: What the model is to be called.
        base: Id of the model to start from.
        collection: The judged collection; empty for triples.
        judgments: Which judgments of it: empty for its own, or an id that the finder knows.
        triples: A file that was handed in, by its name in the spool.
        label: What that file was called.
        held_out: Share of the questions held out.
    """

    kind: Kind
    name: str
    base: str
    collection: str = ""
    judgments: str = ""
    triples: str = ""
    label: str = ""
    held_out: float = 0.3

    @property
    def tuning(self) -> FineTuning:
        """The settings of its kind, with this share held out."""
        return FineTuning.read(self.kind).model_copy(update={"held_out": self.held_out})


class Learnings:
    """Takes orders to fine-tune, one at a time: they would only share the same cores.

    Args:
        jobs: Runs and journals them.
        store: Where the collections are.
        models: Where the models come from.
        cache: Where scores are kept.
        home: Where learned models and checkpoints lie.
        find: Finds the judged questions of a collection.
    """

    def __init__(
        self, jobs: Jobs, store: Store, models: Models, cache: Cache, *, home: Path, find: Find
    ) -> None:
        self._jobs, self._store, self._models, self._cache = jobs, store, models, cache
        self._home, self._find = home, find
        self._curves: dict[str, tuple[Curve, Curve]] = {}
        self._read: dict[str, Examples] = {}
        jobs.register(KIND, self._run)

    def hand_in(self, name: str, content: bytes) -> str:
        """Keep a file of triples; its name in the spool, the same for the same content.

        Raises:
            StorageError: If it cannot be kept.
        """
        require("editor", "hand in triples")
        suffix = next((one for one in SUFFIXES if name.lower().endswith(one)), SUFFIXES[0])
        path = self._spool / f"{hashlib.sha256(content).hexdigest()[:24]}{suffix}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.part")
            partial.write_bytes(content)
            partial.replace(path)
        except OSError as error:
            raise StorageError(
                "The triples cannot be kept.", hint="Make room in the home folder."
            ) from error
        return path.name

    def plan(self, order: LearningOrder) -> Plan:
        """How the questions would be parted; nothing is searched or read by a model for it.

        Raises:
            TrainingError: If there is too little to learn from.
            IngestError: If no question has a judgment.
        """
        return Plan.of(self.examples(order), order.tuning)

    def examples(self, order: LearningOrder) -> Examples:
        """The questions with their judgments, without texts where they are a collection's.

        Raises:
            TrainingError: If a file of triples cannot be used.
            IngestError: If no question has a judgment.
        """
        if order.triples:
            if order.triples not in self._read:
                self._read = {order.triples: read_triples(self._path(order), order.label)}
            return self._read[order.triples]
        collection = self._store.open(order.collection)
        asked, _ = self._find(collection, order.judgments)
        found = (
            Example(one, tuple(Passage("", g, d) for d, g in asked.qrels[one.id].items()))
            for one in asked.questions
        )
        name = f"{collection.name}: {asked.name}"
        return Examples(name, tuple(one for one in found if one.answers), "", asked.notes)

    def submit(self, order: LearningOrder) -> Job:
        """Queue an order.

        Raises:
            ModelError: If the name is not allowed, or taken.
            TrainingError: If there is too little to learn from.
            StorageError: If the order cannot be kept.
        """
        require("editor", "train a model")
        name = check_name(order.name, self._home)
        self.plan(order)
        for old in self._jobs.list(QUEUE):
            if old.is_over:
                self._jobs.forget(old.id)
        return self._jobs.submit(KIND, f"Train {name}", QUEUE, asdict(order) | {"name": name})

    def latest(self) -> Job | None:
        """The last order, if there is one."""
        return next(iter(self._jobs.list(QUEUE)), None)

    def curve(self, job_id: str) -> tuple[Curve, Curve]:
        """The losses so far: of what is learned from, and of what says when to end."""
        return self._curves.get(job_id, ((), ()))

    def stop(self, job_id: str) -> None:
        """Ask an order to stop; its last checkpoint stays."""
        require("editor", "stop a training")
        self._jobs.cancel(job_id)

    def go_on(self, job_id: str) -> Job:
        """Take an order up again where it was stopped or killed."""
        require("editor", "train a model")
        return self._jobs.resume(job_id)

    def forget(self, job_id: str) -> None:
        """Take an order that is over out of the list; a model that came of it stays."""
        require("editor", "forget a training")
        self._jobs.forget(job_id)

    def wait(self, job_id: str, seconds: float) -> Job:
        """The order once it is over, or as it stands after so many seconds."""
        return self._jobs.wait(job_id, seconds)

    def models(self) -> tuple[LearnedModel, ...]:
        """What was learned here, the newest first."""
        return LearnedModels(self._home).list()

    def history(self, name: str) -> History:
        """How a model was learned.

        Raises:
            ModelError: If there is none of this name.
        """
        return History.from_dict(LearnedModels(self._home).history(name))

    def delete(self, name: str) -> None:
        """Remove a learned model.

        Raises:
            ModelError: If there is none of this name.
        """
        require("editor", "delete a model")
        LearnedModels(self._home).delete(name)

    def _run(self, job: Job, control: Control) -> Mapping[str, Any]:
        order, start = LearningOrder(**job.order), time.monotonic()

        def tell(what: str, done: int, of: int) -> None:
            low, high = (_SHARES | _LATER)[what]
            fraction = low + (high - low) * done / max(1, of)
            seconds = time.monotonic() - start
            control.tell(Progress(done, of, seconds=seconds, fraction=fraction, current=what))

        def curve(losses: Curve, checks: Curve) -> None:
            self._curves = {job.id: (losses, checks)}

        watch = Watch(tell, curve, control.cancelled)
        lesson = Lesson(order.kind, order.name, order.base, order.tuning)
        history = learn(lesson, self._material(order, watch), self._models, self._home, watch)
        return history.as_dict()

    def _material(self, order: LearningOrder, watch: Watch) -> Material:
        if order.triples:
            near = order.base if order.kind == "encoder" else DEFAULT_ENCODER
            return GivenTriples(self.examples(order), self._models.encoder(near))
        collection = self._store.open(order.collection)
        asked, passages = self._find(collection, order.judgments)
        return JudgedCollection(
            Cascade(self._models, self._cache),
            self._models.encoder(collection.info.encoder),
            collection,
            asked,
            passages=passages,
            tell=watch.step("search"),
        )

    @property
    def _spool(self) -> Path:
        return self._home / "triples"

    def _path(self, order: LearningOrder) -> Path:
        # The name comes from an order; only the name of a file of this folder is meant.
        return self._spool / Path(order.triples).name
