"""All reviews of a home: make, list, change and delete them, and open one to judge or to lead.

Every call is made for a person, and looks at their role before it looks at anything else. What a
reviewer may not see is told apart from what is not there by nobody: both are one error.
"""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from retrieval.access import Person, require
from retrieval.errors import ReviewError, RoleError, StorageError
from retrieval.home import Home
from retrieval.review.database import Database, review_errors
from retrieval.review.draft import checked
from retrieval.review.events import EventLog, event_rows
from retrieval.review.lead import Lead
from retrieval.review.names import Names, Taken
from retrieval.review.people import is_named
from retrieval.review.pool import Pool
from retrieval.review.registry import Registry
from retrieval.review.scale import Scale
from retrieval.review.seat import Seat
from retrieval.review.shares import Shares
from retrieval.review.types import Draft, Event, PooledSystem, Review
from retrieval.settings import home_of
from retrieval.store import Snapshot

_REVIEWS_KEPT = 8

_log = logging.getLogger(__name__)


class ReviewStore:
    """The reviews under one home.

    Safe to share between threads, and to open in several processes at once.

    Args:
        home: Folder or address of the home.
    """

    def __init__(self, home: Home | Path | str) -> None:
        self._database = Database(home_of(home))
        self._registry = Registry(self._database)
        self.shares = Shares(self._database, self._registry)
        self._names = Names(self._database)
        self._pools: OrderedDict[str, Pool] = OrderedDict()
        self._logs: OrderedDict[str, EventLog] = OrderedDict()
        self._lock = Lock()

    def create(
        self,
        person: Person,
        draft: Draft,
        snapshot: Snapshot,
        systems: Sequence[PooledSystem],
        pool: Pool,
    ) -> Review:
        """Make a review.

        Args:
            person: Who makes it; an editor at least.
            draft: What they chose.
            snapshot: The collection that was searched.
            systems: The systems of the pool.
            pool: What they returned; ``Pooler`` makes it.

        Raises:
            RoleError: If they may not.
            ReviewError: If the draft is not allowed, its name is taken, or the pool is empty.
            StorageError: If the home cannot be written.
        """
        require("editor", "make a review", person)
        review = Review(
            id=secrets.token_hex(8),
            draft=checked(draft),
            collection_id=snapshot.key.partition("@")[0],
            collection=snapshot.collection,
            version=snapshot.version,
            encoder=snapshot.encoder,
            systems=tuple(systems),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            created_by=person.name,
            notes=pool.notes,
        )
        return self.keep(person, review, pool)

    def keep(
        self, person: Person, review: Review, pool: Pool, events: Sequence[Event] = ()
    ) -> Review:
        """Store a review that is whole already, with what has been said in it.

        It is entered into the list last, so it is there whole or not at all; what a kill leaves of
        its tables is seen by nobody, and replaced when it is brought in again.

        Raises:
            RoleError: If they may not.
            ReviewError: If its name is taken, the pool is empty, or it is there already.
            StorageError: If the home cannot be written.
        """
        require("editor", "make a review", person)
        tasks = pool.passages if review.draft.mode == "passages" else pool.pairs(review.systems)
        if not tasks:
            raise ReviewError(
                "There is nothing to judge: no system returned anything, or all returned the same.",
                hint="Choose other questions, or systems that differ.",
            )
        with review_errors(), self._database.alone(review.id) as is_alone:
            if not is_alone or self._registry.find(review.id) is not None:
                raise ReviewError(
                    "This review is here already, or is being brought in.", hint="Look again."
                )
            try:
                rows = {**pool.tables(), "events": event_rows(events)}
                self._database.make(review.id, rows)
                self._forget(review.id)
                return self._registry.add(review)
            except BaseException:
                self._clear(review.id)
                raise

    def check_name(self, name: str) -> None:
        """Raise ``ReviewError`` if there is a review of this name already."""
        self._registry.check_name(name)

    def list(self, person: Person) -> tuple[Review, ...]:
        """The reviews that this person may see, the newest first; systems only for the team."""
        found = (one for one in self._registry.list() if self._is_open_to(person, one))
        return tuple(one if person.may("editor") else one.blind() for one in found)

    def get(self, person: Person, review_id: str) -> Review:
        """A review as this person may see it.

        Raises:
            RoleError: If there is none for them.
        """
        review = self._open(person, review_id)
        return review if person.may("editor") else review.blind()

    def find(self, person: Person, name: str) -> Review:
        """The review of this name or id.

        Raises:
            ReviewError: If there is none; the hint names those there are to the team.
            RoleError: If there is none for a reviewer.
        """
        listed = self.list(person)
        for one in listed:
            if name.casefold() in (one.id, one.name.casefold()):
                return one
        if not person.may("editor"):
            raise _closed_door()
        names = ", ".join(one.name for one in listed)
        raise ReviewError(
            f"There is no review “{name}”.",
            hint=f"There are: {names}." if names else "Make one first.",
        )

    def change(
        self,
        person: Person,
        review_id: str,
        *,
        name: str | None = None,
        guidelines: str | None = None,
        reviewers: Sequence[str] | None = None,
        needed: int | None = None,
        scale: Scale | None = None,
        closed: bool | None = None,
    ) -> Review:
        """Change what may be changed while people judge; what is None stays.

        A scale keeps its grades and takes other words.

        Raises:
            RoleError: If they may not.
            ReviewError: If it is gone, or a value is not allowed.
        """
        require("editor", "change a review", person)
        self._open(person, review_id)

        def changed(review: Review) -> Review:
            draft = review.draft
            if scale is not None and scale.id != draft.scale.id:
                raise ReviewError(
                    "The grades of a review cannot change.",
                    hint="Change their words, or start anew.",
                )
            draft = replace(
                draft,
                name=draft.name if name is None else name,
                guidelines=draft.guidelines if guidelines is None else guidelines,
                reviewers=draft.reviewers if reviewers is None else tuple(reviewers),
                needed=draft.needed if needed is None else needed,
                scale=scale or draft.scale,
            )
            shut = review.closed if closed is None else closed
            return replace(review, draft=checked(draft), closed=shut)

        return self._registry.change(review_id, person.name, changed)

    def delete(self, person: Person, review_id: str) -> None:
        """Remove a review with all its judgments.

        Raises:
            RoleError: If they may not, or there is none.
        """
        require("admin", "delete a review", person)
        review = self._open(person, review_id)
        self._registry.remove(review, person.name)
        with review_errors():
            self._database.drop(review.id)
        self._names.forget(review.id)
        self._forget(review.id)

    def seat(self, person: Person, review_id: str) -> Seat:
        """A reviewer's place in a review, to judge from.

        Raises:
            RoleError: If there is none for them.
        """
        review = self._open(person, review_id)
        return Seat(
            person,
            review.blind(),
            systems=review.systems,
            pool=self._pool_of(review),
            log=self._log_of(review),
            check=lambda: self._open(person, review_id),
        )

    def take_name(self, person: Person, review_id: str) -> Taken | None:
        """Take the name that a person typed, before they begin to judge under it.

        Returns:
            Who judges under it already, and may be this person; None where nobody does, or the
            name was not typed.

        Raises:
            RoleError: If there is no such review for them.
            StorageError: If the home cannot be read or written.
        """
        review = self._open(person, review_id)
        if person.signed_in:
            return None
        return self._names.take(review.id, person.name, self._log_of(review).standing())

    def lead(self, person: Person, review_id: str) -> Lead:
        """A review as the team sees it.

        Raises:
            RoleError: If they may not, or there is none.
        """
        require("editor", "look behind a review", person)
        review = self._open(person, review_id)
        log = self._log_of(review)
        return Lead(person, self._pool_of(review), log, lambda: self._open(person, review_id))

    def _pool_of(self, review: Review) -> Pool:
        # A pool never changes, so the ones used last are kept.
        with self._lock:
            if found := self._pools.get(review.id):
                self._pools.move_to_end(review.id)
                return found
        with review_errors():
            passages, lists = (
                self._database.own(review.id, name).to_arrow().to_pylist()
                for name in ("passages", "lists")
            )
        pool = Pool.of_rows(passages, lists)
        with self._lock:
            self._pools[review.id] = pool
            while len(self._pools) > _REVIEWS_KEPT:
                self._pools.popitem(last=False)
        return pool

    def _clear(self, review_id: str) -> None:
        """Remove the tables of a review that could not be entered, as far as that is possible."""
        try:
            with review_errors():
                if self._registry.find(review_id) is None:
                    self._database.drop(review_id)
        except (ReviewError, StorageError) as error:
            _log.info("tables of a review that was not made are left: %s", error)

    def _forget(self, review_id: str) -> None:
        with self._lock:
            self._pools.pop(review_id, None)
            self._logs.pop(review_id, None)

    def _log_of(self, review: Review) -> EventLog:
        with self._lock:
            log = self._logs.setdefault(review.id, EventLog(self._database, review.id))
            self._logs.move_to_end(review.id)
            while len(self._logs) > _REVIEWS_KEPT:
                self._logs.popitem(last=False)
            return log

    def _open(self, person: Person, review_id: str) -> Review:
        review = self._registry.find(review_id)
        if review is None or not self._is_open_to(person, review):
            raise _closed_door()
        return review

    def _is_open_to(self, person: Person, review: Review) -> bool:
        if person.link:
            return review.id == person.review_id and self.shares.holds(person.link)
        return person.may("editor") or is_named(person, review.draft.reviewers)


def _closed_door() -> RoleError:
    return RoleError(
        "There is no such review for you.",
        hint="It may have been deleted, or the link withdrawn; ask whoever sent it.",
    )
