"""The failure lab: a passage, its twin, and which stages can tell them apart."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.carried_view import carry_view
from pages.parts.controls import pick_reranker, slider
from pages.parts.errors import clear_errors, show_note
from pages.parts.failures.sheet import apply_sheet
from pages.parts.failures.warming import rules_ready, warm_rules
from pages.parts.model_choice import model_uses
from pages.parts.question_bar import ask_of, open_picked
from pages.parts.resources import Engine, engine, models_ready
from retrieval.settings import SearchSettings

if TYPE_CHECKING:
    from retrieval.store import Snapshot

BRAND_HTML = (
    '<h1 class="sl-brand">Failures</h1><p>Turn a passage around, and see which stages notice.</p>'
)
SHARED = ("collection", "query", "reranker", "candidates")
SCRIPT = "pages/understand/failures.py"
VIEWS = ("One twin", "Probe sets")


def show_page() -> None:
    """Draw the page from top to bottom."""
    carry_view(SCRIPT, "lab", SHARED, beside={"passage"})
    apply_sheet()
    warm_rules()
    view = st.segmented_control(
        "View",
        VIEWS,
        default=VIEWS[0],
        key="lab",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    if view == VIEWS[1]:
        show_probe_sets()
    else:
        show_twin()


def show_probe_sets() -> None:
    """Whole sets of items, through all stages."""
    from pages.parts.failures.probe_set import probe_set_section

    with st.sidebar:
        st.html(BRAND_HTML)
    probe_set_section()


def show_twin() -> None:
    """One passage with its twin."""
    notice = st.container()
    with st.container(key="bar"):
        bar = st.columns([2.6, 6.4, 2.2], vertical_alignment="bottom", gap="small")
    strip = st.empty()
    with clear_errors(strip):
        made = engine(strip)
        with bar[0]:
            collection = open_picked(made, notice, strip)
        if collection is None:
            return
        query, _ = ask_of(collection, bar[1], bar[2])
        with st.sidebar:
            st.html(BRAND_HTML)
            candidates = int(slider("candidates"))
            reranker = pick_reranker(model_uses("reranker"))
        if not len(collection.snapshot()):
            show_note("This collection is empty.", "Open the Library and add some files.", strip)
            return
        asked = SearchSettings(candidates=candidates, reranker=reranker)
        look_at(made, collection.snapshot(), query.strip(), asked, (strip, notice))


def look_at(
    made: Engine,
    snapshot: Snapshot,
    query: str,
    asked: SearchSettings,
    slots: tuple[DeltaGenerator, DeltaGenerator],
) -> None:
    """Pick the passage and its twin, score them, and put the twin into the collection.

    Raises:
        QueryError: If the question, the passage or the twin is empty or has no word.
    """
    from pages.parts.failures.cells_view import score_item, show_cells
    from pages.parts.failures.ghost_view import show_encounter
    from pages.parts.failures.item import edit_item, pick_twin
    from pages.parts.why.inputs import find_leaders, pick_passage
    from retrieval.explain.explainer import check_text

    strip, notice = slots
    check_text(query, "The question")
    sides = st.columns(2, gap="medium")
    if not models_ready(made, snapshot.encoder, asked):
        strip.status("Loading the models …")
    leaders = find_leaders(made, snapshot, query, asked.reranker)
    passage, missing = pick_passage(leaders, snapshot, sides[0])
    for one in missing:
        show_note(
            f"There is no passage “{one}” in this collection.",
            "It may have changed since the address was made. This is another one.",
            notice,
        )
    check_text(passage.text, "The passage")
    rules_ready(strip)
    with sides[1]:
        offers = pick_twin(passage.text)
    item = edit_item(query, passage.text, offers, sides[0])
    if item is None:
        return
    cells = score_item(made, snapshot, item, asked)
    show_cells(cells, item, snapshot.collection, strip)
    below = st.container()
    with clear_errors(below), below:
        show_encounter(made, snapshot, item, passage, asked)


show_page()
