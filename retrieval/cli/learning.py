"""What ``train`` does with judgments and triples: fine-tune, compare, register."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from retrieval.access import LOCAL
from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.cli.judged import JudgedFiles
from retrieval.cli.options import FILE, Command, print_json
from retrieval.ingest.samples import open_collection
from retrieval.models.cards import DEFAULT_ENCODER
from retrieval.models.loading import Models
from retrieval.settings import settings
from retrieval.store import Collection, Store

if TYPE_CHECKING:
    from retrieval.evaluation.question_sets import QuestionSet
    from retrieval.training.fine_tuning import FineTuning, Kind
    from retrieval.training.history import History
    from retrieval.training.judged import Judged
    from retrieval.training.learning import Material

_EVERY_SECONDS = 10.0
_DOING = {
    "search": "searching for the questions",
    "prepare": "preparing",
    "learn": "learning, pairs",
    "compare": "comparing on held-out questions",
    "knew": "comparing on what it knew",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What ``train`` was asked to learn from, and how.

    Attributes:
        kind: What is to be made.
        collection: A judged collection; or None.
        triples: A file of triples; or None.
        files: Questions and qrels beside the collection's own.
        name: What the model is to be called.
        base: The model to start from.
        config: A file of settings.
        held_out: Share of the questions held out; None takes the settings'.
        seed: Of every choice; None takes the settings'.
    """

    kind: Kind
    collection: str | None
    triples: Path | None
    files: JudgedFiles
    name: str | None
    base: str
    config: Path | None
    held_out: float | None
    seed: int | None

    def check(self) -> str:
        """The name of the model, where what was asked for fits together.

        Raises:
            UsageError: If it does not.
        """
        if (self.collection is None) == (self.triples is None):
            raise click.UsageError("Give either --from-judgments or --triples.")
        if not self.name:
            raise click.UsageError("Give the model a --name.")
        return self.name


def learning_options(command: Command) -> Command:
    """Give a command the options that say what is learned from."""
    options = (
        click.option(
            "--from-judgments",
            "collection",
            metavar="COLLECTION",
            help="Fine-tune on the judged questions of a collection.",
        ),
        click.option("--triples", type=FILE, help="Fine-tune on a file of query, pos and neg."),
        click.option(
            "--queries", type=click.Path(exists=True, path_type=Path), help="As for evaluate."
        ),
        click.option("--qrels", type=FILE, help="As for evaluate."),
        click.option("--review", metavar="NAME", help="Learn from the judgments of a review."),
        click.option("--name", help="What the new model is called."),
        click.option(
            "--held-out",
            type=click.FloatRange(0, 1, min_open=True, max_open=True),
            help="Share of the questions that is set aside first.",
        ),
        click.option("--seed", type=int, help="Fixes the split and every other choice."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def fine_tune(asked: Asked, *, as_json: bool) -> None:
    """Learn, and print what it brought."""
    from retrieval.training.learning import Lesson, Watch, check_name, learn  # noqa: PLC0415

    home = settings().home
    name = check_name(asked.check(), home)
    tuning = _tuning(asked)
    models = Models(home)
    watch = Watch(tell=_progress())
    material = _material(asked, models, home, watch.step("search"))
    for note in material.examples.notes:
        click.echo(note, err=True)
    history = learn(Lesson(asked.kind, name, asked.base, tuning), material, models, home, watch)
    if as_json:
        print_json(history.as_dict())
    else:
        _print(history)


def _tuning(asked: Asked) -> FineTuning:
    from retrieval.training.fine_tuning import FineTuning  # noqa: PLC0415

    tuning = FineTuning.read(asked.kind, asked.config)
    changes: dict[str, Any] = {"held_out": asked.held_out, "seed": asked.seed}
    return tuning.model_copy(update={k: v for k, v in changes.items() if v is not None})


def _material(
    asked: Asked, models: Models, home: Path, tell: Callable[[int, int], None]
) -> Material:
    from retrieval.training.given import GivenTriples  # noqa: PLC0415
    from retrieval.training.judged import JudgedCollection  # noqa: PLC0415
    from retrieval.training.triples import read_triples  # noqa: PLC0415

    if asked.triples is not None:
        near = asked.base if asked.kind == "encoder" else DEFAULT_ENCODER
        return GivenTriples(read_triples(asked.triples), models.encoder(near))
    target = open_collection(Store(home), models, str(asked.collection))
    questions, passages = _judged(asked, target)
    encoder = models.encoder(target.info.encoder)
    cascade = Cascade(models, Cache(home))
    return JudgedCollection(cascade, encoder, target, questions, passages=passages, tell=tell)


def _judged(asked: Asked, target: Collection) -> tuple[QuestionSet, Judged | None]:
    """The judged questions; of a review the very passages that people judged, too."""
    from retrieval.review.lessons import lessons_of  # noqa: PLC0415
    from retrieval.review.store import ReviewStore  # noqa: PLC0415

    if asked.files.review is None:
        return asked.files.read(target).sampled(), None
    if asked.files.queries is not None or asked.files.qrels is not None:
        raise click.UsageError("A review brings its own questions and judgments.")
    reviews = ReviewStore(settings().places)
    lead = reviews.lead(LOCAL, reviews.find(LOCAL, asked.files.review).id)
    return lessons_of(lead, set(target.snapshot().document_ids))


def _progress() -> Callable[[str, int, int], None]:
    """Prints a line when something else is being done, and from time to time."""
    last, shown = -math.inf, ""

    def show(what: str, done: int, of: int) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if what == shown and now - last < _EVERY_SECONDS:
            return
        last, shown = now, what
        click.echo(f"{_DOING.get(what, what)}: {done:,} of {of:,}", err=True)

    return show


def _print(history: History) -> None:
    click.echo(history.split)
    early = "" if history.pairs >= history.all_pairs else f" of {history.all_pairs:,}"
    click.echo(
        f"{history.pairs:,}{early} pairs in {history.seconds:.0f} s; best after {history.best:,}."
    )
    for what, outcome in (("held out", history.held_out), ("what it knew", history.knew)):
        if outcome is None:
            continue
        for measure, before in outcome.before.items():
            after = outcome.after[measure]
            click.echo(
                f"{what:<13}{measure:<10} before {before.mean:.3f} [{before.low:.3f}, "
                f"{before.high:.3f}]  after {after.mean:.3f} [{after.low:.3f}, {after.high:.3f}]"
            )
        for note in outcome.notes:
            click.echo(note, err=True)
        click.echo(f"{what}: {outcome.verdict}")
    if history.is_kept:
        click.echo(f"The model is registered as {history.name}; nothing was replaced by it.")
    else:
        click.echo(history.verdict)


def as_asked(kind: Kind, base: str, config: Path | None, chosen: dict[str, Any]) -> Asked:
    """What the options of ``learning_options`` say."""
    files = JudgedFiles(chosen.pop("queries"), chosen.pop("qrels"), "", "", chosen.pop("review"))
    return replace(
        Asked(kind, None, None, files, None, base, config, None, None),
        **chosen,
    )
