"""The evaluate page: which system is better, by how much, and whether so few questions can tell."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.carried_view import carry_view
from pages.parts.controls import Choices, pool_settings
from pages.parts.errors import clear_errors, show_note
from pages.parts.evaluation.sheet import apply_sheet
from pages.parts.library.background import background
from pages.parts.model_choice import model_uses
from pages.parts.question_bar import open_picked
from pages.parts.resources import Engine, engine
from retrieval.errors import IngestError
from retrieval.settings import DEPTH, SearchSettings

if TYPE_CHECKING:
    from pages.parts.evaluation.bench_view import View
    from retrieval.store import Collection

BRAND_HTML = (
    '<h1 class="sl-brand">Which system is better?</h1>'
    "<p>Measured on judged questions, with what chance alone would do.</p>"
)
SHARED = ("collection", "candidates", "fusion", "rrf_k", "alpha", "reranker", "blend", "filter")
SCRIPT = "pages/measure/evaluate.py"


def show_page() -> None:
    """Draw the page from top to bottom."""
    carry_view(SCRIPT, "measures", SHARED)
    apply_sheet()
    notice = st.container()
    with st.container(key="bar"):
        bar = st.columns([3, 3.4, 5.2, 1.6], vertical_alignment="bottom", gap="small")
    strip = st.empty()
    with clear_errors(strip):
        made = engine(strip)
        with bar[0]:
            collection = open_picked(made, notice, strip)
        if collection is None:
            return
        asked = read_settings(collection)
        view = read_view(made, collection, asked, bar)
        if view is None:
            show_note(
                "This collection has no judged questions.",
                "Hand in questions with qrels above, or add them in the Library.",
                strip,
            )
            return
        show_view(view, strip)


def read_settings(collection: Collection) -> SearchSettings:
    """Draw the controls at the side, which turn the five stages of the table."""
    snapshot = collection.snapshot()
    with st.sidebar:
        st.html(BRAND_HTML)
        rerankers = model_uses("reranker")
        return pool_settings(Choices({}, rerankers, snapshot.facets(), snapshot.encoder))


def read_view(
    made: Engine, collection: Collection, asked: SearchSettings, bar: list[DeltaGenerator]
) -> View | None:
    """Draw what is picked above the table; None where there is nothing to measure on."""
    from pages.parts.evaluation.bench_view import View, entries_of, pick_measures
    from pages.parts.evaluation.question_picker import hand_in, pick_set, take_picked

    work = background(made).evaluations
    take_picked()
    with bar[1]:
        set_id = pick_set(work, collection)
    with bar[2]:
        measures = pick_measures()
    with bar[3]:
        hand_in(work, collection, set_id)
    try:
        questions = work.question_set(collection, set_id)
    except IngestError:
        if set_id or collection.counts().judgments:
            raise
        return None
    bench = work.bench(collection, questions)
    entries = entries_of(work, collection, asked)
    return View(made, work, collection, set_id, bench, asked, entries, measures)


def show_view(view: View, strip: DeltaGenerator) -> None:
    """Gather what is missing, and draw table, comparison, questions and files."""
    from pages.parts.charts.forest_plot import forest_plot
    from pages.parts.charts.frame import draw_chart
    from pages.parts.evaluation.bench_view import evaluation_of, measured
    from pages.parts.evaluation.comparison import pick_pair, show_comparison
    from pages.parts.evaluation.downloads import show_downloads
    from pages.parts.evaluation.question_list import show_questions
    from pages.parts.evaluation.question_picker import show_notes
    from pages.parts.evaluation.scoring_work import lists_ready, offer_scoring
    from pages.parts.evaluation.system_shelf import show_shelf
    from pages.parts.evaluation.systems_table import show_table, strip_html
    from pages.parts.learning.learnings import Judgments
    from pages.parts.learning.section import show_learning

    scoring = view.scoring
    if not lists_ready(scoring, strip):
        return
    offer_scoring(scoring, "The late and the rerank stage need", DEPTH)
    figures, without = measured(view)
    show_table(view, figures, without)
    show_notes(view.bench.asked)
    a, b = pick_pair(list(view.entries))
    evaluation = evaluation_of(view, figures, a if a in figures else None)
    strip.html(strip_html(view, evaluation, a, b))
    first = view.measures[0]
    left, right = st.columns(2, gap="medium")
    with left:
        means = {name: one.means[first] for name, one in figures.items()}
        draw_chart(forest_plot(means, str(first)))
    is_known = a in figures and b in figures
    with right:
        if is_known:
            show_comparison(view, evaluation, b)
        else:
            lacking = a if a in without else b
            show_note(f"{lacking} has no figures: {without[lacking]}", "Compare two that have.")
    if is_known:
        show_questions(view, evaluation, (a, b))
    show_shelf(view)
    show_downloads(view, evaluation, (a, b))
    name = view.bench.asked.name if view.set_id else view.collection.name
    show_learning(view.made, Judgments(view.collection.name, view.set_id, name))


show_page()
