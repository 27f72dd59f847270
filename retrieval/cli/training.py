"""``train``: make a reranker from labelled data and a recipe."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from retrieval.cli.options import FILE, json_option, print_json
from retrieval.evaluation.files import write_text
from retrieval.models.cards import DEFAULT_ENCODER, find_card
from retrieval.models.folder import ModelFolder
from retrieval.models.loading import Models
from retrieval.settings import settings

if TYPE_CHECKING:
    from retrieval.training.loop import Step

_EVERY_SECONDS = 10.0


@click.group()
def train() -> None:
    """Train a model on this machine."""


@train.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="A folder with ranking/ and contrast/, or one file of triples.",
)
@click.option("--config", type=FILE, help="The recipe (TOML); the built-in one if not given.")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder for the model; a stopped training goes on there.",
)
@click.option(
    "--base",
    default=DEFAULT_ENCODER,
    show_default=True,
    help="What to start from: an encoder's id, or a folder with an encoder or a reranker.",
)
@json_option
def reranker(data: Path, config: Path | None, out: Path, *, base: str, as_json: bool) -> None:
    """Train a cross-encoder; it can be stopped with Ctrl-C or killed, and goes on where it was."""
    from retrieval.training.data import read_training_data  # noqa: PLC0415  # torch, for one command
    from retrieval.training.recipe import DEFAULT_RECIPE, Recipe  # noqa: PLC0415
    from retrieval.training.reranker import train_reranker  # noqa: PLC0415

    recipe = Recipe.read(config or DEFAULT_RECIPE)
    found = read_training_data(data)
    for note in found.notes:
        click.echo(note, err=True)
    models = Models(settings().home)
    record = train_reranker(
        found,
        recipe,
        ModelFolder.open(find_card(base, "encoder").path),
        models.encoder(DEFAULT_ENCODER),
        out,
        tokens=models.late() if recipe.teacher_late else None,
        on_prepare=lambda done, of: click.echo(f"vectors {done:,} of {of:,}", err=True),
        on_step=_progress(),
    )
    if as_json:
        print_json(record.as_dict() | {"path": str(out)})
    else:
        click.echo(f"{out}: trained on {recipe.pairs:,} pairs, weights {record.weights[:12]}.")


@train.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--source",
    type=click.Choice(["frames", "templates"]),
    default="frames",
    show_default=True,
    help="Short sentences with unseen words, or written prose.",
)
@click.option("--count", type=click.IntRange(1), default=600, show_default=True, help="Pairs.")
@click.option("--seed", type=int, default=41, show_default=True, help="Fixes every choice.")
@json_option
def pairs(
    out: Path, *, source: Literal["frames", "templates"], count: int, seed: int, as_json: bool
) -> None:
    """Write generated pairs that no training has to OUT (JSONL), for contrast to read."""
    from retrieval.training.held_out import held_out_rows  # noqa: PLC0415

    rows = list(held_out_rows(source, count, seed))
    write_text(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    if as_json:
        print_json({"path": str(out), "rows": len(rows)})
    else:
        click.echo(f"{out}: {len(rows):,} rows.")


def _progress() -> Callable[[Step], None]:
    """Prints a line from time to time: phase, pairs, loss, speed and time left."""
    last = -math.inf

    def show(step: Step) -> None:
        nonlocal last
        if step.seconds - last < _EVERY_SECONDS and step.pairs < step.all_pairs:
            return
        last = step.seconds
        click.echo(
            f"{step.phase}: {step.pairs:,} of {step.all_pairs:,} pairs, loss {step.loss:.3f}, "
            f"{step.pairs_per_second:.0f} pairs/s, {step.seconds_left / 60:.0f} min left",
            err=True,
        )

    return show
