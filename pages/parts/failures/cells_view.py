"""The four cells: what every stage makes of the item, and how to have the figures elsewhere."""

from __future__ import annotations

import json

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.failures import sentences
from pages.parts.failures.item import Item
from pages.parts.failures.tables import cells_html
from pages.parts.resources import Engine
from pages.parts.safe_text import html_text
from retrieval.contrast.four_cells import FourCells, probe_row, score_cells
from retrieval.settings import SearchSettings
from retrieval.store import Snapshot


def score_item(made: Engine, snapshot: Snapshot, item: Item, asked: SearchSettings) -> FourCells:
    """The scores; those of the last run are kept."""
    backend = made.models.describe().asked
    key = (snapshot.key, item.probe, asked.reranker, backend)
    held_key, held = st.session_state.get("four_cells", (None, None))
    if held_key == key and isinstance(held, FourCells):
        return held
    cells = score_cells(item.probe, made.models, made.cache, asked=asked, background=snapshot)
    st.session_state["four_cells"] = (key, cells)
    return cells


def show_cells(cells: FourCells, item: Item, collection: str, strip: DeltaGenerator) -> None:
    """The sentence in the strip, and the table."""
    strip.html(
        '<div class="sl-strip" role="status"><p class="sl-happened"><strong>'
        f"{html_text(sentences.happened(cells, item.names[0], item.other))}</strong></p>"
        f'<p class="sl-more">{html_text(sentences.rule_line(cells))}</p></div>'
    )
    st.html('<h2 class="sl-section">All scores, in every stage</h2>')
    st.html(cells_html(cells, item.names))
    told = (sentences.control_line(cells), sentences.corpus_line(cells, collection))
    st.html(f'<p class="sl-caption">{html_text(" ".join(told))}</p>')
    st.download_button(
        "This item as a probe file",
        json.dumps(probe_row(item.probe), ensure_ascii=False) + "\n",
        "twin.jsonl",
        "application/jsonl",
        icon=":material/download:",
        key="probe_file",
        help="The command `contrast` gives the same figures for it, with the option "
        "`collection` set to this collection.",
        on_click="ignore",
    )
