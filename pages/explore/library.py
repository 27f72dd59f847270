"""The library: how documents get in, and what there is; each on one side of the page."""

from __future__ import annotations

import streamlit as st

from pages.parts.bridge import listen_to_lists
from pages.parts.errors import clear_errors
from pages.parts.ingestion import show_work, submit
from pages.parts.library.background import background
from pages.parts.library.catalogue_view import show_catalogue
from pages.parts.library.collection_view import show_collection
from pages.parts.library.import_form import import_form
from pages.parts.library.models_view import show_models
from pages.parts.library.opened import opened_name
from pages.parts.library.sheet import apply_sheet
from pages.parts.library.shelf import show_shelf
from pages.parts.resources import Engine, engine
from pages.parts.state import mark_answer
from pages.parts.upload_form import clear_form, order_form


def show_page() -> None:
    """Draw the page: the form on the left, the collections on the right."""
    apply_sheet()
    listen_to_lists(mark_answer)
    loading = st.empty()
    with clear_errors(loading):
        made = engine(loading)
        loading.empty()
        with st.container(key="wings"):
            form, shelf = st.columns([5, 6], gap="large")
        with form:
            st.html('<h2 class="sl-wing">Add documents</h2>')
            show_work(background(made))
            add_documents(made)
        with shelf, clear_errors():
            show_collections(made)


@st.fragment
def add_documents(made: Engine) -> None:
    """The form; a fragment, so that its previews answer without the rest of the page."""
    with clear_errors():
        order = order_form(made)
        if order is not None:
            submit(background(made), order)
            clear_form()
            st.rerun()


def show_collections(made: Engine) -> None:
    """The collection that is open, or all of them."""
    name = opened_name()
    if name:
        show_collection(made, name)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html('<h2 class="sl-wing">Collections</h2>')
        if st.button("Import", icon=":material/upload:", key="import"):
            import_form(made)
    show_shelf(made)
    show_catalogue(background(made))
    show_models(made)


show_page()
