"""Fine-tuning whole: split, learn, compare, register. No model is ever replaced by it.

What stands half-way lies in a folder of its own under the home, named by the data, the base and the
settings, so that the same order goes on where a kill left it and no other order meets its files.
"""

from __future__ import annotations

import hashlib
import json
import platform
import random
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from retrieval.errors import CancelledError, StorageError, TrainingError
from retrieval.models.cards import Card, cards, find_card
from retrieval.models.folder import ModelFolder
from retrieval.models.learned import LearnedModel, LearnedModels
from retrieval.models.loading import Models
from retrieval.training.bi_encoder import VectorLearner
from retrieval.training.cross_encoder import PairLearner
from retrieval.training.examples import QUESTIONS, Example, Examples
from retrieval.training.fine_tuning import REPLAY, FineTuning, Kind
from retrieval.training.groups import Group
from retrieval.training.history import Curve, History, thinned
from retrieval.training.loop import Step, Training
from retrieval.training.mining import Teacher
from retrieval.training.plan import Plan
from retrieval.training.replay import knowledge_exam, replay_groups
from retrieval.training.trial import Outcome, Tell, Trial, compared, encoded, reranked

FOLDER = "learning"
PACKAGES = ("torch", "transformers", "tokenizers", "numpy")
_LONGEST_USE = 240


class Material(Protocol):
    """What a model is learned from: a judged collection, or a file of triples."""

    @property
    def examples(self) -> Examples:
        """The questions with their judged passages."""

    def wrong(
        self, example: Example, barred: frozenset[str], count: int, rng: random.Random
    ) -> list[str]:
        """Passages beside the judged ones that are taken for wrong."""

    def trial(self, held_out: Sequence[Example]) -> Trial:
        """What both models are asked about the held-out questions."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is to be made.

    Attributes:
        kind: A reranker or an encoder.
        name: What the model is to be called.
        base: Id of the model to start from, or its folder.
        tuning: How.
    """

    kind: Kind
    name: str
    base: str
    tuning: FineTuning


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far it is, and asked whether to stop.

    Attributes:
        tell: Told what is being done, how much of it is done, and of how much.
        curve: Told the losses so far: of what is learned from, and of what says when to end.
        stopped: Whether to stop.
    """

    tell: Callable[[str, int, int], None] = lambda _what, _done, _of: None
    curve: Callable[[Curve, Curve], None] = lambda _losses, _checks: None
    stopped: Callable[[], bool] = lambda: False

    def step(self, what: str) -> Tell:
        """Tells of one part of the work, and stops it when asked to."""

        def tell(done: int, of: int) -> None:
            if self.stopped():
                raise CancelledError("Stopped; the last checkpoint is kept.")
            self.tell(what, done, of)

        return tell


def check_name(name: str, home: Path) -> str:
    """The name, if a new model may have it.

    Raises:
        ModelError: If it is not allowed, or another model answers to it.
    """
    taken = {card.id.lower() for card in cards()}
    return LearnedModels(home).check_name(name, lambda one: one.lower() in taken)


def learn(
    lesson: Lesson, material: Material, models: Models, home: Path, watch: Watch | None = None
) -> History:
    """Fine-tune a model, compare it with its base on held-out questions, and register it.

    Stopped or killed, the same call goes on from the last checkpoint.

    Args:
        lesson: What is to be made.
        material: What it is learned from.
        models: Tells backend and threads; the compared models are loaded anew and let go after.
        home: The home folder.
        watch: Who is told and asked.

    Raises:
        TrainingError: If there is too little, or another process works on the very same.
        ModelError: If the base cannot be trained, or the name is not allowed.
        CancelledError: If it was stopped.
        StorageError: If the home cannot be written; the last checkpoint stays.
    """
    watch = watch or Watch()
    lesson = replace(lesson, name=check_name(lesson.name, home))
    plan = Plan.of(material.examples, lesson.tuning)
    card = find_card(lesson.base, lesson.kind)
    base = card.open()
    folder = home / FOLDER / _key(lesson, base, material.examples)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock"), timeout=0):
            history = _Course(lesson, material, plan, base, folder, watch).held(models, home)
            if history.is_kept:
                model = _record(history, card, folder / "model")
                LearnedModels(home).add(model, folder / "model", history.as_dict())
    except Timeout as error:
        raise TrainingError(
            "The same training is under way in another process.", hint="Wait until it is over."
        ) from error
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written: {error.strerror or error}.",
            hint="Make room in the home folder; the last checkpoint is still good.",
        ) from error
    shutil.rmtree(folder, ignore_errors=True)
    return history


@dataclass(frozen=True, slots=True)
class _Course:
    """One fine-tuning, from its groups to its history."""

    lesson: Lesson
    material: Material
    plan: Plan
    base: ModelFolder
    folder: Path
    watch: Watch

    def held(self, models: Models, home: Path) -> History:
        """Learn, and compare where something was gained."""
        described = models.describe()
        fresh = Models(home, backend=described.asked, threads=described.threads)
        training = self._training(fresh)
        start = time.monotonic()
        training.resume()
        training.run(lambda step: self._tell(training, step), self.watch.stopped)
        seconds = time.monotonic() - start
        held_out = knew = None
        if training.best:
            training.write_model(self.folder / "model")
            trial = self.material.trial(self.plan.held_out)
            held_out = self._compared(trial, fresh, "compare")
            knew = self._compared(knowledge_exam(self.lesson.tuning.seed), fresh, "knew")
        return self._history(training, seconds, held_out, knew)

    def _training(self, models: Models) -> Training:
        tuning, kind = self.lesson.tuning, self.lesson.kind
        self.watch.step("prepare")(0, 1)
        learned, unseen = self.plan.groups(tuning, self.material.wrong)
        teacher = Teacher(models.encoder(self.lesson.base), None) if kind == "encoder" else None
        own = [passage for group in learned for _, passage in group.pairs]
        replay = replay_groups(teacher, own, tuning.seed)
        recipe = tuning.recipe(len(learned), sum(map(len, learned)) // len(learned))
        sources = {QUESTIONS: learned, REPLAY: replay}
        learner: PairLearner | VectorLearner = (
            PairLearner(self.base, recipe)
            if kind == "reranker"
            else VectorLearner(self.base, recipe, (*learned, *unseen))
        )
        return Training(
            recipe,
            sources,
            self.base,
            self.folder,
            self.plan.examples.fingerprint,
            learner=learner,
            unseen=_cut(unseen, tuning),
        )

    def _tell(self, training: Training, step: Step) -> None:
        self.watch.curve(tuple(thinned(training.losses)), training.checks)
        self.watch.tell("learn", step.pairs, step.all_pairs)

    def _compared(self, trial: Trial, models: Models, what: str) -> Outcome:
        runs = []
        for part, model in enumerate((self.lesson.base, str(self.folder / "model"))):
            tell = self.watch.step(what)

            def halves(done: int, of: int, part: int = part, tell: Tell = tell) -> None:
                tell(part * of + done, 2 * of)

            if self.lesson.kind == "reranker":
                runs.append(reranked(models.reranker(model), trial, halves))
            else:
                runs.append(encoded(models.encoder(model), trial, halves))
        return compared(trial, runs[0], runs[1])

    def _history(
        self, training: Training, seconds: float, held_out: Outcome | None, knew: Outcome | None
    ) -> History:
        lesson, examples = self.lesson, self.plan.examples
        return History(
            name=lesson.name,
            kind=lesson.kind,
            base=lesson.base,
            base_weights=self.base.weights_hash,
            data=examples.name,
            fingerprint=examples.fingerprint,
            questions=len(examples.examples),
            judgments=examples.judgments,
            split=self.plan.described,
            held_out_ids=tuple(one.question.id for one in self.plan.held_out),
            tuning=lesson.tuning.model_dump(mode="json"),
            pairs=training.losses[-1][0],
            all_pairs=training.pairs,
            best=training.best,
            losses=tuple(thinned(training.losses)),
            checks=training.checks,
            seconds=seconds,
            held_out=held_out,
            knew=knew,
            notes=examples.notes,
            versions={"python": platform.python_version()}
            | {name: version(name) for name in PACKAGES},
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def _cut(groups: Sequence[Group], tuning: FineTuning) -> list[Group]:
    """Groups of which right and wrong pairs are kept up to a size, so that a check stays short."""
    cut = []
    for group in groups:
        places = [
            place
            for label in sorted(set(group.relevant), reverse=True)
            for place in [at for at, one in enumerate(group.relevant) if one == label][
                : tuning.group_pairs
            ]
        ]
        pairs = tuple(group.pairs[place] for place in places)
        relevant = tuple(group.relevant[place] for place in places)
        cut.append(replace(group, pairs=pairs, relevant=relevant))
    return cut


def _record(history: History, card: Card, folder: Path) -> LearnedModel:
    made, held = ModelFolder.open(folder), history.held_out
    gained = "" if held is None else held.short
    use = f"Learned from {history.questions} questions of {history.data}: {gained}."
    return LearnedModel(
        name=history.name,
        kind=history.kind,
        base=history.base,
        use=" ".join(use.split())[:_LONGEST_USE],
        licence=card.licence,
        weights=made.weights_hash,
        data=history.fingerprint,
        dimension=card.dimension,
        max_tokens=card.max_tokens,
        created=history.created,
    )


def _key(lesson: Lesson, base: ModelFolder, examples: Examples) -> str:
    """Names the work: equal keys, equal trainings, whatever the model is to be called."""
    content = [lesson.kind, base.weights_hash, examples.fingerprint, lesson.tuning.model_dump()]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
