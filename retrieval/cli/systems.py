"""The command that lists, renames and deletes saved systems."""

from __future__ import annotations

import click

from retrieval.cli.options import json_option, print_json
from retrieval.errors import SettingsError
from retrieval.evaluation.systems import System, Systems
from retrieval.settings import settings


@click.command()
@click.option("--collection", help="Those of one collection alone.")
@click.option("--rename", nargs=2, metavar="OLD NEW", help="Call a system something else.")
@click.option("--delete", "deleted", metavar="NAME", help="Forget a system.")
@json_option
def systems(
    *, collection: str | None, rename: tuple[str, str] | None, deleted: str | None, as_json: bool
) -> None:
    """List the saved systems; or rename or delete one of them."""
    kept = Systems(settings().home / "systems")
    if rename is not None:
        kept.rename(_only(_of(kept, collection), rename[0]), rename[1])
    if deleted is not None:
        kept.delete(_only(_of(kept, collection), deleted))
    listed = _of(kept, collection)
    if as_json:
        print_json([one.as_dict() for one in listed])
        return
    for one in listed:
        said = f"{one.recipe.stage} {one.recipe.described()}" if one.recipe else "a run"
        click.echo(f"{one.name}: {one.collection}, version {one.version}; {said}".rstrip())


def _of(kept: Systems, collection: str | None) -> list[System]:
    return [one for one in kept.list() if collection in (None, one.collection)]


def _only(listed: list[System], name: str) -> System:
    """The one system of this name."""
    found = [one for one in listed if one.name.lower() == name.strip().lower()]
    if not found:
        names = ", ".join(one.name for one in listed)
        raise SettingsError(
            f"There is no saved system “{name}”.", hint=f"There are: {names}." if names else ""
        )
    if len(found) > 1:
        raise SettingsError(
            f"Several collections have a system “{name}”.",
            hint="Name the collection with --collection.",
        )
    return found[0]
