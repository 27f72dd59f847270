"""The command that measures systems on judged questions."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.cli.judged import JudgedFiles
from retrieval.cli.losses import lost_answers, print_losses
from retrieval.cli.options import (
    FILE,
    filter_option,
    json_option,
    parameter_option,
    parse_filter,
    print_json,
    usage_errors,
)
from retrieval.cli.remote import announce
from retrieval.errors import SecondLookError, SettingsError
from retrieval.evaluation.evaluate import DEFAULT_MEASURES, Evaluation
from retrieval.evaluation.evaluate import evaluate as measure_runs
from retrieval.evaluation.files import file_source, qrels_text, write_runs, write_text
from retrieval.evaluation.measures import Measure
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.question_sets import MOST_QUESTIONS, QuestionSet
from retrieval.evaluation.recipes import Recipe, stage_recipes
from retrieval.evaluation.report import Report
from retrieval.evaluation.run_files import read_run_file
from retrieval.evaluation.runs import Run
from retrieval.evaluation.statements import comparison_sentence
from retrieval.evaluation.systems import Systems
from retrieval.evaluation.table import Entry, recipes_of
from retrieval.evaluation.workbench import Workbench
from retrieval.ingest.samples import open_collection
from retrieval.models.loading import Models
from retrieval.settings import FUSIONS, PARAMETERS, STAGE_ORDER, SearchSettings, settings
from retrieval.store import Snapshot, Store

_JUDGED_OPTIONS = ("queries", "qrels", "query_columns", "qrels_columns", "review")
_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("collection")
@click.option(
    "--queries",
    type=click.Path(exists=True, path_type=Path),
    help="Questions: JSONL, CSV, TSV or TREC topics; or a BEIR folder or ZIP with its qrels.",
)
@click.option("--qrels", type=FILE, help="Judgments: TREC, BEIR, CSV, TSV or JSONL.")
@click.option("--review", metavar="NAME", help="Measure on the judgments of a review.")
@click.option("--query-columns", default="", metavar="ID,TEXT", help="Columns of the questions.")
@click.option(
    "--qrels-columns",
    default="",
    metavar="QUESTION,DOCUMENT,GRADE",
    help="Columns of the judgments.",
)
@click.option(
    "--most",
    type=click.IntRange(1),
    default=MOST_QUESTIONS,
    show_default=True,
    help="Most questions measured; of more, a seeded random sample.",
)
@click.option(
    "--measures",
    default=",".join(str(measure) for measure in DEFAULT_MEASURES),
    show_default=True,
    help="Measures, separated by commas; systems are compared on the first.",
)
@parameter_option(PARAMETERS["candidates"])
@click.option("--fusion", type=click.Choice(list(FUSIONS)), default="rrf", show_default=True)
@parameter_option(PARAMETERS["rrf_k"])
@parameter_option(PARAMETERS["alpha"])
@parameter_option(PARAMETERS["blend"])
@click.option(
    "--reranker",
    default=SearchSettings().reranker,
    show_default=True,
    help="Id of the reranker, or a folder.",
)
@click.option("--reranker-2", default="", help="A second reranker on the same candidates.")
@click.option("--late", default="", help="Id or folder of a late-interaction model.")
@click.option(
    "--stages",
    default=",".join(STAGE_ORDER),
    show_default=True,
    help="Stages to measure, separated by commas.",
)
@filter_option
@click.option("--exact", is_flag=True, help="Compare every vector, whatever index there is.")
@click.option("--system", "saved", multiple=True, help="A saved system; may be given repeatedly.")
@click.option(
    "--add-run", "handed_in", type=FILE, multiple=True, help="A TREC run of another tool."
)
@click.option("--baseline", help="Compare all others with this system, not every pair.")
@click.option("--runs", type=_PATH, help="Folder for STAGE.run files (TREC).")
@click.option("--qrels-out", type=_PATH, help="File for the judgments that were used (TREC).")
@click.option("--report", type=_PATH, help="File for a report, one self-contained HTML page.")
@click.option("--losses", is_flag=True, help="Count where right answers are lost, by setting.")
@click.option("--save-system", metavar="NAME", help="Keep the last of the stages by this name.")
@json_option
def evaluate(
    collection: str,
    *,
    measures: str,
    stages: str,
    filters: tuple[str, ...],
    most: int,
    saved: tuple[str, ...],
    handed_in: tuple[Path, ...],
    baseline: str | None,
    save_system: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Measure systems on COLLECTION; without files, on the questions it came with."""
    out = {name: chosen.pop(name) for name in ("runs", "qrels_out", "report")}
    counts_losses = chosen.pop("losses")
    files = JudgedFiles(*(chosen.pop(name) for name in _JUDGED_OPTIONS))
    with usage_errors():
        asked = SearchSettings(
            stages=tuple(stages.replace(" ", "").split(",")),  # type: ignore[arg-type]
            filter=parse_filter(filters),
            **chosen,
        )
        wanted = tuple(dict.fromkeys(Measure.parse(text) for text in measures.split(",")))
    home = settings().home
    models, cache = Models(home), Cache(home)
    target = open_collection(Store(home), models, collection)
    systems = Systems(home / "systems")
    questions = files.read(target).sampled(most)
    snapshot = target.snapshot()
    entries, notes = _entries(
        asked, snapshot, questions, systems=systems, saved=saved, handed_in=handed_in
    )
    _check_baseline(baseline, entries)
    bench = Workbench(Cascade(models, cache), models, cache, snapshot, questions)
    recipes = recipes_of(entries)
    readers = [one.model for one in recipes if one.stage == "rerank"]
    most_read = max((one.settings.candidates for one in recipes), default=0)
    announce(models, readers, len(questions.questions), most_read)
    _compute(bench, recipes, quiet=as_json)
    evaluation = measure_runs(_runs(entries, bench), questions.qrels, wanted, baseline)
    evaluation = replace(evaluation, notes=(*questions.notes, *notes, *evaluation.notes))
    if save_system is not None:
        recipe = list(stage_recipes(asked).values())[-1]
        systems.save(save_system, snapshot, recipe, bench.fingerprint(recipe))
    _write(out, bench, evaluation, entries, baseline)
    losses = lost_answers(bench, asked, quiet=as_json) if counts_losses else ()
    for note in evaluation.notes:
        click.echo(note, err=True)
    if as_json:
        counted = {"losses": {one.setting.name: one.as_dict() for one in losses}} if losses else {}
        print_json(evaluation.as_dict() | counted)
    else:
        _print_evaluation(evaluation, entries, bench)
        print_losses(losses)


def _entries(
    asked: SearchSettings,
    snapshot: Snapshot,
    questions: QuestionSet,
    *,
    systems: Systems,
    saved: tuple[str, ...],
    handed_in: tuple[Path, ...],
) -> tuple[dict[str, Entry], tuple[str, ...]]:
    """The rows of the table by name, and what is wrong with runs that were handed in."""
    entries = {name: Entry(name, recipe) for name, recipe in stage_recipes(asked).items()}
    for name in saved:
        found = systems.find(snapshot.key.partition("@")[0], name)
        run = systems.run(found) if found.is_run else None
        entries[found.name] = Entry(found.name, found.recipe, found, run)
    problems = Problems()
    asked_ids, documents = {one.id for one in questions.questions}, set(snapshot.document_ids)
    for path in handed_in:
        name = path.stem if path.stem not in entries else path.name
        run = read_run_file(file_source(path), problems, asked_ids, documents)
        entries[name] = Entry(name, handed_in=run)
    return entries, problems.notes()


def _check_baseline(baseline: str | None, entries: Mapping[str, Entry]) -> None:
    if baseline is not None and baseline not in entries:
        raise SettingsError(
            f"There is no system “{baseline}” in the table.", hint=f"Choose {', '.join(entries)}."
        )


def _compute(bench: Workbench, recipes: list[Recipe], *, quiet: bool) -> None:
    """Gather and score what is missing, under a progress bar where somebody watches."""
    hidden = quiet or not sys.stderr.isatty()
    total = len(bench.asked.questions)
    with click.progressbar(length=total, label="Searching", file=sys.stderr, hidden=hidden) as bar:
        bench.gather(recipes, lambda _done, _of: bar.update(1))
    missing = bench.missing(recipes)
    with click.progressbar(length=missing, label="Scoring", file=sys.stderr, hidden=hidden) as bar:
        done = 0
        for step in bench.score(recipes):
            bar.update(step.pairs - done)
            done = step.pairs


def _runs(entries: Mapping[str, Entry], bench: Workbench) -> dict[str, Run]:
    runs = {}
    for name, entry in entries.items():
        run = entry.run(bench)
        if run is None:
            raise SecondLookError(f"Scores of “{name}” are missing.", hint="Run the command again.")
        runs[name] = run
    return runs


def _write(
    out: Mapping[str, Path | None],
    bench: Workbench,
    evaluation: Evaluation,
    entries: Mapping[str, Entry],
    baseline: str | None,
) -> None:
    if out["runs"] is not None:
        write_runs(out["runs"], evaluation.runs)
    if out["qrels_out"] is not None:
        write_text(out["qrels_out"], qrels_text(bench.asked.qrels))
    if out["report"] is not None:
        write_text(out["report"], _report(bench, evaluation, entries, baseline).html())


def _report(
    bench: Workbench, evaluation: Evaluation, entries: Mapping[str, Entry], baseline: str | None
) -> Report:
    others = [name for name in entries if name != baseline]
    first = baseline or (others[-2] if len(others) > 1 else None)
    return Report(
        bench.snapshot.collection,
        bench.snapshot.version,
        bench.snapshot.encoder,
        bench.asked,
        evaluation,
        {name: entry.described for name, entry in entries.items()},
        {name: entry.remark(bench) for name, entry in entries.items()},
        (first, others[-1]) if first and others else None,
        shlex.join(["python", "-m", "retrieval", *sys.argv[1:]]),
        datetime.now(UTC).isoformat(timespec="minutes"),
    )


def _print_evaluation(
    evaluation: Evaluation, entries: Mapping[str, Entry], bench: Workbench
) -> None:
    for system, measured in evaluation.systems.items():
        figures = "  ".join(
            f"{measure} {found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"
            for measure, found in measured.items()
        )
        click.echo(f"{system:<8} {figures}")
        if remark := entries[system].remark(bench):
            click.echo(f"{'':<8} {remark}")
    for one in evaluation.comparisons:
        click.echo(f"{one.a} → {one.b}: {one.difference.mean:+.3f}; {comparison_sentence(one)}")
