"""What the commands of ``review`` share: the home's reviews, and the one that is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from retrieval.access import Person
from retrieval.review.consensus import AGGREGATES
from retrieval.review.lead import Lead
from retrieval.review.seat import Seat
from retrieval.review.store import ReviewStore
from retrieval.settings import settings

Command = TypeVar("Command", bound=Callable[..., Any])


def store() -> ReviewStore:
    """The reviews of this home."""
    return ReviewStore(settings().places)


def lead_of(person: Person, name: str) -> Lead:
    """The review of this name or id, as the team sees it."""
    reviews = store()
    return reviews.lead(person, reviews.find(person, name).id)


def seat_of(person: Person, name: str) -> Seat:
    """The review of this name or id, to judge in."""
    reviews = store()
    return reviews.seat(person, reviews.find(person, name).id)


def aggregate_option(command: Command) -> Command:
    """Give a command the option ``--aggregate``."""
    told = "; ".join(f"{one.id}: {one.label}" for one in AGGREGATES.values())
    return click.option(
        "--aggregate",
        "how",
        type=click.Choice(list(AGGREGATES)),
        default="median",
        show_default=True,
        help=f"How several reviewers' grades become one. {told}.",
    )(command)
