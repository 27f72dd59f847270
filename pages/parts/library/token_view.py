"""Token vectors of a collection: what storing them takes, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.library.background import Background
from pages.parts.library.cells import bytes_text
from pages.parts.library.facts import facts_html
from pages.parts.resources import Engine
from pages.parts.safe_text import html_text
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.jobs import Job
    from retrieval.store import Collection

_EVERY_SECONDS = 1.0
_SECONDS_A_MINUTE = 60


def show_tokens(made: Engine, work: Background, collection: Collection) -> None:
    """Draw the box; while vectors are being stored, it looks again by itself."""
    with st.container(border=True, gap="small", key="tokens"):
        st.html('<h3 class="sl-chart-title">Late interaction</h3>')
        job = work.tokens.latest(collection.name)
        if job is not None and not job.is_over:
            st.fragment(_show_progress, run_every=_EVERY_SECONDS)(work, job.id)
        else:
            _show_state(made, work, collection, job)


def _show_progress(work: Background, job_id: str) -> None:
    with clear_errors():
        job = work.jobs.get(job_id)
        if job.is_over:
            st.rerun()
        progress = job.progress
        text = f"{counted(progress.chunks, 'passage')} done" if progress else "Loading the model …"
        st.progress(min(progress.fraction, 1.0) if progress else 0.0, text=text)
        st.button(
            "Stop",
            icon=":material/stop:",
            key="stop_tokens",
            help="What is finished is kept.",
            on_click=work.jobs.cancel,
            args=(job_id,),
        )


def _show_state(made: Engine, work: Background, collection: Collection, job: Job | None) -> None:
    info = collection.tokens.info()
    chunks = collection.info.chunks
    if info is None:
        st.html(facts_html({"token vectors": "none stored; it ranks the candidates alone"}))
    else:
        st.html(
            facts_html(
                {
                    "token vectors": f"stored for {info.chunks:,} of {counted(chunks, 'passage')}",
                    "bytes": bytes_text(info.bytes),
                    "bytes a passage": bytes_text(round(info.bytes_a_chunk)),
                }
            )
        )
    if job is not None and job.error:
        st.html(f'<p class="sl-about">{html_text(job.error["message"])}</p>')
    with st.container(horizontal=True, vertical_alignment="center"):
        if chunks and (info is None or info.chunks < chunks):
            _offer_storing(made, work, collection)
        if info is not None and st.button("Drop them", icon=":material/delete:", key="drop_tokens"):
            collection.tokens.drop()
            st.rerun()


def _offer_storing(made: Engine, work: Background, collection: Collection) -> None:
    st.button(
        "Store them",
        icon=":material/database:",
        key="store_tokens",
        help="Then late interaction can rank the whole collection, and not the candidates alone.",
        on_click=_store,
        args=(work, collection.name),
    )
    if st.button("What would it take?", icon=":material/scale:", key="token_cost"):
        with st.spinner("Encoding a sample …", show_time=False):
            cost = collection.snapshot().token_cost(made.models.late())
        minutes = cost.seconds / _SECONDS_A_MINUTE
        span = f"{minutes:,.0f} min" if minutes >= 1 else f"{cost.seconds:,.0f} s"
        st.caption(
            f"About {bytes_text(round(cost.bytes_a_chunk))} a passage, "
            f"{bytes_text(cost.bytes)} in all, and {span}."
        )


def _store(work: Background, name: str) -> None:
    with clear_errors():
        work.tokens.submit(name)
