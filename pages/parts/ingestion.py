"""An ingestion on the page: progress with counts while it runs, and a report when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.resources import Engine
from pages.parts.safe_text import counted, html_text, one_line
from pages.parts.upload_form import Order
from retrieval.errors import CollectionMissingError
from retrieval.types import Progress, Skipped

if TYPE_CHECKING:
    from retrieval.ingest.report import Report
    from retrieval.store import Collection

_SECONDS_A_MINUTE = 60


def run_order(made: Engine, order: Order) -> Report:
    """Ingest under a progress bar; a press of Stop ends it, and what is finished is kept."""
    from retrieval.ingest.pipeline import ingest  # noqa: PLC0415  (heavy; see resources)

    work = st.empty()
    try:
        with work.container():
            bar = st.progress(0.0, text="Loading the encoder …")
            st.button("Stop", icon=":material/stop:", key="stop", help="What is finished is kept.")

        def show(progress: Progress) -> None:
            bar.progress(min(progress.fraction, 1.0), text=progress_text(progress))

        encoder = made.models.encoder(order.encoder)
        collection = _open_or_create(made, order)
        return ingest(collection, order.sources, encoder, on_progress=show)
    finally:
        work.empty()


def progress_text(progress: Progress) -> str:
    """How far it is: files, passages, speed, and the time left once it can be told."""
    parts = [
        f"{progress.files:,} of {counted(progress.total_files, 'file')}",
        counted(progress.chunks, "passage"),
    ]
    if progress.chunks_per_second:
        parts.append(f"{progress.chunks_per_second:,.0f} a second")
    if progress.seconds_left is not None:
        parts.append(f"{_duration(progress.seconds_left)} left")
    return " · ".join(parts)


def report_html(report: Report) -> str:
    """What was added, and each file that was left out with its reason."""
    counts = (
        ("added", report.added),
        ("replaced", report.replaced),
        ("unchanged", report.unchanged),
        ("skipped", len(report.skipped)),
    )
    chips = "".join(f'<span class="sl-chip">{count:,} {name}</span>' for name, count in counts)
    stopped = " Stopped; what was finished is kept." if report.cancelled else ""
    return (
        f'<div class="sl-report" role="status"><p><strong>{html_text(report.collection)}</strong> '
        f"now holds {counted(report.documents, 'document')} in {counted(report.chunks, 'passage')} "
        f"({_duration(report.seconds)}).{stopped}</p>"
        f'<div class="sl-chips">{chips}</div>{_skipped_html(report.skipped)}</div>'
    )


def _skipped_html(skipped: tuple[Skipped, ...]) -> str:
    if not skipped:
        return ""
    rows = "".join(
        f"<tr><td>{html_text(one_line(one.file, 120))}</td>"
        f"<td>{html_text(one_line(one.reason, 300))}</td></tr>"
        for one in skipped
    )
    return (
        '<div class="sl-table-wrap"><table class="sl-table sl-words"><thead><tr>'
        '<th scope="col">left out</th><th scope="col">why</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _open_or_create(made: Engine, order: Order) -> Collection:
    try:
        return made.store.open(order.name)
    except CollectionMissingError:
        encoder = made.models.encoder(order.encoder)
        return made.store.create(order.name, encoder, order.chunking)


def _duration(seconds: float) -> str:
    if seconds < _SECONDS_A_MINUTE:
        return f"{seconds:.0f} s" if seconds >= 1 else "under 1 s"
    return f"{seconds / _SECONDS_A_MINUTE:.0f} min"
