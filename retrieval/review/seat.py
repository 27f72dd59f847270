"""One reviewer's place in a review: what to judge next, and everything they may say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from retrieval.access import Person
from retrieval.errors import ReviewError
from retrieval.review.draft import storable
from retrieval.review.events import EventLog, new_event_id
from retrieval.review.people import typed_name
from retrieval.review.pool import Pair, Pool, PooledPassage, make_id, shuffled
from retrieval.review.progress import is_left, reviewer_progress
from retrieval.review.standing import Standing
from retrieval.review.types import (
    Answer,
    Choice,
    Event,
    Kind,
    PairTask,
    PassageTask,
    PooledSystem,
    Review,
    ReviewerProgress,
    ReviewQuestion,
    Task,
)

LONGEST_COMMENT = 1_000_000
"""Characters; a comment is kept whole, and a book is no comment."""
LONGEST_SECONDS = 24 * 3600.0
_CHOICES = ("left", "right", "tie", "bad")


class Seat:
    """Judging, for one person in one review.

    Every call looks again whether the review is still open to this person, and reads what has been
    stored by any tab or process; nothing is remembered here. ``ReviewStore.seat`` makes it.

    Args:
        person: The person.
        review: The review as they may see it.
        systems: Its systems, which the person is not told.
        pool: Its passages and lists.
        log: Its events.
        check: Gives the review as it is now, or raises what says why it is closed to this person.
    """

    def __init__(
        self,
        person: Person,
        review: Review,
        *,
        systems: Sequence[PooledSystem],
        pool: Pool,
        log: EventLog,
        check: Callable[[], Review],
    ) -> None:
        self.person = person
        self.review = review
        self._pool = pool
        self._log = log
        self._check = check
        self._questions = {one.id: one for one in review.questions}
        is_lists = review.draft.mode == "lists"
        self._pairs = {one.id: one for one in pool.pairs(systems)} if is_lists else {}

    def next(self, after: str = "") -> Task | None:
        """The task that this person is to do now; None where nothing is left for them.

        Tasks come question by question in this person's own order; skipped ones come back when all
        others are done.

        Args:
            after: A task to pass over if there is any other, so that a skip moves on.
        """
        self._check()
        standing = self._standing()
        left = self._left(standing)
        ids = [one for one in left if one != after] or left
        return self._task(ids[0], standing) if ids else None

    def task(self, task_id: str) -> Task:
        """A task of this review, with what this person has said of it.

        Raises:
            ReviewError: If the review has no such task.
        """
        self._check()
        self._task_of(task_id)
        return self._task(task_id, self._standing())

    def judge(
        self,
        task_id: str,
        grade: int,
        comment: str = "",
        seconds: float = 0.0,
        event_id: str = "",
    ) -> Answer:
        """Grade a passage; a grade given before is replaced, and stays in the history.

        Args:
            task_id: The task.
            grade: One of the scale's.
            comment: What the person wrote beside it.
            seconds: How long the task was on the screen.
            event_id: Of the click, from ``new_event_id``; told twice, it counts once.

        Returns:
            What is stored now, once it is on disk.

        Raises:
            RoleError: If the review is not open to this person.
            ReviewError: If it is closed, or task, grade or comment do not fit.
            StorageError: If it cannot be stored.
        """
        self.review.scale.check(grade)
        if self._pairs:
            raise ReviewError("Lists are compared, not graded.", hint="Choose a side, or neither.")
        return self._say("grade", task_id, event_id, comment, seconds, grade=grade)

    def prefer(
        self,
        task_id: str,
        side: Choice,
        comment: str = "",
        seconds: float = 0.0,
        event_id: str = "",
    ) -> Answer:
        """Say which of two lists is better; takes and raises what ``judge`` does."""
        if side not in _CHOICES:
            raise ReviewError(
                f"Two lists cannot be “{side}”.", hint=f"Choose from {', '.join(_CHOICES)}."
            )
        pair = self._pairs.get(task_id)
        if pair is None:
            raise ReviewError(_NO_TASK, hint=_NO_TASK_HINT)
        left = "a" if self._a_is_left(pair) else "b"
        right = "b" if left == "a" else "a"
        choice = {"left": left, "right": right}.get(side, side)
        return self._say("prefer", task_id, event_id, comment, seconds, choice=choice, left=left)

    def cannot(
        self, task_id: str, comment: str = "", seconds: float = 0.0, event_id: str = ""
    ) -> Answer:
        """Say that this person cannot judge a task; takes and raises what ``judge`` does."""
        return self._say("cannot", task_id, event_id, comment, seconds)

    def skip(
        self, task_id: str, comment: str = "", seconds: float = 0.0, event_id: str = ""
    ) -> Answer:
        """Put a task off until all others are done; takes and raises what ``judge`` does."""
        return self._say("skip", task_id, event_id, comment, seconds)

    def undo(self, event_id: str = "", target: str = "") -> Task | None:
        """Take an answer of this person back; what it said stays in the history.

        Args:
            event_id: Of the click; told twice, it takes back one answer.
            target: Event id of the answer that was on the screen; their last one by default.

        Returns:
            The task that it was about; None where there was nothing to take back.
        """
        self._check_open()
        standing = self._standing()
        own = [one for one in standing.events if one.reviewer == self.person.name]
        done = next(
            (
                one
                for one in own
                if one.kind == "undo" and (one.id == event_id or (target and one.target == target))
            ),
            None,
        )
        answers = (one for one in own if one.kind != "undo" and one.id == target)
        meant = next(answers, None) if target else standing.last_of(self.person.name)
        last = done or meant
        if last is None:
            return None
        if done is None:
            event = replace(
                last,
                id=event_id or new_event_id(),
                at="",
                kind="undo",
                grade=None,
                choice="",
                left="",
                comment="",
                seconds=0.0,
                target=last.id,
            )
            self._log.add([event])
        return self._task(last.task_id, self._standing())

    def history(self) -> tuple[tuple[Task, Answer], ...]:
        """This person's standing answers with their tasks, the newest first."""
        self._check()
        standing = self._standing()
        own = standing.answers.get(self.person.name, {}).values()
        newest = sorted(own, key=lambda one: (one.at, one.id), reverse=True)
        return tuple((self._task(one.task_id, standing), Answer.of(one)) for one in newest)

    def progress(self) -> ReviewerProgress:
        """How far this person has come."""
        self._check()
        return reviewer_progress(
            self.review, tuple(self._order()), self._standing(), self.person.name
        )

    def _standing(self) -> Standing:
        return self._log.standing()

    def _left(self, standing: Standing) -> list[str]:
        """Tasks that wait for this person, in their order, skipped ones last."""
        who = self.person.name
        own = standing.answers.get(who, {})
        left = [one for one in self._order() if is_left(self.review, standing, who, one)]
        # Of those that wait only skipped ones have an answer; the first that was skipped is next.
        return sorted(left, key=lambda one: own[one].at if one in own else "")

    def _order(self) -> Iterator[str]:
        """All tasks, question by question, both in an order of this person's own."""
        seed = (self.review.id, self.person.name)
        tasks: dict[str, list[str]] = {}
        for one in self._pairs.values() if self._pairs else self._pool.passages:
            tasks.setdefault(one.query_id, []).append(one.id)
        for query_id in shuffled(tasks, *seed):
            yield from shuffled(tasks[query_id], *seed, query_id)

    def _task(self, task_id: str, standing: Standing) -> Task:
        one = self._task_of(task_id)
        own = standing.answers.get(self.person.name, {}).get(task_id)
        mine = Answer.of(own) if own else None
        question = self._questions.get(one.query_id, ReviewQuestion(one.query_id, one.query_id))
        if isinstance(one, PooledPassage):
            return PassageTask(one.id, question, one.passage, mine)
        names = (one.a, one.b) if self._a_is_left(one) else (one.b, one.a)
        left, right = (
            tuple(found.passage for found in self._pool.list_of(name, one.query_id))
            for name in names
        )
        return PairTask(one.id, question, left, right, mine)

    def _task_of(self, task_id: str) -> PooledPassage | Pair:
        found = self._pairs.get(task_id) if self._pairs else self._pool.by_id.get(task_id)
        if found is None:
            raise ReviewError(_NO_TASK, hint=_NO_TASK_HINT)
        return found

    def _a_is_left(self, pair: Pair) -> bool:
        """Which list stands on the left: by a coin that falls the same way each time."""
        coin = make_id("side", self.review.id, self.person.name, pair.id)
        return int(coin, 16) % 2 == 0

    def _say(
        self,
        kind: Kind,
        task_id: str,
        event_id: str,
        comment: str,
        seconds: float,
        *,
        grade: int | None = None,
        choice: str = "",
        left: str = "",
    ) -> Answer:
        self._check_open()
        one = self._task_of(task_id)
        comment = storable(comment)
        if len(comment) > LONGEST_COMMENT:
            raise ReviewError(
                f"The comment has {len(comment):,} characters.",
                hint=f"Keep it to {LONGEST_COMMENT:,}; the judgment is not stored yet.",
            )
        event = Event(
            id=event_id or new_event_id(),
            at="",
            reviewer=self.person.name,
            kind=kind,
            task_id=task_id,
            query_id=one.query_id,
            grade=grade,
            choice=choice,
            left=left,
            comment=comment,
            seconds=min(max(float(seconds), 0.0), LONGEST_SECONDS),
            text_hash=one.text_hash if isinstance(one, PooledPassage) else "",
        )
        stored = self._log.add([event])[0]
        # Of two answers to one showing the first stands, and that is what is acknowledged.
        standing = (one for one in self._standing().events if one.key == stored.key)
        return Answer.of(next(standing, stored))

    def _check_open(self) -> None:
        typed_name(self.person.name)
        if self._check().closed:
            raise ReviewError(
                "This review is closed; nothing can be judged any more.",
                hint="Ask whoever made it to open it again.",
            )


_NO_TASK = "The review has no such passage."
_NO_TASK_HINT = "Go on with the next one."
