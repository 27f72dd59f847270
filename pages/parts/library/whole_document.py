"""A document whole: what is known of it, and its text with the cuts in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.document_view import document_html
from pages.parts.errors import clear_errors
from pages.parts.library.cut_text import cut_key_html, cut_text_html
from pages.parts.passages import WORD_KEY_HTML
from pages.parts.safe_text import html_text, one_line
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.store import Collection
    from retrieval.types import Chunk, Document

_CHARACTERS_A_PART = 40_000
"""A browser chokes on a whole book; longer documents are turned like pages."""
_MOST_FIELDS = 40


@st.dialog("Document", width="large")
def show_document(collection: Collection, document_id: str) -> None:
    """Open a document whole."""
    with clear_errors():
        document = collection.document(document_id)
        chunks = collection.document_chunks(document_id)
        st.html(_head_html(document, chunks))
        text = st.container()
        parts = max(1, -(-len(document.text) // _CHARACTERS_A_PART))
        part = st.pagination(parts, key="document_part") if parts > 1 else 1
        first = (part - 1) * _CHARACTERS_A_PART
        cuts = [(chunk.start, chunk.end) for chunk in chunks]
        last = first + _CHARACTERS_A_PART
        with text:
            st.html(cut_text_html(document.text, cuts, first, last, short=False))
            st.html(cut_key_html(shared=collection.info.overlap > 0))


@st.dialog("The passage in its document", width="large")
def show_found(collection: Collection, chunk: Chunk, wanted: str) -> None:
    """Open a passage that was found, in its document."""
    with clear_errors():
        document = collection.document(chunk.document_id)
        chunks = collection.document_chunks(chunk.document_id)
        st.html(_head_html(document, chunks))
        st.html(document_html(document, chunk, chunks, wanted))
        st.html(WORD_KEY_HTML)


def _head_html(document: Document, chunks: tuple[Chunk, ...]) -> str:
    pages = {chunk.page for chunk in chunks if chunk.page is not None}
    facts = (
        document.source,
        document.id if document.id != document.source else "",
        counted(len(chunks), "passage"),
        counted(len(document.text), "character"),
        f"pages {min(pages)} to {max(pages)}" if pages else "",
    )
    line = " · ".join(html_text(fact) for fact in facts if fact)
    fields = list(document.metadata.items())[:_MOST_FIELDS]
    chips = "".join(
        f'<span class="sl-chip">{html_text(one_line(f"{name}: {value}", 80))}</span>'
        for name, value in fields
    )
    title = html_text(document.title or document.id)
    return (
        f'<h3 class="sl-chart-title">{title}</h3><div class="sl-quiet">{line}</div>'
        f'<div class="sl-chips">{chips}</div>'
    )
