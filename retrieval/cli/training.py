"""``train``: make a reranker from labelled data and a recipe, or fine-tune a model."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from retrieval.cli.learning import as_asked, fine_tune, learning_options
from retrieval.cli.options import FILE, json_option, print_json
from retrieval.evaluation.files import write_text
from retrieval.models.cards import DEFAULT_ENCODER, DEFAULT_RERANKER, cards, find_card
from retrieval.models.folder import Kind, ModelFolder
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
    type=click.Path(exists=True, path_type=Path),
    help="Train anew: a folder with ranking/ and contrast/, or one file of triples.",
)
@learning_options
@click.option("--config", type=FILE, help="The recipe, or the settings of a fine-tuning (TOML).")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="With --data: folder for the model; a stopped training goes on there.",
)
@click.option(
    "--base",
    help="What to start from, an id or a folder; the built-in encoder with --data, the built-in "
    "reranker in a fine-tuning.",
)
@json_option
def reranker(
    data: Path | None,
    config: Path | None,
    out: Path | None,
    *,
    base: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Train or fine-tune a cross-encoder; stopped or killed, it goes on where it was."""
    asked = as_asked("reranker", base or DEFAULT_RERANKER, config, chosen)
    if data is None:
        if out is not None:
            raise click.UsageError("--out belongs to --data; a fine-tuned model gets a --name.")
        fine_tune(asked, as_json=as_json)
        return
    if asked.collection is not None or asked.triples is not None:
        raise click.UsageError("Give one of --data, --from-judgments and --triples.")
    if out is None:
        raise click.UsageError("With --data, give a folder as --out.")
    _train_anew(data, config, out, base or DEFAULT_ENCODER, as_json=as_json)


@train.command()
@learning_options
@click.option("--config", type=FILE, help="The settings of the fine-tuning (TOML).")
@click.option(
    "--base",
    default=DEFAULT_ENCODER,
    show_default=True,
    help="What to start from: an encoder's id, or a folder.",
)
@json_option
def encoder(*, config: Path | None, base: str, as_json: bool, **chosen: Any) -> None:
    """Fine-tune a bi-encoder; stopped or killed, it goes on where it was."""
    fine_tune(as_asked("encoder", base, config, chosen), as_json=as_json)


def _train_anew(data: Path, config: Path | None, out: Path, base: str, *, as_json: bool) -> None:
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
        _start(base),
        models.encoder(DEFAULT_ENCODER),
        out,
        tokens=models.late() if recipe.has_late else None,
        on_prepare=lambda done, of: click.echo(f"vectors {done:,} of {of:,}", err=True),
        on_step=_progress(),
    )
    if as_json:
        print_json(record.as_dict() | {"path": str(out)})
    else:
        click.echo(f"{out}: trained on {recipe.pairs:,} pairs, weights {record.weights[:12]}.")


def _start(base: str) -> ModelFolder:
    """The model of this name: a reranker that is to learn more, or an encoder to be one."""
    kind: Kind = "reranker" if base in {card.id for card in cards("reranker")} else "encoder"
    return ModelFolder.open(find_card(base, kind).path)


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
