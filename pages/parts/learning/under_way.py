"""A training under way: how far it is, its loss curve, and the way to stop it or go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.measure.scoring import duration
from pages.parts.charts.frame import draw_chart
from pages.parts.charts.loss_curve import loss_curve
from pages.parts.errors import clear_errors, show_error, show_note
from pages.parts.safe_text import html_text
from retrieval.errors import SecondLookError
from retrieval.progress import Progress

if TYPE_CHECKING:
    from retrieval.jobs import Job
    from retrieval.training.work import Learnings

_EVERY_SECONDS = 2.0
_PATIENCE_SECONDS = 2.0
_DOING = {
    "search": "Searching for the questions, {done:,} of {of:,}",
    "prepare": "Preparing what is learned from",
    "learn": "Learning, {done:,} of at most {of:,} pairs",
    "compare": "Comparing on the held-out questions",
    "knew": "Comparing on what it knew before",
}


def show_progress(work: Learnings, job_id: str) -> None:
    """How far it is; this part of the page looks again by itself until it is over."""
    st.fragment(_draw, run_every=_EVERY_SECONDS)(work, job_id)


def progress_text(progress: Progress | None) -> str:
    """What is being done, and the time left once it can be told."""
    if progress is None:
        return "Loading the models …"
    text = _DOING[progress.current].format(done=progress.files, of=progress.total_files)
    left = "" if progress.seconds_left is None else f", {duration(progress.seconds_left)} left"
    return f"{text}{left}"


def show_stopped(work: Learnings, job: Job) -> None:
    """A training that was stopped, killed or failed: why, and how it goes on."""
    name = str(job.order["name"])
    if job.state == "failed":
        error = job.error or {}
        show_error(SecondLookError(error.get("message", "It failed."), error.get("hint", "")))
    else:
        how = "was stopped" if job.state == "cancelled" else "was cut short when the server ended"
        show_note(f"The training of {name} {how}.", "It goes on from its last checkpoint.")
    with st.container(horizontal=True):
        st.button(
            "Go on",
            type="primary",
            icon=":material/resume:",
            key="learn_go_on",
            on_click=_go_on,
            args=(work, job.id),
        )
        st.button(
            "Forget it",
            icon=":material/close:",
            key="learn_forget",
            on_click=_forget,
            args=(work, job.id),
        )


def _draw(work: Learnings, job_id: str) -> None:
    with clear_errors():
        job = work.latest()
        if job is None or job.id != job_id or job.is_over:
            st.rerun()
        with st.container(border=True, gap="small", key="learn_work"):
            st.html(f'<p class="sl-quiet">Training {html_text(str(job.order["name"]))}</p>')
            fraction = min(job.progress.fraction, 1.0) if job.progress else 0.0
            waits = job.state == "queued"
            st.progress(
                fraction, text="Waits for its turn …" if waits else progress_text(job.progress)
            )
            losses, checks = work.curve(job.id)
            draw_chart(loss_curve(losses, checks))
            st.button(
                "Cancel",
                icon=":material/stop:",
                key="learn_stop",
                help="The last checkpoint stays. The work goes on while you look at other pages.",
                on_click=_stop,
                args=(work, job.id),
            )


def _stop(work: Learnings, job_id: str) -> None:
    with clear_errors():
        work.stop(job_id)
        work.wait(job_id, _PATIENCE_SECONDS)


def _go_on(work: Learnings, job_id: str) -> None:
    with clear_errors():
        work.go_on(job_id)


def _forget(work: Learnings, job_id: str) -> None:
    with clear_errors():
        work.forget(job_id)
