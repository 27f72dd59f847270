"""``calibrate``: networks in int8, from a collection's own passages."""

from __future__ import annotations

import click

from retrieval.cli.options import json_option, print_json
from retrieval.models.calibration import calibrate as calibrated
from retrieval.settings import settings
from retrieval.store import Store


@click.command()
@click.argument("collection")
@click.option("--threads", type=click.IntRange(1), help="Cores to compute with.")
@json_option
def calibrate(collection: str, threads: int | None, *, as_json: bool) -> None:
    """Make the models int8 on COLLECTION's passages; kept only where the first ten stay."""
    texts = Store(settings().places).open(collection).snapshot().texts
    verdicts = []
    for verdict in calibrated(settings().home, collection, texts, threads or settings().threads):
        verdicts.append(verdict)
        if not as_json:
            click.echo(f"{verdict.sentence} ({verdict.speed:.1f} times as fast.)")
    if as_json:
        print_json({"verdicts": [verdict.as_dict() for verdict in verdicts]})
    elif any(verdict.is_good for verdict in verdicts):
        click.echo("Use it with SECOND_LOOK_BACKEND=openvino-int8, or pick it in the library.")
