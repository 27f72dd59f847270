"""One collection, opened: its documents, questions, indexes and versions, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.library.deletion import confirm_deletion
from pages.parts.library.documents import show_documents
from pages.parts.library.export_view import show_export
from pages.parts.library.facts import fact_chips_html
from pages.parts.library.index_view import show_index
from pages.parts.library.opened import close_collection, open_in_search
from pages.parts.library.questions import show_questions
from pages.parts.library.renaming import rename_form
from pages.parts.library.shelf import name_collection
from pages.parts.library.versions_view import show_versions
from pages.parts.resources import Engine
from pages.parts.safe_text import html_text

if TYPE_CHECKING:
    from retrieval.store import Collection

VIEWS = ("Documents", "Questions", "Index", "Versions", "Export")


def show_collection(made: Engine, name: str) -> None:
    """Draw an opened collection.

    Raises:
        CollectionMissingError: If there is none of this name.
    """
    st.button(
        "All collections",
        icon=":material/arrow_back:",
        type="tertiary",
        key="close_collection",
        on_click=close_collection,
    )
    collection = made.store.open(name)
    st.html(f'<h2 class="sl-opened">{html_text(name)}</h2>{fact_chips_html(collection)}')
    _show_actions(made, collection)
    view = st.segmented_control(
        "What to see",
        VIEWS,
        default=VIEWS[0],
        key="view",
        required=True,
        label_visibility="collapsed",
        width="stretch",
        bind="query-params",
    )
    with st.container(key="collection_view", gap="small"), clear_errors():
        _show_view(view or VIEWS[0], made, collection)


def _show_view(view: str, made: Engine, collection: Collection) -> None:
    match view:
        case "Questions":
            show_questions(collection)
        case "Index":
            show_index(made, collection)
        case "Versions":
            show_versions(collection)
        case "Export":
            show_export(collection)
        case _:
            show_documents(made, collection)


def _show_actions(made: Engine, collection: Collection) -> None:
    info = collection.info
    with st.container(horizontal=True):
        if st.button("Search", icon=":material/search:", type="primary", key="open_opened"):
            open_in_search(info.name)
        st.button(
            "Add files",
            icon=":material/add:",
            key="add_opened",
            on_click=name_collection,
            args=(info.name,),
        )
        rename_form(made, info)
        if st.button("Delete", icon=":material/delete:", key="delete_opened"):
            confirm_deletion(made, info)
