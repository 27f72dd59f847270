"""All collections, one card each, and the samples that are not indexed yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors, show_note
from pages.parts.library.deletion import confirm_deletion
from pages.parts.library.facts import fact_chips_html
from pages.parts.library.opened import open_collection, open_in_search
from pages.parts.resources import Engine, sample_descriptions
from pages.parts.safe_text import html_text

if TYPE_CHECKING:
    from retrieval.store import CollectionInfo


def show_shelf(made: Engine) -> None:
    """Each collection with its counts, then the samples that wait to be indexed."""
    infos = made.store.list()
    samples = sample_descriptions()
    for info in infos:
        with (
            st.container(border=True, gap="small", key=f"collection_{info.id}"),
            clear_errors(),
        ):
            _show_collection(made, info, samples.get(info.name, ""))
    present = {info.name for info in infos}
    for name, description in samples.items():
        if name not in present:
            _show_sample(name, description)
    if not infos and not samples:
        show_note("There is no collection yet.", "Add some documents on this page.")


def name_collection(name: str) -> None:
    """Put a collection's name into the form."""
    st.session_state["name"] = name


def _show_collection(made: Engine, info: CollectionInfo, description: str) -> None:
    about = f'<p class="sl-about">{html_text(description)}</p>' if description else ""
    title = f'<h3 class="sl-chart-title">{html_text(info.name)}</h3>'
    st.html(f"{title}{about}{fact_chips_html(made.store.open(info.name))}")
    with st.container(horizontal=True):
        st.button(
            "Open",
            icon=":material/menu_book:",
            key=f"browse_{info.id}",
            on_click=open_collection,
            args=(info.name,),
        )
        if st.button("Search", icon=":material/search:", key=f"open_{info.id}"):
            open_in_search(info.name)
        st.button(
            "Add files",
            icon=":material/add:",
            key=f"add_{info.id}",
            on_click=name_collection,
            args=(info.name,),
        )
        if st.button("Delete", icon=":material/delete:", key=f"delete_{info.id}"):
            confirm_deletion(made, info)


def _show_sample(name: str, description: str) -> None:
    with st.container(border=True, gap="small", key=f"sample_{name}"):
        st.html(
            f'<h3 class="sl-chart-title">{html_text(name)}</h3>'
            f'<p class="sl-about">{html_text(description)} It is indexed when it is first opened.'
            "</p>"
        )
        if st.button("Open in search", icon=":material/search:", key=f"open_sample_{name}"):
            open_in_search(name)
