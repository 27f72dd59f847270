"""The command that measures pairwise accuracy on minimal pairs."""

from __future__ import annotations

from pathlib import Path

import click

from retrieval.cache import Cache
from retrieval.cli.options import (
    FILE,
    json_option,
    parameter_option,
    print_json,
    usage_errors,
)
from retrieval.cli.remote import announce
from retrieval.contrast.four_cells import outcome_row
from retrieval.contrast.pairwise import CHANCE, ProbeReport, judge
from retrieval.contrast.probes import read_probes
from retrieval.contrast.scoring import ScoreTable
from retrieval.evaluation.files import file_source
from retrieval.ingest.samples import open_collection
from retrieval.models.cards import DEFAULT_ENCODER
from retrieval.models.loading import Models
from retrieval.settings import PARAMETERS, SearchSettings, settings
from retrieval.store import Store


@click.command()
@click.argument("file", type=FILE)
@click.option("--encoder", default=DEFAULT_ENCODER, show_default=True, help="Id of the encoder.")
@click.option(
    "--reranker",
    default=SearchSettings().reranker,
    show_default=True,
    help="Id of the reranker, or a folder.",
)
@parameter_option(PARAMETERS["blend"])
@click.option("--collection", help="Its passages join the corpus that keywords are weighed by.")
@json_option
def contrast(
    file: Path, *, encoder: str, reranker: str, blend: float, collection: str | None, as_json: bool
) -> None:
    """Pairwise accuracy of every stage on the minimal pairs of FILE (JSONL, CSV or TSV)."""
    with usage_errors():
        asked = SearchSettings(reranker=reranker, blend=blend)
    probes, notes = read_probes(file_source(file))
    home = settings().home
    models = Models(home)
    background = None
    if collection is not None:
        target = open_collection(Store(home), models, collection)
        target.check_encoder(models.encoder(encoder))
        background = target.snapshot()
    questions = len({query for probe in probes for query in probe.queries})
    announce(models, [reranker], questions, 2)
    table = ScoreTable(
        [text for probe in probes for text in probe.texts],
        models,
        Cache(home),
        encoder=encoder,
        asked=asked,
        background=background,
    )
    report = judge(probes, table, notes)
    if as_json:
        rows = [outcome_row(outcome, table.rerank_unit) for outcome in report.outcomes]
        print_json(report.as_dict() | {"outcomes": rows})
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
