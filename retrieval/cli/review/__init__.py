"""``review``: relevance reviews without a browser."""

from __future__ import annotations

import getpass

import click

from retrieval.cli.review.judging import cannot, judge, next_, prefer, skip, undo
from retrieval.cli.review.leading import agreement, decide, disputes, results, show, summary
from retrieval.cli.review.making import change, create, delete, list_
from retrieval.cli.review.sharing import revoke, share, shares
from retrieval.cli.review.transfer import export, import_
from retrieval.review.people import local_reviewer


@click.group()
@click.option(
    "--as", "name", metavar="NAME", help="Who judges or decides; by default who is logged in."
)
@click.pass_context
def review(context: click.Context, name: str | None) -> None:
    """Make, judge, lead and export relevance reviews."""
    context.obj = local_reviewer(_login() if name is None else name)


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run under a number that no user has.
        return "somebody"


COMMANDS = (
    *(create, list_, change, delete, next_, judge, prefer, cannot, skip, undo),
    *(show, agreement, disputes, decide, results, summary, share, shares, revoke, export, import_),
)
for command in COMMANDS:
    review.add_command(command)
