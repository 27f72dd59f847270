"""The list of reviews: each change of one is a row of its own, and the last one holds."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from retrieval.errors import ReviewError
from retrieval.evaluation.recipes import Recipe
from retrieval.review.database import REVISIONS, Database, review_errors
from retrieval.review.scale import Scale
from retrieval.review.types import Draft, PooledSystem, Review, ReviewQuestion
from retrieval.store.filters import one_of

_TRIES = 10


class Registry:
    """The reviews of a home, each at its last revision.

    Args:
        database: The tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> tuple[Review, ...]:
        """All reviews, the newest first."""
        last: dict[str, Mapping[str, Any]] = {}
        for row in sorted(self._rows(), key=lambda row: row["revision"]):
            last[row["review_id"]] = row
        found = [_review(row) for row in last.values() if row["body"]]
        return tuple(sorted(found, key=lambda one: (one.created, one.id), reverse=True))

    def find(self, review_id: str) -> Review | None:
        """The review of this id, or None."""
        rows = self._rows(review_id)
        last = max(rows, key=lambda row: int(row["revision"]), default=None)
        return _review(last) if last is not None and last["body"] else None

    def add(self, review: Review) -> Review:
        """Enter a review that is not there, or not there any more.

        Raises:
            ReviewError: If another one has its name, or it was entered at this moment.
        """
        self.check_name(review.name, review.id)
        last = [int(row["revision"]) for row in self._rows(review.id)]
        entered = replace(review, revision=max(last, default=0) + 1)
        body = json.dumps(as_dict(entered))
        if not self._write(review.id, entered.revision, review.created_by, body):
            raise ReviewError("This review is being brought in already.", hint="Look again.")
        return entered

    def change(self, review_id: str, by: str, change: Callable[[Review], Review]) -> Review:
        """Write the next revision; where another writer was first, upon theirs.

        Raises:
            ReviewError: If there is no such review, or another one has the new name.
        """
        for _ in range(_TRIES):
            current = self.find(review_id)
            if current is None:
                break
            changed = replace(change(current), revision=current.revision + 1)
            self.check_name(changed.name, changed.id)
            if self._write(review_id, changed.revision, by, json.dumps(as_dict(changed))):
                return changed
        raise ReviewError("The review could not be changed.", hint="It may be gone; look again.")

    def remove(self, review: Review, by: str) -> None:
        """Take a review off the list."""
        last = review
        while not self._write(last.id, last.revision + 1, by, ""):
            found = self.find(review.id)
            if found is None:
                return
            last = found

    def check_name(self, name: str, own_id: str = "") -> None:
        """Raise ``ReviewError`` if another review than this one has the name."""
        for one in self.list():
            if one.id != own_id and one.name.casefold() == name.casefold():
                raise ReviewError(f"There is already a review “{name}”.", "Choose another name.")

    def _write(self, review_id: str, revision: int, by: str, body: str) -> bool:
        """Enter a revision, and say whether it was this writer's."""
        row = {
            "key": f"{review_id}@{revision}",
            "review_id": review_id,
            "revision": revision,
            "write_id": secrets.token_hex(8),
            "at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "by": by,
            "body": body,
        }
        with review_errors():
            table = self._database.shared(REVISIONS)
            rows = pa.Table.from_pylist([row], schema=table.schema)
            table.merge_insert("key").when_not_matched_insert_all().execute(rows)
        return any(one["write_id"] == row["write_id"] for one in self._rows(review_id))

    def _rows(self, review_id: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Every revision, or those of one review."""
        with review_errors():
            query = self._database.shared(REVISIONS).search()
            if review_id is not None:
                query = query.where(one_of("review_id", [review_id]))
            rows: Sequence[Mapping[str, Any]] = query.to_list()
        return rows


def as_dict(review: Review) -> dict[str, Any]:
    """A review as plain values for JSON."""
    return {**asdict(review), "systems": [system_as_dict(one) for one in review.systems]}


def system_as_dict(system: PooledSystem) -> dict[str, Any]:
    """A pooled system as plain values for JSON."""
    return {**asdict(system), "recipe": system.recipe.as_dict() if system.recipe else None}


def from_dict(values: dict[str, Any]) -> Review:
    """The review that ``as_dict`` wrote.

    Raises:
        KeyError: If something is missing.
        TypeError: If something has another form.
        SecondLookError: If a value is not allowed.
    """
    changes = {
        "draft": draft_of(values["draft"]),
        "systems": tuple(map(system_of, values["systems"])),
        "notes": tuple(values["notes"]),
    }
    return Review(**{**values, **changes})


def draft_of(values: Mapping[str, Any]) -> Draft:
    """The draft of plain values; raises what ``from_dict`` does."""
    changes = {
        "questions": tuple(ReviewQuestion(**one) for one in values["questions"]),
        "scale": Scale(values["scale"]["id"], tuple(values["scale"]["words"])),
        "reviewers": tuple(values["reviewers"]),
    }
    return Draft(**{**values, **changes})


def system_of(values: Mapping[str, Any]) -> PooledSystem:
    """The pooled system of plain values; raises what ``from_dict`` does."""
    recipe = Recipe.from_dict(values["recipe"]) if values["recipe"] else None
    return PooledSystem(values["name"], recipe, values["fingerprint"])


def _review(row: Mapping[str, Any]) -> Review:
    return from_dict(json.loads(row["body"]))
