"""The command line: every number on a page can be had again from here.

Each command takes ``--json``, which prints one JSON document on standard output and keeps logs on
standard error. Exit codes: 0, or 1 with one clear line, or 2 for wrong usage.
"""

from __future__ import annotations

import json
import logging
import sys

import click

from retrieval.cli.bench import bench
from retrieval.cli.calibrate import calibrate
from retrieval.cli.collections import collections, delete, ingest
from retrieval.cli.cost import cost
from retrieval.cli.evaluating import evaluate
from retrieval.cli.managing import export, import_, rename, restore, versions
from retrieval.cli.measure import contrast
from retrieval.cli.models import fetch_, models
from retrieval.cli.review import review
from retrieval.cli.search import search
from retrieval.cli.systems import systems
from retrieval.cli.training import train
from retrieval.errors import SecondLookError


@click.group(help="Second Look: what each stage of a search returns, and what it costs.")
def cli() -> None:
    """Hold the commands together."""


COMMANDS = (
    *(ingest, collections, delete, search, contrast, evaluate, models, bench, calibrate),
    fetch_,
    *(rename, export, import_, versions, restore, systems, cost, train, review),
)
for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run the command line and exit."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    as_json = "--json" in sys.argv[1:]
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.UsageError as error:
        _fail({"code": "usage", "message": error.format_message(), "hint": _usage(error)}, as_json)
        sys.exit(2)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(1)
    except SecondLookError as error:
        _fail(error.as_dict(), as_json)
        sys.exit(1)


def _usage(error: click.UsageError) -> str:
    return "" if error.ctx is None else f"Try '{error.ctx.command_path} --help'."


def _fail(error: dict[str, str], as_json: bool) -> None:  # noqa: FBT001
    if as_json:
        click.echo(json.dumps({"error": error}, ensure_ascii=False))
    else:
        click.echo(" ".join(part for part in (error["message"], error["hint"]) if part), err=True)
