"""What the commands share: options, and how results are printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from retrieval.errors import SettingsError
from retrieval.settings import Filter, Parameter

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def json_option(command: Command) -> Command:
    """Give a command the option ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def parameter_option(parameter: Parameter) -> Callable[[Command], Command]:
    """The option of a slider, with its bounds checked where the slider's are."""
    kind = float if parameter.step < 1 else int
    return click.option(
        f"--{parameter.name.replace('_', '-')}",
        parameter.name,
        type=kind,
        default=kind(parameter.default),
        show_default=True,
        help=f"{parameter.help} {parameter.minimum} to {parameter.maximum}.",
    )


@contextmanager
def usage_errors() -> Iterator[None]:
    """A setting that is out of bounds is wrong usage on a command line."""
    try:
        yield
    except SettingsError as error:
        raise click.UsageError(f"{error.message} {error.hint}".strip()) from error


def filter_option(command: Command) -> Command:
    """Give a command the option ``--filter``, to be read by ``parse_filter``."""
    return click.option(
        "--filter",
        "filters",
        multiple=True,
        metavar="FIELD=VALUE",
        help="Keep passages with this source or metadata; may be given several times.",
    )(command)


def parse_filter(pairs: tuple[str, ...]) -> Filter:
    """The filter that was asked for.

    Raises:
        SettingsError: If one is not of the form ``FIELD=VALUE``.
    """
    parsed = []
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found or not name:
            raise SettingsError(f"The filter {pair!r} is not of the form FIELD=VALUE.")
        parsed.append((name, value))
    return tuple(parsed)


def print_json(document: Any) -> None:
    """Print the one JSON document of a command."""
    click.echo(json.dumps(document, ensure_ascii=False))
