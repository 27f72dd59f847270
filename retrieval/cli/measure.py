"""Commands that measure."""

from __future__ import annotations

from pathlib import Path

import click

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.cli.options import FILE, json_option, parameter_option, print_json, usage_errors
from retrieval.contrast.pairwise import CHANCE, ProbeReport, judge
from retrieval.contrast.probes import read_probes
from retrieval.contrast.scoring import ScoreTable
from retrieval.evaluation.evaluate import DEFAULT_MEASURES, Evaluation, run_stages
from retrieval.evaluation.evaluate import evaluate as measure_runs
from retrieval.evaluation.files import file_source, read_qrels, read_questions, write_runs
from retrieval.evaluation.measures import Measure
from retrieval.ingest.samples import open_collection
from retrieval.models.cards import DEFAULT_ENCODER
from retrieval.models.loading import Models
from retrieval.settings import PARAMETERS, SearchSettings, settings
from retrieval.store import Store


@click.command()
@click.argument("collection")
@click.option("--queries", type=FILE, help="Questions as JSONL: _id and text a line.")
@click.option("--qrels", type=FILE, help="Judgments in BEIR's or TREC's form.")
@click.option(
    "--measures",
    default=",".join(str(measure) for measure in DEFAULT_MEASURES),
    show_default=True,
    help="Measures, separated by commas; systems are compared on the first.",
)
@parameter_option(PARAMETERS["candidates"])
@click.option("--runs", type=click.Path(path_type=Path), help="Folder for STAGE.run files (TREC).")
@json_option
def evaluate(
    collection: str,
    *,
    queries: Path | None,
    qrels: Path | None,
    measures: str,
    candidates: int,
    runs: Path | None,
    as_json: bool,
) -> None:
    """Measure every stage on COLLECTION; without files, on the questions it came with."""
    with usage_errors():
        asked = SearchSettings(candidates=candidates)
        wanted = tuple(Measure.parse(text) for text in measures.split(","))
    home = settings().home
    models = Models(home)
    target = open_collection(Store(home), models, collection)
    questions, notes = read_questions(queries) if queries else (target.questions(), ())
    judgments, more_notes = read_qrels(qrels) if qrels else (target.judgments(), ())
    judged = [question for question in questions if question.id in judgments]
    found = run_stages(Cascade(models, Cache(home)), target.snapshot(), judged, asked)
    evaluation = measure_runs(found, judgments, wanted)
    if runs is not None:
        write_runs(runs, found)
    for note in (*notes, *more_notes):
        click.echo(note, err=True)
    if as_json:
        print_json(evaluation.as_dict())
    else:
        _print_evaluation(evaluation)


def _print_evaluation(evaluation: Evaluation) -> None:
    for system, measured in evaluation.systems.items():
        figures = "  ".join(
            f"{measure} {found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"
            for measure, found in measured.items()
        )
        click.echo(f"{system:<8} {figures}")
    for one in evaluation.comparisons:
        click.echo(f"{one.a} → {one.b}: {one.measure} {one.difference.mean:+.3f}; {one.verdict}")
    for note in evaluation.notes:
        click.echo(note)


@click.command()
@click.argument("file", type=FILE)
@click.option("--encoder", default=DEFAULT_ENCODER, show_default=True, help="Id of the encoder.")
@click.option(
    "--reranker",
    default=SearchSettings().reranker,
    show_default=True,
    help="Id of the reranker, or a folder.",
)
@click.option("--collection", help="Its passages join the corpus that keywords are weighed by.")
@json_option
def contrast(
    file: Path, *, encoder: str, reranker: str, collection: str | None, as_json: bool
) -> None:
    """Pairwise accuracy of every stage on the minimal pairs of FILE (JSONL, CSV or TSV)."""
    probes, notes = read_probes(file_source(file))
    home = settings().home
    models = Models(home)
    background = None
    if collection is not None:
        target = open_collection(Store(home), models, collection)
        target.check_encoder(models.encoder(encoder))
        background = target.snapshot()
    table = ScoreTable(
        [text for probe in probes for text in probe.texts],
        models,
        Cache(home),
        encoder=encoder,
        asked=SearchSettings(reranker=reranker),
        background=background,
    )
    report = judge(probes, table, notes)
    if as_json:
        print_json(report.as_dict())
    else:
        _print_report(report)


def _print_report(report: ProbeReport) -> None:
    for kind, chance in CHANCE.items():
        shares = report.share(kind)
        if shares:
            figures = "  ".join(f"{stage} {share:.3f}" for stage, share in shares.items())
            click.echo(f"{kind} (chance {chance:.2f}): {figures}")
    for phenomenon, shares in report.as_dict()["by_phenomenon"].items():
        figures = "  ".join(f"{stage} {share:.3f}" for stage, share in shares.items())
        click.echo(f"{phenomenon}: {figures}")
    for note in report.notes:
        click.echo(note)
