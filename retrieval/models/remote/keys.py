"""Keys of services: looked up when a request is sent, and held nowhere."""

from __future__ import annotations

import os
from collections.abc import Callable

from retrieval.errors import RemoteError

Look = Callable[[str], str | None]

_PLACES: list[Look] = [os.environ.get]


def look_in(place: Look) -> None:
    """Look for keys in one more place after the environment, such as a file of secrets."""
    if place not in _PLACES:
        _PLACES.append(place)


def find_key(name: str) -> str | None:
    """The key that a variable or a secret of this name holds, or None."""
    found = (place(name) for place in _PLACES)
    return next((key.strip() for key in found if key and key.strip()), None)


def bearer(name: str) -> str:
    """The header of a request that is sent with this key.

    Raises:
        RemoteError: If there is none, or it cannot be a key; no part of it is repeated.
    """
    key = find_key(name)
    if key is None:
        raise RemoteError(
            f"The key {name} is not set.",
            hint=f"Set the variable {name}, or name it in Streamlit's secrets.",
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise RemoteError(
            f"What {name} holds is no key: it has spaces, line ends or letters no key has.",
            hint="Copy the key again, as one line.",
        )
    return f"Bearer {key}"
