"""``bench``: how fast this machine is, and by what."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from retrieval.cli.options import json_option, print_json, usage_errors
from retrieval.models.backends.choice import AUTO, BACKENDS
from retrieval.models.loading import Models
from retrieval.settings import settings


@click.command()
@click.option(
    "--backend",
    type=click.Choice([AUTO, *(info.id for info in BACKENDS)]),
    help="What computes; the process's setting where it is not given.",
)
@click.option("--threads", type=click.IntRange(1), help="Cores to compute with.")
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="How often each way is run; the medians are shown.",
)
@json_option
def bench(backend: str | None, threads: int | None, rounds: int, *, as_json: bool) -> None:
    """Measure this machine: each fast way against the plain one; takes a few minutes."""
    from retrieval.bench import Bench, Benchmark, line  # noqa: PLC0415  # torch, for one command

    with tempfile.TemporaryDirectory() as home:
        with usage_errors():
            models = Models(
                Path(home),
                backend=backend or settings().backend,
                threads=threads or settings().threads,
            )
        figures = []
        for figure in Bench(models, Path(home), rounds).figures():
            figures.append(figure)
            if not as_json:
                click.echo(line(figure))
        if as_json:
            print_json(Benchmark(models.describe(), tuple(figures)).as_dict())
            return
    described = models.describe()
    names = sorted({network.backend for network in described.networks})
    for remark in described.remarks:
        click.echo(remark)
    click.echo(f"Computed by {', '.join(names)} on {described.threads} threads.")
