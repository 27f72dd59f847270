"""The reviewer's screen: one passage, or two lists, and the keys to answer with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import show_error, show_note
from pages.parts.review import showing as screen
from pages.parts.review.passage_view import list_html, passage_html, question_html
from pages.parts.review.steady_hands import steady_hands
from pages.parts.safe_text import html_text, markdown_text, one_line
from retrieval.review.types import PairTask
from retrieval.wording import counted

if TYPE_CHECKING:
    from pages.parts.review.showing import Said, Showing
    from retrieval.review.seat import Seat
    from retrieval.review.types import Answer, Choice, ReviewerProgress, Task

SIDES: dict[Choice, str] = {
    "left": "Left is better",
    "right": "Right is better",
    "tie": "Equally good",
    "bad": "Both are bad",
}
_LONGEST_TITLE = 60
_A_MINUTE = 60


def show_judging(seat: Seat) -> None:
    """Draw the screen of one reviewer."""
    progress = seat.progress()
    history = seat.history()
    with st.container(key="judging", gap="small"):
        _show_guidelines(seat, is_first=not history)
        error = screen.failure(seat)
        if error is not None:
            show_error(error)
        found = screen.current(seat) if not seat.review.closed else None
        if said := progress_html(progress):
            st.html(said)
        last = history[0][1] if history and not seat.review.closed else None
        if found is None:
            _show_end(seat, progress)
            _show_last(seat, last)
        else:
            _show_task(seat, *found, last)


def progress_html(progress: ReviewerProgress) -> str:
    """How far this reviewer is, as a bar and in words; empty for whom nothing is left to do."""
    if not progress.total:
        return ""
    words = f"<b>{progress.done:,}</b> of {progress.total:,} judged"
    if progress.skipped:
        words += f", {counted(progress.skipped, 'skipped one')} to come back to"
    if progress.done and progress.seconds:
        words += f" · {progress.seconds / progress.done:.0f} s each"
    if progress.left and progress.seconds_left is not None:
        words += f" · {time_left(progress.seconds_left)} left"
    share = progress.done / progress.total
    return (
        f'<div class="sl-progress" role="status"><span class="sl-bar"><i style="width:{share:.1%}">'
        f"</i></span><p>{words}</p></div>"
    )


def time_left(seconds: float) -> str:
    """Time in words, as one would say it."""
    minutes = round(seconds / _A_MINUTE)
    if minutes < 1:
        return "less than a minute"
    if minutes < _A_MINUTE:
        return f"about {counted(minutes, 'minute')}"
    return f"about {minutes / _A_MINUTE:.1f} hours"


def said_html(seat: Seat, said: Said) -> str:
    """What was stored last: the acknowledgment."""
    word = answer_word(seat, said.answer)
    about = "the two lists" if isinstance(said.task, PairTask) else said.task.passage.title
    return (
        f'<p class="sl-stored" role="status">✓ Stored: <b>{html_text(word)}</b> '
        f'<span class="sl-quiet">{html_text(one_line(about, _LONGEST_TITLE))}</span></p>'
    )


def answer_word(seat: Seat, answer: Answer) -> str:
    """An answer in the words of its button."""
    if answer.kind == "grade" and answer.grade is not None:
        return seat.review.scale.word(answer.grade)
    if answer.side is not None:
        return SIDES[answer.side]
    return "skipped" if answer.kind == "skip" else "cannot judge"


def _show_guidelines(seat: Seat, *, is_first: bool) -> None:
    if not seat.review.draft.guidelines.strip():
        return
    with st.expander("How to judge", expanded=is_first, icon=":material/menu_book:"):
        # A picture would be fetched from wherever its address says.
        st.markdown(seat.review.draft.guidelines.replace("![", r"!\["))


def _show_last(seat: Seat, last: Answer | None, showing: Showing | None = None) -> None:
    """The row of quiet buttons, and what was stored last."""
    with st.container(key="others", horizontal=True, gap="small", vertical_alignment="center"):
        if showing is not None:
            _word_button(seat, showing, "skip", "Skip", "s")
            _word_button(seat, showing, "cannot", "Cannot judge", "u")
        if last is not None:
            _undo_button(seat, last)
        said = screen.last_said(seat)
        if said is not None:
            st.html(said_html(seat, said))


def _show_task(seat: Seat, task: Task, showing: Showing, last: Answer | None) -> None:
    steady_hands(showing.event_id)
    st.html(question_html(task.question))
    if isinstance(task, PairTask):
        left, right = list_html(task.left, "Left"), list_html(task.right, "Right")
        st.html(f'<div class="sl-sides">{left}{right}</div>')
    else:
        st.html(passage_html(task.passage))
    with st.container(key="answers", gap="small"):
        with st.container(key="grades", gap="small"):
            _answer_buttons(seat, task, showing)
        _show_last(seat, last, showing)
    screen.restore_comment(seat, showing)
    st.text_area(
        "Comment (optional)",
        key=showing.comment_key,
        height=68,
        placeholder="Comment (optional): stored with your next answer",
        label_visibility="collapsed",
    )


def _answer_buttons(seat: Seat, task: Task, showing: Showing) -> None:
    if isinstance(task, PairTask):
        for key, (side, label) in enumerate(SIDES.items(), start=1):
            st.button(
                label,
                key=f"side_{side}_{showing.event_id}",
                shortcut=str(key),
                width="stretch",
                on_click=screen.prefer,
                args=(seat, showing, side),
            )
        return
    for value in seat.review.scale.grades:
        st.button(
            markdown_text(seat.review.scale.word(value)),
            key=f"grade_{value}_{showing.event_id}",
            shortcut=str(value + 1),
            width="stretch",
            on_click=screen.grade,
            args=(seat, showing, value),
        )


def _word_button(
    seat: Seat, showing: Showing, word: screen.Word, label: str, shortcut: str
) -> None:
    st.button(
        label,
        key=f"{word}_{showing.event_id}",
        type="tertiary",
        shortcut=shortcut,
        on_click=screen.pass_over,
        args=(seat, showing, word),
    )


def _undo_button(seat: Seat, last: Answer) -> None:
    st.button(
        "Undo",
        key=f"undo_{last.event_id}",
        type="tertiary",
        shortcut="z",
        on_click=screen.undo,
        args=(seat, last),
    )


def _show_end(seat: Seat, progress: ReviewerProgress) -> None:
    """Nothing is left, or nothing may be said any more."""
    if seat.review.closed:
        show_note("This review is closed.", "What you judged is stored. Thank you.")
        return
    if not progress.done:
        show_note("There is nothing left to judge.", "Others have judged all of it already.")
        return
    cannot = f", and {progress.cannot} you could not judge" if progress.cannot else ""
    what = "comparison" if seat.review.draft.mode == "lists" else "passage"
    show_note(
        f"Done. You judged {counted(progress.judged, what)}{cannot}. Thank you.",
        "Everything is stored; you can close this page.",
    )
