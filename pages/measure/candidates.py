"""The candidates page: how many of them are worth their cost, for a question or for all."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts import state
from pages.parts.carried_view import carry_view
from pages.parts.controls import Choices, pool_settings
from pages.parts.errors import clear_errors, show_note
from pages.parts.model_choice import model_uses
from pages.parts.question_bar import ask_of, open_picked
from pages.parts.resources import Engine, engine, models_ready
from pages.parts.safe_text import markdown_text
from retrieval.errors import IngestError
from retrieval.evaluation.cost import BUDGET
from retrieval.evaluation.curve import CURVE_MEASURES, CurveMeasure
from retrieval.settings import SearchSettings

if TYPE_CHECKING:
    from pages.measure.knob_view import View
    from pages.measure.questions import Scene
    from pages.parts.evaluation.scoring_work import Scoring
    from retrieval.store import Collection

BRAND_HTML = (
    '<h1 class="sl-brand">How many candidates?</h1>'
    "<p>What the reranker gains and costs as it reads more of the hybrid list.</p>"
)
SHARED = (
    *("collection", "query", "candidates", "fusion", "rrf_k", "alpha"),
    *("reranker", "blend", "filter"),
)
SCRIPT = "pages/measure/candidates.py"
ONE, ALL = "one question", "all judged questions"
KNOB, LOSSES, LENGTH = "quality by N", "where answers are lost", "length of passages"


def show_page() -> None:
    """Draw the page from top to bottom."""
    carry_view(SCRIPT, "scope", SHARED, st.session_state.get("left_candidates", {}))
    notice = st.container()
    with st.container(key="bar"):
        bar = st.columns([2.6, 6.4, 2.2, 1.3], vertical_alignment="bottom", gap="small")
    shown = pick_view()
    with st.container(key="knob_bar"):
        second = st.columns([4, 3, 5], vertical_alignment="bottom", gap="medium")
    set_bar = st.container(key="set_bar")
    strip = st.empty()
    with clear_errors(strip):
        made = engine(strip)
        with bar[0]:
            collection = open_picked(made, notice, strip)
        if collection is None:
            return
        query, known = ask_of(collection, bar[1], bar[2])
        scope, measure, budget = read_scope(second, shown)
        st.session_state["left_candidates"] = {"view": shown, "scope": scope}
        scene = read_scene(made, collection, strip)
        with bar[3]:
            link_to_lists(collection.name, query, scene.asked)
        if not len(scene.snapshot):
            show_note("This collection is empty.", "Open the Library and add some files.", strip)
            return
        from pages.measure.knob_view import View

        view = View(scene, known, measure, budget, strip)
        if scope == ONE:
            show_view(shown, view, collection, query)
        elif judged := read_set(scene, collection, set_bar):
            from pages.parts.evaluation.question_picker import show_notes

            show_view(shown, view, collection, query, judged)
            show_notes(judged.bench.asked)
        else:
            show_note(
                "This collection has no judged questions.",
                "Add questions with qrels in the Library or on Evaluate, or look at one question "
                "and mark its answer.",
                strip,
            )


def show_view(
    shown: str, view: View, collection: Collection, query: str, judged: Scoring | None = None
) -> None:
    """Draw what was picked: of the question set where there is one, and else of the question."""
    from pages.measure.knob_view import show_all, show_one

    if shown == LOSSES:
        from pages.measure.losses_view import show_losses

        show_losses(view, query, judged)
    elif shown == LENGTH:
        from pages.measure.length_view import show_lengths

        show_lengths(view, collection, query, judged)
    elif judged is not None:
        show_all(view, judged)
    else:
        show_one(view, query)


def read_set(scene: Scene, collection: Collection, place: DeltaGenerator) -> Scoring | None:
    """The question set to look at; None where the collection has none.

    Args:
        scene: What is searched.
        collection: The same, as it is kept.
        place: Where to pick one, if sets were handed in.
    """
    from pages.parts.evaluation.question_picker import pick_set
    from pages.parts.evaluation.scoring_work import Scoring
    from pages.parts.library.background import background

    work = background(scene.engine).evaluations
    set_id = ""
    if work.sets.list(collection.id):
        with place:
            set_id = pick_set(work, collection)
    try:
        questions = work.question_set(collection, set_id)
    except IngestError:
        if set_id or collection.counts().judgments:
            raise
        return None
    bench = work.bench(collection, questions)
    return Scoring(scene.engine, work, collection, set_id, bench, ())


def pick_view() -> str:
    """What of the knob to look at; each is drawn only when it is picked."""
    picked = st.segmented_control(
        "Show",
        [KNOB, LOSSES, LENGTH],
        default=KNOB,
        key="view",
        bind="query-params",
        required=True,
        help="Quality and cost against N; what became of each right answer; and how the length of "
        "passages bears on scores and ranks.",
    )
    return picked or KNOB


def read_scope(places: list[DeltaGenerator], shown: str) -> tuple[str, CurveMeasure, float]:
    """Draw what only this page has: whose curve and, for the curve, its measure and the budget."""
    scope = places[0].segmented_control(
        "Questions", [ONE, ALL], default=ONE, key="scope", bind="query-params", required=True
    )
    if shown != KNOB:
        return scope or ONE, CURVE_MEASURES[0], BUDGET.default
    measure = places[1].segmented_control(
        "Measure",
        list(CURVE_MEASURES),
        default=CURVE_MEASURES[0],
        key="measure",
        bind="query-params",
        required=True,
    )
    budget = places[2].slider(
        BUDGET.label,
        int(BUDGET.minimum),
        int(BUDGET.maximum),
        int(BUDGET.default),
        int(BUDGET.step),
        key=BUDGET.name,
        help=markdown_text(BUDGET.help),
        bind="query-params",
    )
    return scope or ONE, measure or CURVE_MEASURES[0], float(budget)


def read_scene(made: Engine, collection: Collection, strip: DeltaGenerator) -> Scene:
    """Draw the controls at the side, and make the models ready."""
    from pages.measure.questions import Scene
    from retrieval.evaluation.legs import PairScores

    snapshot = collection.snapshot()
    with st.sidebar:
        st.html(BRAND_HTML)
        rerankers = model_uses("reranker")
        asked = pool_settings(Choices({}, rerankers, snapshot.facets(), snapshot.encoder))
    if not models_ready(made, snapshot.encoder, asked):
        strip.status("Loading the models …")
    scores = PairScores.of(made.models, made.cache, snapshot, asked)
    return Scene(made, snapshot, scores, asked)


def link_to_lists(name: str, query: str, asked: SearchSettings) -> None:
    """The way to the five lists of the same question and settings, in a tab beside this one."""
    values: dict[str, str | list[str]] = {
        "collection": name,
        "query": query,
        "candidates": str(asked.candidates),
        "fusion": asked.fusion,
        "rrf_k": str(asked.rrf_k),
        "alpha": str(asked.alpha),
        "reranker": asked.reranker,
        "blend": str(asked.blend),
        "filter": [f"{field}: {value}" for field, value in asked.filter],
    }
    answer = state.marked_answer()
    address = urlencode({**values, "answer": answer} if answer else values, doseq=True)
    pages = (st.context.url or "").partition("?")[0].rpartition("/")[0]
    with st.container(key="to_search"):
        st.link_button(
            "Lists", f"{pages}/search?{address}", icon=":material/search:", width="stretch"
        )


show_page()
