"""Commands that fill, list and remove collections."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from retrieval.cli.options import json_option, print_json, usage_errors
from retrieval.ingest.beside import Beside, both_as_dict, check_comparable
from retrieval.ingest.pipeline import ingest as ingest_sources
from retrieval.ingest.report import Report
from retrieval.ingest.sources import expand
from retrieval.models.cards import DEFAULT_ENCODER
from retrieval.models.loading import Models
from retrieval.progress import Progress
from retrieval.settings import Chunking, settings
from retrieval.store import Store


@click.command()
@click.argument("collection")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--encoder", default=DEFAULT_ENCODER, show_default=True, help="Id of the encoder.")
@click.option(
    "--encoder-2", default="", help="A second encoder: makes a second collection to compare with."
)
@click.option(
    "--chunk-tokens",
    type=int,
    default=Chunking().tokens,
    show_default=True,
    help="Most tokens in a chunk.",
)
@click.option(
    "--overlap",
    type=int,
    default=Chunking().overlap,
    show_default=True,
    help="Tokens that neighbouring chunks share.",
)
@json_option
def ingest(
    collection: str,
    paths: tuple[Path, ...],
    encoder: str,
    *,
    encoder_2: str,
    chunk_tokens: int,
    overlap: int,
    as_json: bool,
) -> None:
    """Put files, folders, ZIPs or BEIR folders into COLLECTION."""
    with usage_errors():
        chunking = Chunking(chunk_tokens, overlap)
    store, models = Store(settings().places), Models(settings().home)
    model, tell = models.encoder(encoder), None if as_json else _show_progress
    other = models.encoder(encoder_2) if encoder_2 else None
    if other is not None:
        known = collection in store.names()
        check_comparable(model, other, store.open(collection).info.chunking if known else chunking)
    target = store.open_or_create(collection, model, chunking)
    if other is not None:
        reports = Beside(store, target, model, other).ingest(lambda: expand(paths), tell)
    else:
        reports = (ingest_sources(target, expand(paths), model, on_progress=tell),)
    for report in reports:
        store.open(report.collection).indexes.wait()
    if as_json:
        print_json(both_as_dict(reports))
        return
    for report in reports:
        _print_report(report)


def _print_report(report: Report) -> None:
    click.echo(
        f"{report.collection}: {report.documents} documents, {report.chunks} chunks "
        f"({report.added} added, {report.replaced} replaced, {report.unchanged} unchanged) "
        f"in {report.seconds:.1f} s."
    )
    for skipped in report.skipped:
        click.echo(f"Skipped {skipped.file}: {skipped.reason}")


def _show_progress(progress: Progress) -> None:
    if sys.stderr.isatty():
        line = f"{progress.chunks} chunks, {progress.chunks_per_second:.0f} a second"
        click.echo(f"\r{line}  {progress.current[:40]:<40}", nl=False, err=True)


@click.command()
@json_option
def collections(*, as_json: bool) -> None:
    """List the collections with their counts and encoder."""
    infos = Store(settings().places).list()
    if as_json:
        print_json([info.as_dict() for info in infos])
        return
    for info in infos:
        click.echo(f"{info.name}: {info.documents} documents, {info.chunks} chunks, {info.encoder}")


@click.command()
@click.argument("collection")
@json_option
def delete(collection: str, *, as_json: bool) -> None:
    """Remove COLLECTION and everything in it."""
    Store(settings().places).delete(collection)
    if as_json:
        print_json({"deleted": collection})
    else:
        click.echo(f"Deleted {collection}.")
