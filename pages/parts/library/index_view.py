"""How a collection is searched: exactly or through an index, what that takes and what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.library.background import background
from pages.parts.library.cells import bytes_text
from pages.parts.library.facts import day_text, facts_html
from pages.parts.library.token_view import show_tokens
from pages.parts.resources import Engine
from retrieval.settings import settings
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.store import Collection, IndexInfo

_BYTES_A_NUMBER = 4
_EVERY_SECONDS = 1.0
_BLINK_SECONDS = 0.5
_LEGS = {"vector": "Bi-encoder", "words": "BM25"}


def show_index(made: Engine, collection: Collection) -> None:
    """One box for each stage that reads the whole collection, and one for what lies on disk."""
    infos = {info.column: info for info in collection.indexes.infos()}
    chunks = collection.info.chunks
    _show_leg("vector", infos.get("vector"), _exact_facts(collection, chunks))
    _show_leg("words", infos.get("words"), _memory_facts())
    if _is_wanting(infos, chunks):
        _show_build(collection)
    show_tokens(made, background(made), collection)
    _show_disk(collection, chunks)


def _show_disk(collection: Collection, chunks: int) -> None:
    disk = collection.disk_use()
    with st.container(border=True, gap="small", key="disk"):
        st.html('<h3 class="sl-chart-title">On disk</h3>')
        facts = {
            "made on": day_text(collection.info.created),
            "rows as they are now": bytes_text(disk.current),
        }
        if disk.total is not None:
            facts["with indexes and older versions"] = bytes_text(disk.total)
        if chunks:
            facts["bytes a passage"] = bytes_text(round(disk.current / chunks))
        st.html(facts_html(facts))


def _show_leg(column: str, info: IndexInfo | None, without: dict[str, str]) -> None:
    with st.container(border=True, gap="small", key=f"index_{column}"):
        st.html(f'<h3 class="sl-chart-title">{_LEGS[column]}</h3>')
        st.html(facts_html(without if info is None else _index_facts(info)))


def _exact_facts(collection: Collection, chunks: int) -> dict[str, str]:
    size = bytes_text(chunks * collection.info.dimension * _BYTES_A_NUMBER)
    return {
        "type": "exact: every vector is compared, so recall is 1",
        "in memory": f"{size} for {counted(chunks, 'vector')}",
        "an index is built": f"from {settings().vector_index_chunks:,} passages",
    }


def _memory_facts() -> dict[str, str]:
    return {
        "type": "words counted in memory, the same formula as the index",
        "an index is built": f"from {settings().full_text_chunks:,} passages",
    }


def _index_facts(info: IndexInfo) -> dict[str, str]:
    facts = {
        "type": info.kind,
        "bytes": bytes_text(info.bytes),
        "built in": f"{info.build_seconds:,.1f} s",
        "covers": counted(info.rows, "passage"),
    }
    if info.unindexed:
        facts["came later"] = f"{counted(info.unindexed, 'passage')}, found by a scan"
    if info.recall is not None:
        facts["recall"] = f"{info.recall:.3f} of the nearest that the exact scan finds"
    return facts


def _is_wanting(infos: dict[str, IndexInfo], chunks: int) -> bool:
    """Whether the collection's size asks for an index that is not there, or not whole."""
    sizes = {"words": settings().full_text_chunks, "vector": settings().vector_index_chunks}
    return any(
        chunks >= size and (column not in infos or infos[column].unindexed > 0)
        for column, size in sizes.items()
    )


def _show_build(collection: Collection) -> None:
    if collection.indexes.building:
        st.fragment(_show_building, run_every=_EVERY_SECONDS)(collection)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Build the index",
            icon=":material/construction:",
            key="build_index",
            on_click=_build,
            args=(collection,),
        )
        st.caption("It is also built by itself, at the next search.")


def _build(collection: Collection) -> None:
    collection.indexes.start()
    # A small index is there within a blink, and then nobody sees that it was being built.
    collection.indexes.wait(_BLINK_SECONDS)


def _show_building(collection: Collection) -> None:
    """Looks again by itself until the index is there."""
    with clear_errors():
        if not collection.indexes.building:
            st.rerun()
        st.caption("The index is being built; searches go on meanwhile.")
