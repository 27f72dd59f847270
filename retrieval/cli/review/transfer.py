"""Commands that take judgments out of this home and into it."""

from __future__ import annotations

from pathlib import Path

import click

from retrieval.access import Person
from retrieval.cli.options import FILE, json_option, print_json
from retrieval.cli.review.opening import aggregate_option, lead_of, store
from retrieval.errors import ReviewError
from retrieval.evaluation.files import file_source, write_text
from retrieval.review.exports import EXPORTS
from retrieval.review.imports import import_review


@click.command()
@click.argument("review")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--form", type=click.Choice(list(EXPORTS)), default="trec", show_default=True, help="What."
)
@aggregate_option
@json_option
@click.pass_obj
def export(person: Person, review: str, path: Path, *, form: str, how: str, as_json: bool) -> None:
    """Write the qrels or the judgments of REVIEW to the file PATH."""
    text = EXPORTS[form].text(lead_of(person, review), how)
    if path.is_dir():
        raise ReviewError(f"{path} is a folder.", hint="Name a file.")
    write_text(path, text)
    if as_json:
        print_json({"path": str(path), "form": form})
    else:
        click.echo(f"Wrote {EXPORTS[form].label} to {path}.")


@click.command("import")
@click.argument("path", type=FILE)
@click.option("--name", default="", help="What to call it; by default what it was called.")
@json_option
@click.pass_obj
def import_(person: Person, path: Path, *, name: str, as_json: bool) -> None:
    """Bring in what export wrote to PATH as judgments-jsonl or judgments-csv."""
    found = import_review(store(), person, file_source(path), name)
    for note in found.notes:
        click.echo(note, err=True)
    if as_json:
        print_json(found.as_dict())
    else:
        click.echo(f"{found.review.name}: {found.added} brought in, {found.known} known already.")
