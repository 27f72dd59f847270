"""What stands of a log: for each person and task the last answer that was not taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from retrieval.review.types import Event, Kind

FINAL: Kind = "final"


@dataclass(frozen=True)
class Standing:
    """The events of a review, folded.

    Attributes:
        events: All of them, in the order of their times.
    """

    events: tuple[Event, ...]

    @cached_property
    def undone(self) -> frozenset[tuple[str, str, str]]:
        """Person, task and id of each event that this person took back."""
        return frozenset(
            (one.reviewer, one.task_id, one.target) for one in self.events if one.kind == "undo"
        )

    @cached_property
    def answers(self) -> dict[str, dict[str, Event]]:
        """By reviewer, then by task: the answer that stands, skipped tasks included."""
        found: dict[str, dict[str, Event]] = {}
        for one in self._alive:
            if one.kind != FINAL:
                found.setdefault(one.reviewer, {})[one.task_id] = one
        return found

    @cached_property
    def finals(self) -> dict[str, Event]:
        """By task: the last decision of a lead; one without a grade has been withdrawn."""
        found = {one.task_id: one for one in self._alive if one.kind == FINAL}
        return {task: one for task, one in found.items() if one.grade is not None}

    @cached_property
    def grades(self) -> dict[str, dict[str, int]]:
        """By task, then by reviewer: the grades that stand, decisions of leads apart."""
        found: dict[str, dict[str, int]] = {}
        for one in self.given("grade"):
            if one.grade is not None:
                found.setdefault(one.task_id, {})[one.reviewer] = one.grade
        return found

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """By task: how many reviewers graded or compared it."""
        found: dict[str, int] = {}
        for kind in ("grade", "prefer"):
            for one in self.given(kind):
                found[one.task_id] = found.get(one.task_id, 0) + 1
        return found

    def given(self, kind: str) -> Iterable[Event]:
        """The standing answers of one kind, of all reviewers."""
        for answers in self.answers.values():
            yield from (one for one in answers.values() if one.kind == kind)

    def last_of(self, reviewer: str) -> Event | None:
        """The newest answer of a person that they have not taken back."""
        own = (e for e in reversed(self._alive) if e.reviewer == reviewer and e.kind != FINAL)
        return next(own, None)

    @cached_property
    def _alive(self) -> tuple[Event, ...]:
        return tuple(
            one
            for one in self.events
            if one.kind != "undo" and (one.reviewer, one.task_id, one.id) not in self.undone
        )
