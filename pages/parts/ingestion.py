"""Ingestions on the page: how far those under way are, what is left over, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.measure.scoring import duration
from pages.parts.errors import clear_errors
from pages.parts.library.background import Background
from pages.parts.library.opened import open_in_search
from pages.parts.safe_text import html_text, one_line
from pages.parts.stopped_work import Way, show_stopped
from pages.parts.upload_form import Order
from retrieval.progress import Progress
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.jobs import Job

_EVERY_SECONDS = 1.0
_MOST_LINES = 200
_SAID = {
    "cancelled": "was stopped. What was finished is kept.",
    "interrupted": "was cut short when the server ended. What was finished is kept.",
    "failed": "failed.",
}


def submit(work: Background, order: Order) -> None:
    """Hand an order over to the background, and remember that it is this session's.

    Raises:
        IngestError: If there is nothing to ingest, or a folder of the server is not offered.
        StorageError: If it cannot be kept until it is ingested.
    """
    job = work.ingestions.submit(
        order.name,
        order.encoder,
        order.chunking,
        uploads=order.uploads,
        server_paths=order.server_paths,
        columns=order.columns,
        encoder_2=order.encoder_2,
    )
    _mine().append(job.id)


def show_work(work: Background) -> None:
    """Draw all ingestions; while one is under way, this part of the page looks again by itself."""
    live = {job.id for job in _ingestions(work) if not job.is_over}
    st.fragment(_draw, run_every=_EVERY_SECONDS if live else None)(work, live)


def _draw(work: Background, live: set[str]) -> None:
    with clear_errors():
        jobs = _ingestions(work)
        now_live = {job.id for job in jobs if not job.is_over}
        if live != now_live:
            # What an ingestion changed is shown all over the page; and one that was resumed in here
            # makes this part look again by itself, which only the whole page can begin.
            st.rerun()
        with st.container(key="work", gap="small"):
            for job in reversed(jobs):
                if not job.is_over:
                    _show_progress(work, job)
            for job in jobs:
                if job.can_resume:
                    _show_unfinished(work, job)
            done = [job for job in jobs if job.id in _mine() and job.state == "done"]
            for place, job in enumerate(done):
                _show_report(job, "open_new" if place == 0 else f"open_report_{job.id}")


def progress_text(progress: Progress | None) -> str:
    """How far it is: files, passages, speed, and the time left once it can be told."""
    if progress is None or not progress.total_files:
        return "Loading the encoder …"
    parts = [
        f"{progress.files:,} of {counted(progress.total_files, 'file')}",
        counted(progress.chunks, "passage"),
    ]
    if progress.chunks_per_second >= 1:
        parts.append(f"{progress.chunks_per_second:,.0f} a second")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return " · ".join(parts)


def report_html(report: Mapping[str, Any]) -> str:
    """What was added, and each file that was left out with its reason."""
    skipped = report["skipped"]
    counts = [(name, report[name]) for name in ("added", "replaced", "unchanged")]
    chips = "".join(
        f'<span class="sl-chip">{count:,} {name}</span>'
        for name, count in (*counts, ("skipped", len(skipped)))
    )
    took = duration(report["seconds"]) if report["seconds"] >= 1 else "under 1 s"
    stopped = " Stopped; what was finished is kept." if report.get("cancelled") else ""
    return (
        '<div class="sl-report" role="status" data-scroll-here><p>'
        f"<strong>{html_text(report['collection'])}</strong> now holds "
        f"{counted(report['documents'], 'document')} in "
        f"{counted(report['chunks'], 'passage')} ({took}).{stopped}</p>"
        f'<div class="sl-chips">{chips}</div>{_skipped_html(skipped)}</div>'
    )


def _show_progress(work: Background, job: Job) -> None:
    progress = job.progress
    with st.container(border=True, gap="small", key=f"job_{job.id}"):
        here = "data-scroll-here" if job.id in _mine() else ""
        st.html(f'<p class="sl-file" {here}>Adding to {html_text(job.queue)}</p>')
        if job.state == "queued":
            st.progress(0.0, text="Waits for its turn …")
        else:
            fraction = min(progress.fraction, 1.0) if progress else 0.0
            st.progress(fraction, text=progress_text(progress))
            current = html_text(one_line(progress.current, 100)) if progress else ""
            st.html(f'<p class="sl-quiet sl-reading">{current or "…"}</p>')
        is_stopping = job.id in _stopping()
        st.button(
            "Stopping …" if is_stopping else "Stop",
            icon=":material/stop:",
            key=f"stop_{job.id}",
            help="What is finished is kept.",
            disabled=is_stopping,
            on_click=_stop,
            args=(work, job.id),
        )


def _show_unfinished(work: Background, job: Job) -> None:
    said = f"<strong>Adding to {html_text(job.queue)}</strong> {_SAID[job.state]}"
    let_go = "The collection keeps what is finished; the files that wait are let go."
    show_stopped(
        job,
        "job",
        f'<p class="sl-done">{said}</p>',
        Way("Only what is missing is done.", lambda job_id: _resume(work, job_id)),
        Way(let_go, work.ingestions.forget),
    )


def _show_report(job: Job, key: str) -> None:
    report = job.result or {}
    with st.container(border=True, gap="small", key=f"job_{job.id}"):
        beside = report.get("beside")
        st.html(report_html(report) + (report_html(beside) if beside else ""))
        with st.container(horizontal=True):
            if report["chunks"] and st.button(
                "Open in search", icon=":material/search:", type="primary", key=key
            ):
                open_in_search(job.queue, beside=beside["collection"] if beside else None)
            st.button(
                "Dismiss",
                icon=":material/close:",
                key=f"dismiss_{job.id}",
                on_click=_mine().remove,
                args=(job.id,),
            )


def _stop(work: Background, job_id: str) -> None:
    _stopping().add(job_id)
    work.jobs.cancel(job_id)


def _resume(work: Background, job_id: str) -> None:
    if job_id not in _mine():
        _mine().append(job_id)
    _stopping().discard(job_id)
    work.jobs.resume(job_id)


def _ingestions(work: Background) -> list[Job]:
    """All ingestions that are known, the newest first."""
    from retrieval.ingest.orders import KIND  # noqa: PLC0415  (heavy; see resources)

    return [job for job in work.jobs.list() if job.kind == KIND]


def _mine() -> list[str]:
    """Ids of the jobs that this session handed over."""
    mine: list[str] = st.session_state.setdefault("my_jobs", [])
    return mine


def _stopping() -> set[str]:
    """Ids of the jobs that this session asked to stop; they finish what they are at."""
    stopping: set[str] = st.session_state.setdefault("stopping", set())
    return stopping


def _skipped_html(skipped: Sequence[Mapping[str, str]]) -> str:
    if not skipped:
        return ""
    rows = "".join(
        f"<tr><td>{html_text(one_line(one['file'], 120))}</td>"
        f"<td>{html_text(one_line(one['reason'], 300))}</td></tr>"
        for one in skipped[:_MOST_LINES]
    )
    more = len(skipped) - _MOST_LINES
    rest = f"<tr><td>…</td><td>and {more:,} more</td></tr>" if more > 0 else ""
    return (
        '<div class="sl-table-wrap"><table class="sl-table sl-words"><thead><tr>'
        '<th scope="col">left out</th><th scope="col">why</th></tr></thead>'
        f"<tbody>{rows}{rest}</tbody></table></div>"
    )
