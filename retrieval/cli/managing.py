"""Commands that rename a collection, take it out and in, and bring an older version back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from retrieval.cli.options import json_option, print_json
from retrieval.models.loading import Models
from retrieval.settings import settings
from retrieval.store import Store
from retrieval.store.export import export_collection
from retrieval.store.importing import import_collection, read_manifest
from retrieval.store.portable import LAYOUTS, Layout


@click.command()
@click.argument("collection")
@click.argument("name")
@json_option
def rename(collection: str, name: str, *, as_json: bool) -> None:
    """Call COLLECTION by another NAME."""
    renamed = Store(settings().places).rename(collection, name)
    if as_json:
        print_json(renamed.info.as_dict())
    else:
        click.echo(f"{collection} is now called {renamed.name}.")


@click.command()
@click.argument("collection")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default=LAYOUTS[0],
    show_default=True,
    help="How the files are laid out.",
)
@click.option("--vectors", is_flag=True, help="Write the vectors too.")
@json_option
def export(collection: str, path: Path, layout: Layout, *, vectors: bool, as_json: bool) -> None:
    """Write COLLECTION to a folder, or to a ZIP where PATH ends in .zip."""
    source = Store(settings().places).open(collection)
    written = export_collection(source, path, layout, vectors=vectors)
    if as_json:
        result = {"collection": collection, "path": str(written), "layout": layout}
        print_json({**result, "vectors": vectors})
    else:
        click.echo(f"Wrote {collection} to {written}.")


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--name", default="", help="What to call it; by default what it was called.")
@json_option
def import_(path: Path, name: str, *, as_json: bool) -> None:
    """Make a collection from what export wrote to PATH."""
    manifest = read_manifest(path)
    encoder = (
        None if manifest.has_vectors else Models(settings().home).encoder(manifest.info.encoder)
    )
    made = import_collection(Store(settings().places), path, encoder, name)
    info = made.info
    if as_json:
        print_json(info.as_dict())
    else:
        click.echo(f"{info.name}: {info.documents} documents, {info.chunks} chunks.")


@click.command()
@click.argument("collection")
@json_option
def versions(collection: str, *, as_json: bool) -> None:
    """List what COLLECTION was after each change, the newest first."""
    found = Store(settings().places).open(collection).versions.list()
    if as_json:
        print_json([asdict(version) for version in found])
        return
    for one in found:
        held = f"{one.documents} documents, {one.chunks} chunks"
        now = "  (now)" if one.is_current else ""
        click.echo(f"{one.number:>4}  {one.created[:19]}  {held}  {one.reason}{now}")


@click.command()
@click.argument("collection")
@click.argument("version", type=int)
@json_option
def restore(collection: str, version: int, *, as_json: bool) -> None:
    """Make COLLECTION what it was at a VERSION; what came since can be had again."""
    target = Store(settings().places).open(collection)
    target.versions.restore(version)
    if as_json:
        print_json(target.info.as_dict())
    else:
        click.echo(f"{collection} is as it was at version {version}.")
