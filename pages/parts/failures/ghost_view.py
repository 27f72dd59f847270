"""The twin in the collection: one search in which passage and twin both can be found."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.parts.charts.frame import draw_chart
from pages.parts.charts.rank_flow import rank_flow
from pages.parts.failures import sentences
from pages.parts.failures.item import ANSWERS, Item
from pages.parts.failures.tables import ranks_html
from pages.parts.resources import Engine
from pages.parts.safe_text import html_text
from retrieval.contrast.ghosts import Encounter, ghost_of, search_with_ghosts
from retrieval.explain.explainer import Passage
from retrieval.settings import SearchSettings
from retrieval.store import Snapshot
from retrieval.types import Trace

TYPED = "your text"


def show_encounter(
    made: Engine, snapshot: Snapshot, item: Item, passage: Passage, asked: SearchSettings
) -> None:
    """Search with the twin in the collection, and draw where both stand.

    Raises:
        CollectionError: If the collection is too large for this.
    """
    st.html(
        '<h2 class="sl-section">The twin in the collection</h2><p class="sl-quiet">'
        "For this one search the twin stands among the passages. It is not stored.</p>"
    )
    met = meet(made, snapshot, item, passage, asked)
    truth, other = item.names
    st.html(
        '<p class="sl-strip" role="status"><strong data-line="outranked">'
        f"{html_text(sentences.outranked_line(met, truth, other))}</strong></p>"
    )
    st.html(ranks_html(met, item.names))
    twin = met.other if item.answered_by == ANSWERS[0] else met.truth
    chart = rank_flow(met.trace, met.truth, twin)
    caption = sentences.flow_caption(met, truth, other, ANSWERS[1])
    draw_chart(replace(chart, key="ghost_flow", title="Rank flow with both", caption=caption))


def meet(
    made: Engine, snapshot: Snapshot, item: Item, passage: Passage, asked: SearchSettings
) -> Encounter:
    """The search with both in the collection; that of the last run is kept."""
    stored = snapshot.chunks([passage.chunk_id]) if passage.chunk_id else {}
    real = next(iter(stored.values()), None)
    document = real.document_id if real else TYPED
    twin = ghost_of(item.twin.text, document, real)
    own = real or ghost_of(item.passage, document)
    ghosts = (twin,) if real else (own, twin)
    query = item.probe.queries[0]
    key = (snapshot.key, query, asked, tuple(ghost.id for ghost in ghosts))
    held_key, trace = st.session_state.get("ghost_trace", (None, None))
    if held_key != key or not isinstance(trace, Trace):
        encoder = made.models.encoder(snapshot.encoder)
        with st.spinner("Searching with the twin in the collection …"):
            trace = search_with_ghosts(
                made.cascade, snapshot, encoder, query, asked, ghosts=ghosts, watched=[own.id]
            )
        st.session_state["ghost_trace"] = (key, trace)
    ids = (own.id, twin.id)
    truth, other = ids if item.answered_by == ANSWERS[0] else (ids[1], ids[0])
    return Encounter(trace, truth, other)
