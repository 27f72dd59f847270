"""A passage within its document: the whole text, where the passage stands, where the cuts are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.looks import STAGE_LOOKS
from pages.parts.passages import WORD_KEY_HTML, marked_html, plain_html
from pages.parts.result_lists import place_text
from pages.parts.safe_text import html_text
from pages.parts.state import mark_answer, marked_answer
from retrieval.types import Chunk, Document, Trace

if TYPE_CHECKING:
    from retrieval.store import Collection

_MOST_CHARACTERS = 40_000
"""Shown on either side of the passage; a browser chokes on a whole book."""


@st.dialog("The passage in its document", width="large")
def show_passage(collection: Collection, trace: Trace, chunk_id: str) -> None:
    """Open a passage.

    Args:
        collection: Holds its document.
        trace: The search it was opened from.
        chunk_id: The passage.
    """
    with clear_errors():
        chunk = trace.chunks.get(chunk_id) or collection.snapshot().chunks([chunk_id])[chunk_id]
        document = collection.document(chunk.document_id)
        cuts = collection.document_chunks(chunk.document_id)
        st.html(_head_html(chunk, document, len(cuts)))
        st.html(_ranks_html(trace, chunk_id))
        _answer_button(chunk_id)
        st.html(WORD_KEY_HTML)
        st.html(document_html(document, chunk, cuts, trace.query))


def document_html(document: Document, chunk: Chunk, cuts: Iterable[Chunk], query: str) -> str:
    """The document's text around a passage, escaped, with a sign at each chunk's beginning."""
    first = max(0, chunk.start - _MOST_CHARACTERS)
    last = min(len(document.text), chunk.end + _MOST_CHARACTERS)
    starts = {cut.start: cut.ordinal + 1 for cut in cuts}
    before = _with_cuts(document.text, first, chunk.start, starts)
    after = _with_cuts(document.text, chunk.end, last, starts)
    here = marked_html(query, document.text[chunk.start : chunk.end])
    return (
        f'<div class="sl-document" tabindex="0">{_left_out(first)}{before}'
        f'<div class="sl-here" data-scroll-here>{_sign(chunk.ordinal + 1)}{here}</div>'
        f"{after}{_left_out(len(document.text) - last)}</div>"
    )


def _with_cuts(text: str, first: int, last: int, starts: dict[int, int]) -> str:
    pieces, behind = [], first
    for start in sorted(at for at in starts if first <= at < last):
        pieces += [plain_html(text[behind:start]), _sign(starts[start])]
        behind = start
    return "".join([*pieces, plain_html(text[behind:last])])


def _sign(number: int) -> str:
    return f'<span class="sl-cut" title="passage {number} begins here">{number}</span>'


def _left_out(characters: int) -> str:
    if characters <= 0:
        return ""
    return f'<p class="sl-quiet">… {characters:,} more characters …</p>'


def _head_html(chunk: Chunk, document: Document, pieces: int) -> str:
    facts = (
        place_text(chunk),
        document.source,
        f"passage {chunk.ordinal + 1} of {pieces}",
        f"characters {chunk.start:,}–{chunk.end:,} of {len(document.text):,}",
    )
    line = " · ".join(html_text(fact) for fact in facts if fact)
    title = html_text(document.title or document.id)
    return f'<h3 class="sl-chart-title">{title}</h3><div class="sl-quiet">{line}</div>'


def _ranks_html(trace: Trace, chunk_id: str) -> str:
    chips = []
    for stage, ranking in trace.rankings.items():
        hit = ranking.find(chunk_id)
        look = STAGE_LOOKS[stage]
        chips.append(
            f'<span class="sl-chip sl-stage-{stage}"><b aria-hidden="true">{look.icon}</b> '
            f"{look.label} {hit.rank if hit else '–'}</span>"
        )
    return f'<div class="sl-chips">{"".join(chips)}</div>'


def _answer_button(chunk_id: str) -> None:
    is_answer = marked_answer() == chunk_id
    label = "Not the answer after all" if is_answer else "This is the answer"
    icon = ":material/close:" if is_answer else ":material/check:"
    pressed = st.button(
        label,
        type="primary",
        icon=icon,
        key="dialog_answer",
        on_click=mark_answer,
        args=(chunk_id,),
    )
    if pressed:
        st.rerun()
