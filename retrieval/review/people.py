"""Who judges: whoever signed in, typed a name at this machine, or came by a share link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from retrieval.access import LOCAL, Person
from retrieval.errors import RoleError

LONGEST_NAME = 80
EVERYBODY = "*"
_BY_LINK = " (by link)"


def local_reviewer(name: str) -> Person:
    """The person at the machine under a typed name.

    Raises:
        RoleError: If the name is empty or too long.
    """
    return replace(LOCAL, name=typed_name(name))


def guest(name: str, link: str, review_id: str) -> Person:
    """Who came by a share link; the name says so, and can be no signed-in person's.

    Raises:
        RoleError: If the name is empty or too long.
    """
    return Person(f"{typed_name(name)}{_BY_LINK}", "reviewer", link=link, review_id=review_id)


def plain_name(name: str) -> str:
    """What somebody typed, of the name that they judge under."""
    return name.removesuffix(_BY_LINK)


def typed_name(name: str) -> str:
    """A name as it will be shown.

    Raises:
        RoleError: If it is empty or too long.
    """
    shown = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not shown or len(shown) > LONGEST_NAME:
        raise RoleError(
            "There is no name to judge under." if not shown else "The name is too long.",
            f"Type a name of 1 to {LONGEST_NAME} characters.",
        )
    return shown


def is_named(person: Person, entries: Iterable[str]) -> bool:
    """Whether one of these addresses, ``@domain`` entries or ``*`` means a person."""
    own = person.name.casefold()
    domain = own[own.rfind("@") :] if person.signed_in else ""
    meant = {own, domain, EVERYBODY} - {""}
    return any(entry.strip().casefold() in meant for entry in entries)
