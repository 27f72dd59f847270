"""Two words or phrases that a person picks change places."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.safe_text import one_line
from retrieval.contrast.spans import spans_of
from retrieval.contrast.twins import Refusal, Sentence, swap_spans
from retrieval.contrast.twins.by_hand import SpanOf
from retrieval.types import text_hash

_LABEL_CHARACTERS = 60


def swap_by_hand(text: str, sentence: Sentence, box: str) -> str:
    """Draw the two choices and the button.

    Args:
        text: The whole text.
        sentence: The sentence whose words can be picked.
        box: The box that the twin is put into.

    Returns:
        Why the last two could not be swapped; empty otherwise.
    """
    spans = spans_of(sentence)
    mark = text_hash(f"{sentence.number}:{text}")[:8]
    columns = st.columns([3, 3, 1.4], vertical_alignment="bottom", gap="small")
    picked = [
        column.selectbox(
            label,
            spans,
            index=None,
            format_func=lambda span: one_line(text[span[0] : span[1]], _LABEL_CHARACTERS),
            key=f"span_{place}_{mark}",
            placeholder="A word or a phrase …",
        )
        for place, (column, label) in enumerate(
            zip(columns[:2], ("Swap this", "with that"), strict=True)
        )
    ]
    columns[2].button(
        "Swap",
        key="swap",
        width="stretch",
        disabled=None in picked,
        on_click=_swap,
        args=(text, picked, box),
    )
    return str(st.session_state.pop("swap_refused", ""))


def _swap(text: str, picked: Sequence[SpanOf | None], box: str) -> None:
    first, second = picked
    if first is None or second is None:
        return
    made = swap_spans(text, first, second)
    if isinstance(made, Refusal):
        st.session_state["swap_refused"] = made.reason
    else:
        st.session_state[box] = made.text
