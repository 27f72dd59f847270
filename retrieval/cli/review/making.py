"""Commands that make, list, change and delete reviews."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from retrieval.access import Person
from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.cli.options import (
    FILE,
    filter_option,
    json_option,
    parameter_option,
    parse_filter,
    print_json,
    usage_errors,
)
from retrieval.cli.review.opening import store
from retrieval.contrast.probe_sets import ProbeSets
from retrieval.errors import ReviewError
from retrieval.evaluation.files import file_source
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.recipes import stage_recipes
from retrieval.evaluation.runs import Run
from retrieval.evaluation.systems import Systems
from retrieval.ingest.samples import open_collection
from retrieval.models.loading import Models
from retrieval.review.draft import MODES
from retrieval.review.pooling import Pooler
from retrieval.review.question_files import read_questions
from retrieval.review.registry import as_dict
from retrieval.review.scale import SCALES, Scale
from retrieval.review.sources import of_probes, of_questions
from retrieval.review.types import Draft, PooledSystem, ReviewQuestion
from retrieval.settings import FUSIONS, PARAMETERS, SearchSettings, settings
from retrieval.store import Collection, Store


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where the questions come from; the collection's own where nothing is named."""

    queries: Path | None
    probes: str | None
    questions: tuple[str, ...]

    def read(self, collection: Collection, problems: Problems) -> tuple[ReviewQuestion, ...]:
        if self.questions:
            typed = enumerate(self.questions, start=1)
            return tuple(ReviewQuestion(f"q{number}", text) for number, text in typed)
        if self.queries is not None:
            return read_questions(file_source(self.queries), problems)
        if self.probes is not None:
            return of_probes(ProbeSets(settings().home / "probe-sets").get(self.probes).probes)
        return of_questions(collection.questions())


@click.command()
@click.argument("collection")
@click.argument("name")
@click.option("--queries", type=FILE, help="Questions: lines, or a table with id, text and need.")
@click.option("--probes", metavar="SET", help="Take the questions of a probe set.")
@click.option("--question", "questions", multiple=True, help="A question; may be repeated.")
@click.option(
    "--stages",
    default="bm25,dense,rerank",
    show_default=True,
    help="Stages to pool, separated by commas.",
)
@click.option("--system", "saved", multiple=True, help="A saved system; may be given repeatedly.")
@click.option("--depth", default=10, show_default=True, help="Passages of each list to pool.")
@click.option("--scale", type=click.Choice(list(SCALES)), default="graded", show_default=True)
@click.option("--word", "words", multiple=True, help="A grade's word, the lowest first; repeated.")
@click.option("--guidelines", type=FILE, help="How to judge, a file of Markdown.")
@click.option("--needed", default=1, show_default=True, help="Reviewers a passage needs.")
@click.option("--mode", type=click.Choice(MODES), default="passages", show_default=True)
@click.option("--reviewer", "reviewers", multiple=True, help="Address, @domain or *; repeated.")
@parameter_option(PARAMETERS["candidates"])
@click.option("--fusion", type=click.Choice(list(FUSIONS)), default="rrf", show_default=True)
@parameter_option(PARAMETERS["rrf_k"])
@parameter_option(PARAMETERS["alpha"])
@click.option("--reranker", default=SearchSettings().reranker, help="Id of the reranker.")
@click.option("--reranker-2", default="", help="A second reranker on the same candidates.")
@parameter_option(PARAMETERS["blend"])
@click.option("--late", default="", help="Id of a late-interaction model.")
@filter_option
@json_option
@click.pass_obj
def create(
    person: Person,
    /,
    collection: str,
    name: str,
    *,
    stages: str,
    saved: tuple[str, ...],
    filters: tuple[str, ...],
    as_json: bool,
    **chosen: Any,
) -> None:
    """Pool what systems return on COLLECTION into a review called NAME."""
    asked = _Asked(*(chosen.pop(one) for one in ("queries", "probes", "questions")))
    made = _draft(name, chosen)
    with usage_errors():
        search = SearchSettings(
            stages=tuple(filter(None, stages.replace(" ", "").split(","))),  # type: ignore[arg-type]
            filter=parse_filter(filters),
            **chosen,
        )
    home, problems = settings().home, Problems()
    models = Models(home)
    target = open_collection(Store(home), models, collection)
    draft = replace(made, questions=asked.read(target, problems))
    snapshot = target.snapshot()
    entries = [PooledSystem(one, recipe) for one, recipe in stage_recipes(search).items()]
    handed_in: dict[str, Run] = {}
    kept = Systems(home / "systems")
    for one in saved:
        found = kept.find(snapshot.key.partition("@")[0], one)
        entries.append(PooledSystem(found.name, found.recipe, found.fingerprint))
        if found.is_run:
            handed_in[found.name] = kept.run(found)
    pooler = Pooler(Cascade(models, Cache(home)), target, snapshot)
    hidden = as_json or not sys.stderr.isatty()
    with click.progressbar(
        length=len(draft.questions), label="Searching", file=sys.stderr, hidden=hidden
    ) as bar:
        pool = pooler.gather(draft, entries, handed_in=handed_in, tell=lambda *_: bar.update(1))
    review = store().create(person, draft, snapshot, entries, pool)
    for note in (*problems.notes(), *review.notes):
        click.echo(note, err=True)
    if as_json:
        print_json({**as_dict(review), "passages": len(pool.passages)})
    else:
        click.echo(f"{review.name}: {len(pool.passages)} passages to judge; id {review.id}.")


def _draft(name: str, chosen: dict[str, Any]) -> Draft:
    """What was chosen, but for the questions; takes its options out of ``chosen``."""
    guidelines, scale = chosen.pop("guidelines"), SCALES[chosen.pop("scale")]
    words = chosen.pop("words")
    return Draft(
        name=name,
        questions=(),
        scale=scale.worded(words) if words else scale,
        guidelines=_text(guidelines) if guidelines else "",
        depth=chosen.pop("depth"),
        needed=chosen.pop("needed"),
        mode=chosen.pop("mode"),
        reviewers=chosen.pop("reviewers"),
    )


@click.command("list")
@json_option
@click.pass_obj
def list_(person: Person, *, as_json: bool) -> None:
    """List the reviews with how far they have come."""
    reviews = store()
    listed = reviews.list(person)
    if as_json:
        print_json([as_dict(one) for one in listed])
        return
    for one in listed:
        progress = reviews.lead(person, one.id).progress()
        state = "closed" if one.closed else "open"
        click.echo(
            f"{one.id}  {one.name}: {one.collection}, {progress.complete} of {progress.tasks} "
            f"judged, {state}"
        )


@click.command()
@click.argument("review")
@click.option("--name", help="Call it something else.")
@click.option("--guidelines", type=FILE, help="How to judge, a file of Markdown.")
@click.option("--needed", type=int, help="Reviewers a passage needs.")
@click.option("--reviewer", "reviewers", multiple=True, help="Address, @domain or *; repeated.")
@click.option("--word", "words", multiple=True, help="A grade's word, the lowest first; repeated.")
@click.option("--close/--open", "closed", default=None, help="End judging, or let it go on.")
@json_option
@click.pass_obj
def change(
    person: Person,
    /,
    review: str,
    *,
    guidelines: Path | None,
    reviewers: tuple[str, ...],
    words: tuple[str, ...],
    as_json: bool,
    **chosen: Any,
) -> None:
    """Change what may be changed of REVIEW while people judge."""
    reviews = store()
    found = reviews.find(person, review)
    scale: Scale | None = found.scale.worded(words) if words else None
    changed = reviews.change(
        person,
        found.id,
        guidelines=_text(guidelines) if guidelines else None,
        reviewers=reviewers or None,
        scale=scale,
        **chosen,
    )
    if as_json:
        print_json(as_dict(changed))
    else:
        click.echo(f"{changed.name} is changed.")


@click.command()
@click.argument("review")
@json_option
@click.pass_obj
def delete(person: Person, review: str, *, as_json: bool) -> None:
    """Remove REVIEW with all its judgments."""
    reviews = store()
    found = reviews.find(person, review)
    reviews.delete(person, found.id)
    if as_json:
        print_json({"deleted": found.id})
    else:
        click.echo(f"{found.name} is deleted.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReviewError(
            f"{path.name} cannot be read as text.", hint="Save it as UTF-8 and try again."
        ) from error
