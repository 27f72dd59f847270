"""The answer as a plain widget: for keyboards, for addresses, and for answers in no list."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.parts.result_lists import place_text
from pages.parts.safe_text import one_line
from pages.parts.state import marked_answer
from retrieval.types import Chunk

_TITLE_CHARACTERS = 60


def pick_answer(shown: Mapping[str, Chunk], known: Mapping[str, Chunk]) -> None:
    """Draw the picker.

    Args:
        shown: Chunks in the lists, best first.
        known: Chunks of the documents known to be right, which may be in no list.
    """
    chunks = {**shown, **known}
    current = marked_answer()
    options = [*chunks, *([current] if current and current not in chunks else [])]
    st.selectbox(
        "The answer is",
        options,
        index=None,
        format_func=lambda chunk_id: _label(chunk_id, chunks.get(chunk_id)),
        key="answer",
        bind="query-params",
        placeholder="The answer is … mark a passage with ✓, or choose it here",
        accept_new_options=True,
        label_visibility="collapsed",
    )


def _label(chunk_id: str, chunk: Chunk | None) -> str:
    """Title, place and id: the id comes last, because the address carries the whole label."""
    if chunk is None:
        return chunk_id
    title = one_line(chunk.title or chunk.document_id, _TITLE_CHARACTERS)
    place = one_line(place_text(chunk), _TITLE_CHARACTERS)
    return " · ".join(part for part in (title, place, chunk_id) if part)
