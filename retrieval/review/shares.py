"""Share links: a random token opens one review to whoever holds it, until it is withdrawn.

Only a hash of the token is stored, so that nobody who reads the home can open a review with it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from retrieval.access import Person, require
from retrieval.errors import ReviewError, RoleError
from retrieval.review.database import TOKENS, Database, review_errors
from retrieval.review.people import guest
from retrieval.review.registry import Registry

_BYTES = 32
_LONGEST_LABEL = 80


@dataclass(frozen=True, slots=True)
class Share:
    """A link that was given out; the token itself is known to its holder alone.

    Attributes:
        id: Names it in the list.
        review_id: The review that it opens.
        label: Whom it was made for, in a few words.
        created: When, in ISO form, UTC.
        created_by: Who made it.
        expires: When it ends, in ISO form, UTC; empty where it does not.
        revoked: Whether it was withdrawn.
    """

    id: str
    review_id: str
    label: str
    created: str
    created_by: str
    expires: str
    revoked: bool

    @property
    def is_open(self) -> bool:
        """Whether it opens its review now."""
        return not self.revoked and (not self.expires or self.expires > _now())


class Shares:
    """The share links of all reviews.

    Args:
        database: The tables.
        registry: The reviews.
    """

    def __init__(self, database: Database, registry: Registry) -> None:
        self._database = database
        self._registry = registry

    def create(
        self, person: Person, review_id: str, label: str = "", days: int | None = None
    ) -> str:
        """Make a link, and return its token; it is told this once.

        Args:
            person: Who makes it; an editor at least.
            review_id: The review to open.
            label: Whom it is for.
            days: How long it holds; None for as long as nobody withdraws it.

        Raises:
            RoleError: If they may not.
            ReviewError: If there is no such review.
        """
        require("editor", "share a review", person)
        if self._registry.find(review_id) is None:
            raise ReviewError("This review is no longer there.", hint="Choose another one.")
        if days is not None and days < 1:
            raise ReviewError("A link holds for a day at least.", hint="Choose 1 day or more.")
        token = secrets.token_urlsafe(_BYTES)
        expires = "" if days is None else (datetime.now(UTC) + timedelta(days=days)).isoformat()
        shown = " ".join(label.encode("utf-8", "replace").decode().split())[:_LONGEST_LABEL]
        self._add(
            {
                "token_id": secrets.token_hex(8),
                "review_id": review_id,
                "hash": _hash(token),
                "kind": "made",
                "label": shown,
                "by": person.name,
                "expires": expires,
            }
        )
        return token

    def list(self, person: Person, review_id: str) -> tuple[Share, ...]:
        """The links of a review, the newest first.

        Raises:
            RoleError: If they may not see them.
        """
        require("editor", "see the links of a review", person)
        found = [one for one, _ in self._all() if one.review_id == review_id]
        return tuple(sorted(found, key=lambda one: one.created, reverse=True))

    def revoke(self, person: Person, share_id: str) -> None:
        """Withdraw a link; whoever came by it may do nothing more from now on.

        Raises:
            RoleError: If they may not.
            ReviewError: If there is none of this id.
        """
        require("editor", "withdraw a link", person)
        if all(one.id != share_id for one, _ in self._all()):
            raise ReviewError("There is no such link.", hint="List the links of the review.")
        self._add({"token_id": share_id, "kind": "revoked", "by": person.name})

    def open(self, token: str) -> Share:
        """The link that a token belongs to.

        Raises:
            RoleError: If it opens nothing.
        """
        hashed = _hash(token)
        for one, stored in self._all():
            if hmac.compare_digest(hashed, stored) and one.is_open:
                return one
        raise RoleError(
            "This link opens nothing.",
            hint="It may have been withdrawn, or not copied whole; ask whoever sent it.",
        )

    def person(self, token: str, name: str) -> Person:
        """Who came by a link and typed a name; raises what ``open`` does."""
        share = self.open(token)
        return guest(name, share.id, share.review_id)

    def holds(self, share_id: str) -> bool:
        """Whether a link still opens its review."""
        return any(one.id == share_id and one.is_open for one, _ in self._all())

    def _all(self) -> tuple[tuple[Share, str], ...]:
        """Every link with the hash of its token."""
        with review_errors():
            rows = self._database.shared(TOKENS).to_arrow().to_pylist()
        revoked = {row["token_id"] for row in rows if row["kind"] == "revoked"}
        return tuple((_share(row, revoked), row["hash"]) for row in rows if row["kind"] == "made")

    def _add(self, row: dict[str, Any]) -> None:
        with review_errors():
            table = self._database.shared(TOKENS)
            table.add(pa.Table.from_pylist([{"at": _now(), **row}], schema=table.schema))


def _share(row: dict[str, Any], revoked: set[str]) -> Share:
    return Share(
        id=row["token_id"],
        review_id=row["review_id"],
        label=row["label"],
        created=row["at"],
        created_by=row["by"],
        expires=row["expires"],
        revoked=row["token_id"] in revoked,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat()
