"""The home: where everything that is kept lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import SettingsError

OBJECT_STORES = ("s3", "gs", "az")
"""Schemes of the object stores that collections may lie in."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where state lies: collections may be in an object store, all else is in a folder.

    Attributes:
        collections: Folder or address of the collections.
        local: Folder for everything that has to be a file here: caches, models, jobs.
    """

    collections: str
    local: Path

    @classmethod
    def at(cls, place: str | Path, local: Path) -> Home:
        """The home at a folder or an address; an address needs ``local`` beside it."""
        if is_remote(place):
            _check_scheme(str(place))
            return cls(f"{str(place).rstrip('/')}/collections", local)
        return cls(str(Path(place) / "collections"), Path(place))

    @property
    def reviews(self) -> str:
        """Folder or address of the reviews, which outlive the collections that they are about."""
        return f"{self.collections.removesuffix('collections')}reviews"


def is_remote(place: str | Path) -> bool:
    """Whether this is the address of an object store and not a folder."""
    return isinstance(place, str) and "://" in place


def _check_scheme(address: str) -> None:
    scheme = address.partition("://")[0]
    if scheme not in OBJECT_STORES:
        raise SettingsError(
            f"A home cannot lie at {scheme}://.",
            hint=f"Use a folder, or an address of {', '.join(OBJECT_STORES)}.",
        )
