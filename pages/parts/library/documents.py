"""The documents of a collection: a table to look through, search within, open and take out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import show_note
from pages.parts.library.cells import cell_text
from pages.parts.library.deletion import confirm_document_deletion
from pages.parts.library.whole_document import show_document, show_found
from pages.parts.resources import Engine
from retrieval.settings import DEPTH, SearchSettings
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.store import Collection, DocumentInfo

_A_PAGE = 100
_ROW_PX = 35
_MOST_ROWS_PX = 460
_SNIPPET_CHARACTERS = 160


def show_documents(made: Engine, collection: Collection) -> None:
    """All documents page by page, or the passages that share words with what is searched for."""
    wanted = st.text_input(
        "Search within",
        key="within",
        type="search",
        placeholder="words of a passage",
        label_visibility="collapsed",
        icon=":material/search:",
    ).strip()
    if wanted:
        _show_passages(made, collection, wanted)
    else:
        _show_page(collection)


def _show_page(collection: Collection) -> None:
    total = collection.counts().documents
    if not total:
        show_note("This collection is empty.", "Add some files with the form.")
        return
    table = st.container()
    pages = -(-total // _A_PAGE)
    page = st.pagination(pages, key="documents_page") if pages > 1 else 1
    infos = collection.documents(_A_PAGE, (page - 1) * _A_PAGE)
    with table:
        # After a deletion the same rows are other documents: the selection begins anew.
        key = f"documents_{page}_of_{total}"
        picked = _pick_rows([_document_row(info) for info in infos], key)
        if pages > 1:
            st.caption(f"{_A_PAGE} of {counted(total, 'document')} a page.")
    ids = [infos[row].id for row in picked]
    if _read_or_delete(collection, ids, can_read=len(ids) == 1):
        show_document(collection, ids[0])


def _show_passages(made: Engine, collection: Collection, wanted: str) -> None:
    snapshot = collection.snapshot()
    if not len(snapshot):
        show_note("This collection is empty.", "Add some files with the form.")
        return
    asked = SearchSettings(stages=("bm25",), top=DEPTH)
    trace = made.cascade.search(snapshot, wanted, asked)
    hits = trace.rankings["bm25"].hits
    if not hits:
        show_note("No passage shares a word with this.", "Whole words are looked for.")
        return
    chunks = [trace.chunks[hit.chunk_id] for hit in hits]
    rows = [
        {
            "document": cell_text(chunk.title or chunk.document_id, 120),
            "no": chunk.ordinal + 1,
            "passage": cell_text(chunk.text, _SNIPPET_CHARACTERS),
            "source": cell_text(chunk.source, 120),
        }
        for chunk in chunks
    ]
    most = f"the best {DEPTH}" if len(hits) == DEPTH else counted(len(hits), "passage")
    picked = _pick_rows(rows, f"passages_{len(hits)}_{snapshot.version}")
    st.caption(f"{most} by shared words, best first.".capitalize())
    ids = list(dict.fromkeys(chunks[row].document_id for row in picked))
    if _read_or_delete(collection, ids, can_read=len(picked) == 1):
        show_found(collection, chunks[picked[0]], wanted)


def _document_row(info: DocumentInfo) -> dict[str, object]:
    return {
        "document": cell_text(info.title or info.id, 120),
        "passages": info.chunks,
        "source": cell_text(info.source, 120),
        "id": cell_text(info.id, 120),
    }


def _pick_rows(rows: Sequence[dict[str, object]], key: str) -> list[int]:
    """A table whose rows can be selected; the places of those that are."""
    picked = st.dataframe(
        rows,
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        height=min(_MOST_ROWS_PX, _ROW_PX * (len(rows) + 1) + 3),
        column_config={
            "document": st.column_config.TextColumn(width="medium"),
            "passage": st.column_config.TextColumn(width="large"),
            "passages": st.column_config.NumberColumn(width="small"),
            "no": st.column_config.NumberColumn(width="small", help="Which passage of it"),
        },
        alt="Documents of the collection.",
    )
    return [row for row in picked["selection"]["rows"] if row < len(rows)]


def _read_or_delete(collection: Collection, ids: list[str], *, can_read: bool) -> bool:
    """Draw both buttons; whether a document is to be read."""
    with st.container(horizontal=True, vertical_alignment="center"):
        is_read = st.button(
            "Read",
            icon=":material/article:",
            key="read_document",
            disabled=not can_read,
            help="The whole document with its cuts; select one.",
        )
        if st.button(
            f"Delete {counted(len(ids), 'document')}" if ids else "Delete",
            icon=":material/delete:",
            key="delete_documents",
            disabled=not ids,
        ):
            confirm_document_deletion(collection, ids)
        if not ids:
            st.caption("Select rows to read or delete documents.")
    return is_read
