"""The library: bring documents in, see what there is, and take collections away again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors, show_note
from pages.parts.ingestion import report_html, run_order
from pages.parts.resources import Engine, engine, sample_descriptions
from pages.parts.safe_text import counted, html_text
from pages.parts.upload_form import order_form

if TYPE_CHECKING:
    from retrieval.store import CollectionInfo

_SEARCH_PAGE = "pages/explore/search.py"


def show_page() -> None:
    """Draw the page: the form on the left, the collections on the right."""
    loading = st.empty()
    with clear_errors(loading):
        made = engine(loading)
        loading.empty()
        form, shelf = st.columns([5, 6], gap="large")
        with form:
            st.header("Add documents")
            with clear_errors():
                add_documents(made)
        with shelf:
            st.header("Collections")
            with clear_errors():
                list_collections(made)


def add_documents(made: Engine) -> None:
    """The form, the work, and the report of the last work."""
    order = order_form(made)
    if order is not None:
        st.session_state.pop("report", None)
        st.session_state["report"] = run_order(made, order)
        st.rerun()
    report = st.session_state.get("report")
    if report is not None:
        st.html(report_html(report))
        if report.chunks and st.button("Open in search", icon=":material/search:", key="open_new"):
            open_in_search(report.collection)


def list_collections(made: Engine) -> None:
    """Each collection with its counts, and the samples that are not indexed yet."""
    infos = made.store.list()
    samples = sample_descriptions()
    for info in infos:
        _show_collection(made, info, samples.get(info.name, ""))
    present = {info.name for info in infos}
    for name, description in samples.items():
        if name not in present:
            _show_sample(name, description)
    if not infos and not samples:
        show_note("There is no collection yet.", "Add some documents on this page.")


@st.dialog("Delete this collection?")
def confirm_deletion(made: Engine, info: CollectionInfo) -> None:
    """Ask before anything is lost."""
    holds = f"{counted(info.documents, 'document')} and {counted(info.chunks, 'passage')}"
    st.html(
        f"<p><strong>{html_text(info.name)}</strong> with {holds} will be removed. "
        "Your own files stay where they are.</p>"
    )
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete:", key="delete_yes"):
            with clear_errors():
                made.store.delete(info.name)
                st.session_state.pop("report", None)
                st.session_state.get("samples_ready", set()).discard(info.name)
                st.rerun()
        if st.button("Keep it", key="delete_no"):
            st.rerun()


def open_in_search(name: str) -> None:
    """Go to the search page with this collection."""
    st.switch_page(_SEARCH_PAGE, query_params={"collection": name})


def _show_collection(made: Engine, info: CollectionInfo, description: str) -> None:
    with st.container(border=True, gap="small", key=f"collection_{info.id}"):
        st.html(_card_html(info, description))
        with st.container(horizontal=True):
            if st.button("Open in search", icon=":material/search:", key=f"open_{info.id}"):
                open_in_search(info.name)
            st.button(
                "Add files",
                icon=":material/add:",
                key=f"add_{info.id}",
                on_click=_name_collection,
                args=(info.name,),
            )
            if st.button("Delete", icon=":material/delete:", key=f"delete_{info.id}"):
                confirm_deletion(made, info)


def _name_collection(name: str) -> None:
    st.session_state["name"] = name


def _show_sample(name: str, description: str) -> None:
    with st.container(border=True, gap="small", key=f"sample_{name}"):
        st.html(
            f'<h3 class="sl-chart-title">{html_text(name)}</h3>'
            f'<p class="sl-quiet">{html_text(description)} It is indexed when it is first opened.'
            "</p>"
        )
        if st.button("Open in search", icon=":material/search:", key=f"open_sample_{name}"):
            open_in_search(name)


def _card_html(info: CollectionInfo, description: str) -> str:
    created = datetime.fromisoformat(info.created).strftime("%-d %B %Y")
    facts = (
        counted(info.documents, "document"),
        counted(info.chunks, "passage"),
        f"{info.chunk_tokens} tokens, overlap {info.overlap}",
        info.encoder,
        created,
    )
    chips = "".join(f'<span class="sl-chip">{html_text(fact)}</span>' for fact in facts)
    about = f'<p class="sl-quiet">{html_text(description)}</p>' if description else ""
    return (
        f'<h3 class="sl-chart-title">{html_text(info.name)}</h3>{about}'
        f'<div class="sl-chips">{chips}</div>'
    )


show_page()
