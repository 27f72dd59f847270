"""The command that searches."""

from __future__ import annotations

from typing import Any

import click

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.cli.options import (
    filter_option,
    json_option,
    parameter_option,
    parse_filter,
    print_json,
    usage_errors,
)
from retrieval.cli.remote import announce
from retrieval.ingest.samples import open_collection
from retrieval.models.loading import Models
from retrieval.settings import FUSIONS, PARAMETERS, STAGE_ORDER, SearchSettings, settings
from retrieval.store import Store
from retrieval.types import Trace

_SNIPPET = 100


@click.command()
@click.argument("collection")
@click.argument("query")
@parameter_option(PARAMETERS["candidates"])
@parameter_option(PARAMETERS["top"])
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
@click.option(
    "--collection-2", default="", help="The same documents with another encoder, to compare with."
)
@click.option("--late", default="", help="Id or folder of a late-interaction model.")
@click.option(
    "--stages",
    default=",".join(STAGE_ORDER),
    show_default=True,
    help="Stages to show, separated by commas.",
)
@filter_option
@click.option("--exact", is_flag=True, help="Compare every vector, whatever index there is.")
@json_option
def search(
    collection: str,
    query: str,
    stages: str,
    filters: tuple[str, ...],
    *,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Ask COLLECTION a QUERY and show what each stage returns."""
    with usage_errors():
        asked = SearchSettings(
            stages=tuple(stages.replace(" ", "").split(",")),  # type: ignore[arg-type]
            filter=parse_filter(filters),
            **chosen,
        )
    home = settings().home
    models = Models(home)
    store = Store(home)
    snapshot = open_collection(store, models, collection).snapshot()
    beside = store.open(asked.collection_2).snapshot() if asked.collection_2 else None
    announce(models, asked.rerankers, 1, asked.candidates)
    trace = Cascade(models, Cache(home)).search(snapshot, query, asked, beside)
    if as_json:
        print_json(trace.as_dict())
    else:
        _print_trace(trace)


def _print_trace(trace: Trace) -> None:
    for note in trace.notes:
        click.echo(note)
    for stage, ranking in trace.rankings.items():
        if stage not in trace.settings.shown:
            continue
        made_by = f"{model}, " if (model := trace.settings.reader(stage)) else ""
        click.echo(f"\n{stage} ({made_by}{ranking.unit}, {ranking.cost.elapsed_ms:.0f} ms)")
        for hit in ranking.hits[: trace.settings.top]:
            chunk = trace.chunks[hit.chunk_id]
            snippet = " ".join(chunk.text.split())[:_SNIPPET]
            click.echo(f"{hit.rank:>4}  {hit.score:>8.4f}  {chunk.document_id}  {snippet}")
    cost = trace.cost
    click.echo(
        f"\n{cost.elapsed_ms:.0f} ms, {cost.forward_passes} forward passes, "
        f"{cost.pairs_scored} pairs scored, {cost.pairs_cached} from cache"
    )
    if cost.calls:
        price = f", {cost.price:.4f} at the prices given" if cost.price else ""
        click.echo(f"{cost.calls} calls, {cost.bytes_sent:,} bytes sent{price}")
