"""Commands that make, list and withdraw share links."""

from __future__ import annotations

from dataclasses import asdict

import click

from retrieval.access import Person
from retrieval.cli.options import json_option, print_json
from retrieval.cli.review.opening import store


@click.command()
@click.argument("review")
@click.option("--label", default="", help="Whom the link is for.")
@click.option("--days", type=int, help="How long it holds; until withdrawn if not given.")
@json_option
@click.pass_obj
def share(person: Person, review: str, *, label: str, days: int | None, as_json: bool) -> None:
    """Make a token that opens REVIEW and nothing else; it is told this once."""
    reviews = store()
    token = reviews.shares.create(person, reviews.find(person, review).id, label, days)
    if as_json:
        print_json({"token": token})
    else:
        click.echo(token)


@click.command()
@click.argument("review")
@json_option
@click.pass_obj
def shares(person: Person, review: str, *, as_json: bool) -> None:
    """List the share links of REVIEW."""
    reviews = store()
    found = reviews.shares.list(person, reviews.find(person, review).id)
    if as_json:
        print_json([{**asdict(one), "is_open": one.is_open} for one in found])
        return
    for one in found:
        state = "open" if one.is_open else "closed"
        click.echo(f"{one.id}  {one.label or 'without a label'}, made {one.created[:10]}, {state}")


@click.command()
@click.argument("link")
@json_option
@click.pass_obj
def revoke(person: Person, link: str, *, as_json: bool) -> None:
    """Withdraw a share LINK by its id."""
    store().shares.revoke(person, link)
    if as_json:
        print_json({"revoked": link})
    else:
        click.echo("Withdrawn.")
