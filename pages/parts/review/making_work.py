"""Reviews that are being made: how far each is, the way to stop it, and what stopped it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.measure.scoring import duration
from pages.parts.errors import clear_errors
from pages.parts.safe_text import html_text
from pages.parts.stopped_work import Way, show_stopped
from retrieval.progress import Progress
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.jobs import Job
    from retrieval.review.work import Makings

_OURS = "making"
_EVERY_SECONDS = 1.0
_PATIENCE_SECONDS = 1.5
_SAID = {
    "cancelled": "was not made: it was stopped.",
    "interrupted": "was not made: the server ended.",
    "failed": "was not made.",
}


def show_makings(work: Makings, jobs: Sequence[Job]) -> bool:
    """Draw every order that is on its way or was stopped; a review that is made is in the list.

    Args:
        work: Makes the reviews.
        jobs: Its orders as ``made_review`` saw them, so that one that ends in between is not lost.

    Returns:
        Whether one is on its way that this session asked for.
    """
    is_ours = False
    for job in jobs:
        if not job.is_over:
            is_ours |= job.id == st.session_state.get(_OURS)
            st.fragment(_draw, run_every=_EVERY_SECONDS)(work, job.id)
        elif job.can_resume:
            _show_stopped(work, job)
    return is_ours


def began(job: Job) -> None:
    """Note that this session asked for a review, to be led there once it is made."""
    st.session_state[_OURS] = job.id


def made_review(jobs: Sequence[Job]) -> str:
    """Id of the review that this session asked for, told once when it is made; empty before."""
    own = next((job for job in jobs if job.id == st.session_state.get(_OURS)), None)
    if own is None or own.state != "done" or own.result is None:
        return ""
    st.session_state.pop(_OURS)
    return str(own.result["review"])


def progress_text(progress: Progress | None) -> str:
    """How far it is, and the time left once it can be told."""
    if progress is None:
        return "Loading the models …"
    left = "" if progress.seconds_left is None else f", {duration(progress.seconds_left)} left"
    return f"Searched {progress.files:,} of {counted(progress.total_files, 'question')}{left}"


def _draw(work: Makings, job_id: str) -> None:
    with clear_errors():
        job = next((one for one in work.list() if one.id == job_id), None)
        if job is None or job.is_over:
            st.rerun()
        with st.container(border=True, gap="small", key=f"making_{job.id}"):
            st.html(f'<p class="sl-quiet">Making {_name_html(job)}</p>')
            waits = job.state == "queued"
            fraction = min(job.progress.fraction, 1.0) if job.progress else 0.0
            st.progress(
                fraction, text="Waits for its turn …" if waits else progress_text(job.progress)
            )
            st.button(
                "Cancel",
                icon=":material/stop:",
                key=f"stop_making_{job.id}",
                help="No review comes of it. The work goes on while you look at other pages.",
                on_click=_stop,
                args=(work, job.id),
            )


def _show_stopped(work: Makings, job: Job) -> None:
    said = f'<p class="sl-done">The review {_name_html(job)} {_SAID[job.state]}</p>'
    resume = Way(
        "It begins again; what a reranker has scored is not scored twice.",
        lambda job_id: began(work.go_on(job_id)),
    )
    show_stopped(job, "making", said, resume, Way("No review comes of it.", work.forget))


def _name_html(job: Job) -> str:
    return f"<b>{html_text(job.order['draft']['name'])}</b>"


def _stop(work: Makings, job_id: str) -> None:
    with clear_errors():
        work.stop(job_id)
        work.wait(job_id, _PATIENCE_SECONDS)
