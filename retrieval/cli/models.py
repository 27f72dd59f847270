"""Commands that list what can be picked, fetch a model from a hub, and let go of one."""

from __future__ import annotations

import sys

import click

from retrieval.cli.options import json_option, print_json
from retrieval.errors import RemoteError
from retrieval.models.cards import Card, cards, find_card
from retrieval.models.folder import Kind, ModelFolder
from retrieval.models.hub.fetching import Line, fetch, remove
from retrieval.models.hub.places import check_id
from retrieval.models.learned import LearnedModels
from retrieval.models.remote.services import Service, ready_services
from retrieval.progress import Transfer
from retrieval.settings import settings

KINDS: tuple[Kind, ...] = ("encoder", "late", "reranker")


@click.command()
@click.option("--delete", metavar="NAME", help="Remove a model that was learned here, first.")
@json_option
def models(*, delete: str | None, as_json: bool) -> None:
    """List the models that can be picked, whether each is here, and the services to be asked."""
    if delete is not None:
        LearnedModels(settings().home).delete(delete)
    elsewhere: tuple[Service, ...] = ()
    try:
        elsewhere = ready_services()
    except RemoteError as error:
        click.echo(f"{error.message} {error.hint}", err=True)
    if as_json:
        print_json([*(card.as_dict() for card in cards()), *(one.as_dict() for one in elsewhere)])
        return
    for card in cards():
        count, state = card.bytes_and_state()
        size = f"{count / 1e6:,.0f} MB"
        click.echo(f"{card.kind:<9} {card.id:<58} {size:>8}  {state:<9} {card.use or card.help}")
    for service in elsewhere:
        click.echo(f"{'reranker':<9} {service.id:<58} {'':>8}  elsewhere {service.use}")


@click.command("fetch")
@click.argument("model")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default=None,
    help="What it is wanted for; by default what it was made for.",
)
@click.option("--remove", "is_removed", is_flag=True, help="Delete what was fetched of it.")
@json_option
def fetch_(model: str, kind: Kind | None, *, is_removed: bool, as_json: bool) -> None:
    """Fetch MODEL from the hub, or what is missing of it; stopped, it goes on where it was."""
    home = settings().home
    known = next((card for card in cards() if _is_named(card, model)), None)
    model_id = check_id(known.repository if known and known.repository else model)
    if is_removed:
        remove(model_id, home)
        click.echo(f"{model_id} is not kept any more.", err=as_json)
        return
    if known is None or known.state == "to fetch":
        fetch(model_id, kind or (known.kind if known else None), home, Line(_Shown().tell))
    found = find_card(model_id, kind or (known.kind if known else _made_for(model_id)))
    if as_json:
        print_json(found.as_dict())
    else:
        click.echo(f"{found.id} is here: {found.path} ({found.bytes / 1e6:,.0f} MB).")


def _is_named(card: Card, model: str) -> bool:
    return model in {card.id, card.repository, card.id.rpartition("/")[2]}


def _made_for(model_id: str) -> Kind:
    folder = ModelFolder.glance(find_card(model_id, "encoder").path)
    return folder.kind if folder else "encoder"


class _Shown:
    """Writes how far it is to standard error, once for each percent."""

    def __init__(self) -> None:
        self._last = -1

    def tell(self, transfer: Transfer) -> None:
        """Show it, if there is something new to see."""
        percent = int(transfer.fraction * 100)
        if percent == self._last:
            return
        self._last = percent
        left = transfer.seconds_left
        rest = "" if left is None else f", {left:,.0f} s left"
        text = f"{percent:>3} % of {transfer.total_bytes / 1e6:,.1f} MB{rest}"
        is_watched = sys.stderr.isatty()
        if is_watched or percent % 10 == 0:
            click.echo(f"\r{text:<50}" if is_watched else text, err=True, nl=not is_watched)
        if is_watched and percent == 100:  # noqa: PLR2004
            click.echo(err=True)
