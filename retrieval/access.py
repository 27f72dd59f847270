"""Who is at work and what they may do; the engine checks again what a page has let through.

Without sign-in there is the person at the machine, who may do everything; the command line and
work in the background are theirs too. Where people come in through a browser, the pages tell the
engine once how to find out whose session it is that calls (``ask_for_person``). What opens, changes
or exports something asks ``require`` first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from retrieval.errors import RoleError

Role = Literal["reviewer", "editor", "admin"]
ROLES: Mapping[Role, str] = MappingProxyType(
    {
        "reviewer": "judges the reviews that are theirs, and sees nothing else",
        "editor": "works with all pages and collections, makes and leads reviews",
        "admin": "does all of that, and deletes collections and other people's reviews",
    }
)
"""What each role may do, from the least to the most; each may do what those before it may."""

_ORDER: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here.

    Attributes:
        name: The e-mail address they signed in with, in small letters; without sign-in the name
            they typed, or nothing.
        role: What they may do.
        signed_in: Whether an identity provider vouches for the name.
        link: Id of the share link that they came by; empty where they did not.
        review_id: The one review that the link opens; empty where they came by none.
    """

    name: str
    role: Role
    signed_in: bool = False
    link: str = ""
    review_id: str = ""

    def may(self, role: Role) -> bool:
        """Whether this person may do what takes ``role``."""
        return _ORDER.index(self.role) >= _ORDER.index(role)


LOCAL = Person("", "admin")
"""The person at the machine, where nobody signs in."""

_ACTING: ContextVar[Person | None] = ContextVar("acting", default=None)
_find_person: Callable[[], Person] = lambda: LOCAL  # noqa: E731


def acting() -> Person:
    """The person on whose behalf this thread works.

    Raises:
        RoleError: If it is the session of somebody who is not let in.
    """
    return _ACTING.get() or _find_person()


def ask_for_person(find: Callable[[], Person]) -> None:
    """Let ``find`` tell from now on who is at work in the thread that calls it.

    A session is asked at each call, because callbacks, dialogs and fragments of a page run without
    the page, each in a thread of its own.
    """
    global _find_person  # noqa: PLW0603
    _find_person = find


@contextmanager
def acting_as(person: Person) -> Iterator[None]:
    """Work on behalf of ``person`` for a while."""
    token = _ACTING.set(person)
    try:
        yield
    finally:
        _ACTING.reset(token)


def require(role: Role, act: str, person: Person | None = None) -> Person:
    """The person at work, if they may do this.

    Args:
        role: What it takes.
        act: What is to be done, to go behind “may not”.
        person: Who wants to; whoever this thread works for by default.

    Raises:
        RoleError: If their role is not enough.
    """
    who = person or acting()
    if not who.may(role):
        raise RoleError(
            f"{who.name or 'This person'} may not {act}: that takes the role {role}.",
            "Ask whoever looks after this server, if you should be able to.",
        )
    return who
