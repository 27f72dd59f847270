"""What is on a reviewer's screen: one task, shown once, and what happens when it is answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from retrieval.errors import ReviewError, SecondLookError

if TYPE_CHECKING:
    from retrieval.review.seat import Seat
    from retrieval.review.types import Answer, Choice, Task

Word = Literal["cannot", "skip"]


@dataclass(frozen=True, slots=True)
class Showing:
    """A task on the screen.

    Attributes:
        task_id: The task.
        event_id: Of the answer that this showing can have: clicked twice, it counts once.
        since: When it came on the screen, in seconds of this process.
        before: Id of the answer that stood then; empty where there was none.
    """

    task_id: str
    event_id: str
    since: float
    before: str

    @property
    def comment_key(self) -> str:
        """Of the box for its comment."""
        return f"comment_{self.event_id}"


@dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer has just said, once it is stored."""

    task: Task
    answer: Answer


def current(seat: Seat) -> tuple[Task, Showing] | None:
    """The task to show now; None where nothing is left.

    One that is being read stays, whatever other people do meanwhile.
    """
    held = _state(seat).get("showing")
    if held is not None:
        try:
            task = seat.task(held.task_id)
        except ReviewError:
            task = None
        if task is not None and _answer_id(task) == held.before:
            return task, held
    task = seat.next(after=_state(seat).pop("after", ""))
    return None if task is None else (task, show(seat, task))


def show(seat: Seat, task: Task) -> Showing:
    """Put a task on the screen."""
    from retrieval.review.events import new_event_id  # noqa: PLC0415  (reads LanceDB)

    showing = Showing(task.id, new_event_id(), time.monotonic(), _answer_id(task))
    _state(seat)["showing"] = showing
    return showing


def last_said(seat: Seat) -> Said | None:
    """What was said last in this session, until the next answer."""
    said: Said | None = _state(seat).get("said")
    return said


def failure(seat: Seat) -> SecondLookError | None:
    """Why the last answer was not stored, told once."""
    error: SecondLookError | None = _state(seat).pop("failure", None)
    return error


def grade(seat: Seat, showing: Showing, value: int) -> None:
    """Grade the passage on the screen."""
    comment, seconds = _beside(showing)
    _say(
        seat,
        showing,
        lambda: seat.judge(showing.task_id, value, comment, seconds, showing.event_id),
    )


def prefer(seat: Seat, showing: Showing, side: Choice) -> None:
    """Say which of the two lists on the screen is better."""
    comment, seconds = _beside(showing)
    _say(
        seat,
        showing,
        lambda: seat.prefer(showing.task_id, side, comment, seconds, showing.event_id),
    )


def pass_over(seat: Seat, showing: Showing, word: Word) -> None:
    """Skip the task on the screen, or say that it cannot be judged."""
    comment, seconds = _beside(showing)
    act = seat.cannot if word == "cannot" else seat.skip
    if word == "skip":
        _state(seat)["after"] = showing.task_id
    _say(seat, showing, lambda: act(showing.task_id, comment, seconds, showing.event_id))


def undo(seat: Seat, last: Answer) -> None:
    """Take the last answer back, and show its task again with its comment."""
    try:
        # The id follows from the answer's, so that a double click takes back one answer; and this
        # answer alone, because another tab may have stored a newer one.
        task = seat.undo(f"{last.event_id}-undo", target=last.event_id)
    except SecondLookError as error:
        _state(seat)["failure"] = error
        return
    _state(seat).pop("said", None)
    if task is not None:
        st.session_state[show(seat, task).comment_key] = last.comment


def restore_comment(seat: Seat, showing: Showing) -> None:
    """Put a comment back that could not be stored, where its box was gone for a while."""
    key, comment = _state(seat).get("unsent", ("", ""))
    if key == showing.comment_key and comment:
        st.session_state.setdefault(key, comment)


def _say(seat: Seat, showing: Showing, act: Callable[[], Answer]) -> None:
    try:
        answer = act()
        task = seat.task(showing.task_id)
    except SecondLookError as error:
        # The task stays on the screen with its comment, and can be answered again.
        _state(seat)["failure"] = error
        _state(seat)["unsent"] = (showing.comment_key, _beside(showing)[0])
        return
    _state(seat)["said"] = Said(task, answer)
    if _state(seat).get("showing") == showing:
        _state(seat).pop("showing")


def _beside(showing: Showing) -> tuple[str, float]:
    """The comment beside the task, and the seconds that it was on the screen."""
    comment = str(st.session_state.get(showing.comment_key) or "")
    return comment, time.monotonic() - showing.since


def _answer_id(task: Task) -> str:
    return task.mine.event_id if task.mine else ""


def _state(seat: Seat) -> dict[str, Any]:
    key = f"judging_{seat.review.id}_{seat.person.name}"
    found: dict[str, Any] = st.session_state.setdefault(key, {})
    return found
