"""Scoring pairs under a progress bar: started by a button, stopped by another, never done twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts.safe_text import counted, html_text
from retrieval.evaluation.legs import Legs, PairScores, Scored

Wanted = Sequence[tuple[Legs, Sequence[str]]]
"""Questions, each with the chunks whose scores are wanted."""


@dataclass(frozen=True, slots=True)
class Order:
    """Pairs to score, and the words that go with it.

    Attributes:
        key: Names the work in this session; leaving the page does not stop it for good.
        wanted: The pairs.
        purpose: What needs them, with its verb: "The curve needs".
        pair_ms: Milliseconds a pair, measured.
        at_once: Whether to begin without a click.
    """

    key: str
    wanted: Wanted
    purpose: str
    pair_ms: float = 0.0
    at_once: bool = False


def all_scored(scores: PairScores, order: Order) -> bool:
    """Whether every pair has its score by now; draws what is needed to get there."""
    missing = sum(len(scores.missing(legs, chunk_ids)) for legs, chunk_ids in order.wanted)
    flag = f"scoring_{order.key}"
    if not missing:
        st.session_state.pop(flag, None)
        return True
    if not order.at_once and not st.session_state.get(flag):
        _invite(order, missing, flag)
        return False
    _run(scores, order, flag)
    return True


def _invite(order: Order, missing: int, flag: str) -> None:
    questions = sum(1 for _, chunk_ids in order.wanted if chunk_ids)
    st.html(invitation_html(order.purpose, missing, questions, missing * order.pair_ms / 1000))
    st.button(
        f"Score {counted(missing, 'pair')}",
        type="primary",
        icon=":material/play_arrow:",
        key=f"start_{order.key}",
        on_click=_set,
        args=(flag, True),
    )


def invitation_html(purpose: str, missing: int, questions: int, seconds: float = 0.0) -> str:
    """What scoring would take, before anybody has asked for it.

    Args:
        purpose: What needs the pairs, with its verb: "The curve needs".
        missing: Pairs without a score.
        questions: Questions that they belong to.
        seconds: How long they take at the speed that was measured; 0 where none was.
    """
    about = f", about {duration(seconds)} on this machine" if seconds else ""
    return (
        f'<div class="sl-notice sl-note" role="status"><b class="sl-sign">○</b><div><strong>'
        f"{html_text(purpose)} {counted(missing, 'pair')} that no model has read yet"
        f'{html_text(about)}.</strong><span class="sl-hint">They belong to '
        f"{counted(questions, 'question')}. You can stop at any time: what is scored stays."
        "</span></div></div>"
    )


def _run(scores: PairScores, order: Order, flag: str) -> None:
    """Score; a click on anything ends this run of the page, and every score so far is kept."""
    slot = st.empty()
    with slot.container():
        bar = st.progress(0.0, "Reading the pairs …")
        if not order.at_once:
            st.button("Cancel", key=f"stop_{order.key}", on_click=_set, args=(flag, False))
        for step in scores.score(order.wanted):
            bar.progress(min(step.fraction, 1.0), _progress_text(step))
    slot.empty()
    st.session_state.pop(flag, None)


def _progress_text(step: Scored) -> str:
    done = f"{step.pairs:,} of {counted(step.total_pairs, 'pair')}"
    if step.total_questions > 1:
        done = f"{step.questions} of {counted(step.total_questions, 'question')}, {done}"
    left = "" if step.seconds_left is None else f", {duration(step.seconds_left)} left"
    return f"Scored {done}{left}"


def duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90:  # noqa: PLR2004  (from here on, minutes read better)
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min"


def _set(flag: str, value: bool) -> None:  # noqa: FBT001  (a callback's arguments are positional)
    st.session_state[flag] = value
