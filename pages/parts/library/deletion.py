"""Taking things away, and asking before anything is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.library.opened import close_collection
from pages.parts.resources import Engine
from pages.parts.safe_text import html_text, one_line
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.store import Collection, CollectionInfo

_MOST_NAMED = 8


@st.dialog("Delete this collection?")
def confirm_deletion(made: Engine, info: CollectionInfo) -> None:
    """Ask, and delete a collection."""
    holds = f"{counted(info.documents, 'document')} and {counted(info.chunks, 'passage')}"
    st.html(
        f"<p><strong>{html_text(info.name)}</strong> with {holds} will be removed. "
        "Your own files stay where they are.</p>"
    )
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete:", key="delete_yes"):
            with clear_errors():
                made.store.delete(info.name)
                st.session_state.get("samples_ready", set()).discard(info.name)
                close_collection()
                st.rerun()
        if st.button("Keep it", key="delete_no"):
            st.rerun()


@st.dialog("Delete documents?")
def confirm_document_deletion(collection: Collection, document_ids: Sequence[str]) -> None:
    """Ask, and delete documents with all their passages."""
    count = counted(len(document_ids), "document")
    st.html(
        f"<p>{count} will be removed from <strong>{html_text(collection.name)}</strong>, with all "
        f"passages. Your own files stay where they are.</p>{_named_html(document_ids)}"
    )
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete:", key="documents_yes"):
            with clear_errors():
                collection.delete_documents(document_ids)
                st.rerun()
        if st.button("Keep them", key="documents_no"):
            st.rerun()


def _named_html(document_ids: Sequence[str]) -> str:
    shown = "".join(
        f"<li>{html_text(one_line(one, 80))}</li>" for one in document_ids[:_MOST_NAMED]
    )
    more = len(document_ids) - _MOST_NAMED
    rest = f"<li>and {more:,} more</li>" if more > 0 else ""
    return f"<ul>{shown}{rest}</ul>"
