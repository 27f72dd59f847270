"""Fetches on the page: how far each is, what stopped it, and how it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.measure.scoring import duration
from pages.parts.errors import clear_errors
from pages.parts.library.background import Background
from pages.parts.library.cells import bytes_text
from pages.parts.safe_text import html_text
from pages.parts.stopped_work import Way, show_stopped
from retrieval.progress import Progress, Transfer

if TYPE_CHECKING:
    from retrieval.jobs import Job

_EVERY_SECONDS = 1.0
_SAID = {
    "cancelled": "was stopped. What has arrived is kept.",
    "interrupted": "was cut short when the server ended. What has arrived is kept.",
    "failed": "did not come to an end.",
}


def unfinished(work: Background) -> set[str]:
    """Models that are on their way, or were left on it."""
    return {str(job.order["model"]) for job in work.fetches.list() if job.state != "done"}


def mine() -> list[str]:
    """Ids of the fetches that this session asked for; the page scrolls to them."""
    ids: list[str] = st.session_state.setdefault("my_fetches", [])
    return ids


def show_fetches(work: Background) -> None:
    """Draw all fetches; while one is under way, this part of the page looks again by itself."""
    live = {job.id for job in work.fetches.list() if not job.is_over}
    st.fragment(_draw, run_every=_EVERY_SECONDS if live else None)(work, live)


def _draw(work: Background, live: set[str]) -> None:
    with clear_errors():
        jobs = work.fetches.list()
        if live != {job.id for job in jobs if not job.is_over}:
            # What has come changes the cards below, and one that was resumed has to be watched.
            st.rerun()
        for job in reversed(jobs):
            if not job.is_over:
                _show_progress(work, job)
            elif job.can_resume:
                _show_unfinished(work, job)
            else:
                _show_done(work, job)


def transfer_text(progress: Progress | None) -> str:
    """How far it is: bytes, speed, and the time left once it can be told."""
    if not isinstance(progress, Transfer) or not progress.total_bytes:
        return "Asking the hub …"
    parts = [f"{bytes_text(progress.bytes)} of {bytes_text(progress.total_bytes)}"]
    if progress.bytes_per_second > 0:
        parts.append(f"{bytes_text(round(progress.bytes_per_second))} a second")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return " · ".join(parts)


def _show_progress(work: Background, job: Job) -> None:
    with st.container(border=True, gap="small", key=f"fetch_{job.id}"):
        st.html(_head_html(job, f"Fetching {job.order['model']}"))
        if job.state == "queued":
            st.progress(0.0, text="Waits for its turn …")
        else:
            fraction = min(job.progress.fraction, 1.0) if job.progress else 0.0
            st.progress(fraction, text=transfer_text(job.progress))
        st.button(
            "Stop",
            icon=":material/stop:",
            key=f"stop_fetch_{job.id}",
            help="What has arrived is kept.",
            on_click=work.fetches.stop,
            args=(job.id,),
        )


def _show_unfinished(work: Background, job: Job) -> None:
    said = _head_html(job, f"{job.order['model']} {_SAID[job.state]}")
    resume = Way("Only what is missing is fetched.", work.fetches.resume)
    discard = Way("What has arrived is deleted.", work.fetches.discard)
    show_stopped(job, "fetch", said, resume, discard)


def _show_done(work: Background, job: Job) -> None:
    with st.container(border=True, gap="small", key=f"fetch_{job.id}"):
        st.html(_head_html(job, f"{job.order['model']} is here, and can be picked."))
        st.button(
            "Dismiss",
            icon=":material/close:",
            key=f"dismiss_fetch_{job.id}",
            on_click=work.fetches.forget,
            args=(job.id,),
        )


def _head_html(job: Job, text: str) -> str:
    here = "data-scroll-here" if job.id in mine() else ""
    return f'<p class="sl-file" role="status" {here}>{html_text(text)}</p>'
