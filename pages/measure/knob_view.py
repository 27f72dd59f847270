"""The knob for one question and for all: score what is missing, read the curve, draw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.measure.exact_numbers import show_numbers
from pages.measure.fusion_view import show_maps, show_paths
from pages.measure.memory import recalled, remembered
from pages.measure.questions import (
    Asked,
    Scene,
    gather,
    judged_fully,
    judged_questions,
    mean_curve,
    scored_pool,
)
from pages.measure.scoring import Order, all_scored
from pages.measure.verdicts import budget_table_html, strip_html
from pages.parts import state
from pages.parts.answer_picker import pick_answer
from pages.parts.charts.candidate_curve import Knob, candidate_curve
from pages.parts.charts.frame import draw_chart
from pages.parts.errors import show_note
from pages.parts.known_answers import KnownAnswers
from pages.parts.safe_text import counted
from retrieval.errors import QueryError
from retrieval.evaluation.cost import Speed
from retrieval.evaluation.curve import Curve, CurveMeasure, curve
from retrieval.evaluation.entry import Entry, entry
from retrieval.evaluation.heat import GRID, all_candidates, heat_map
from retrieval.evaluation.knob import read_curve
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.speed import measure_speed


@dataclass(frozen=True, slots=True)
class View:
    """What the page was asked to show, and where it says so.

    Attributes:
        scene: What is searched, and how.
        known: The collection's own questions and answers.
        measure: The measure to read.
        budget_ms: What one question may take.
        strip: The place of the verdict.
    """

    scene: Scene
    known: KnownAnswers
    measure: CurveMeasure
    budget_ms: float
    strip: DeltaGenerator

    def knob(self, drawn: Curve, speed: Speed, found: Entry | None = None) -> Knob:
        """The curve, read for the measure and the budget."""
        reading = read_curve(drawn.values(self.measure), drawn.without[self.measure])
        n = self.scene.asked.candidates
        return Knob(drawn, self.measure, reading, speed, self.budget_ms, n, found)


def show_one(view: View, query: str) -> None:
    """The curve of one question, its answer's way in, and the fusion's turns."""
    if not query.strip():
        raise QueryError("The question is empty.", "Type a question, or pick a sample question.")
    scene = view.scene
    (legs,) = gather(scene, (Asked.of(query, {}),), view.strip)
    chunks = remembered(
        "chunks",
        (scene.snapshot.key, legs.query, scene.asked.filter),
        lambda: scene.snapshot.chunks(legs.documents),
    )
    pool = legs.pool(scene.asked)
    pick_answer({one: chunks[one] for one in pool}, {})
    answers, question = find_answers(view, query, legs)
    if not question.grades:
        show_note(
            "No answer to this question is known yet.",
            "Choose it in the list below, or open the lists and mark it with ✓: every curve here "
            "is about where the answer stands.",
            view.strip,
        )
        return
    speed = measured_speed(scene, legs)
    with view.strip.container():
        all_scored(scene.scores, Order("one", [(legs, pool)], "The curve needs", at_once=True))
    scored = scored_pool(scene, legs)
    if scored is None:
        return
    found = entry(scored, answers)
    knob = view.knob(curve([(scored, dict(question.grades))]), speed, found)
    whose = "Your answer" if state.marked_answer() in answers else "The known answer"
    view.strip.html(strip_html(knob, whose=whose))
    draw_knob(knob, scene, query)
    show_paths(legs, found.chunk_id, scene.asked, chunks)
    draw_maps(view, (question,), (legs,), speed)


def find_answers(view: View, query: str, legs: Legs) -> tuple[frozenset[str], Asked]:
    """The chunks that answer a question, and its grades: its own, or that of the marked answer."""
    snapshot = view.scene.snapshot
    grades: Mapping[str, int] = view.known.grades(query)
    marked = state.marked_answer()
    if marked is not None and marked in snapshot.positions:
        document = snapshot.document_ids[snapshot.positions[marked]]
        return frozenset({marked}), Asked.of(query, grades or {document: 1})
    answers = frozenset(one for one, document in legs.documents.items() if document in grades)
    return answers, Asked.of(query, grades)


def show_all(view: View) -> None:
    """The mean curve of all judged questions."""
    scene, questions = view.scene, judged_questions(view.known)
    if not questions:
        show_note(
            "This collection has no judged questions.",
            "Add questions with qrels in the Library, or look at one question and mark its answer.",
            view.strip,
        )
        return
    every = gather(scene, questions, view.strip)
    speed = measured_speed(scene, every[0])
    done, mean = scored_mean(view, questions, every, speed)
    if mean is None:
        return
    knob = view.knob(mean, speed)
    of = counted(len(questions), "judged question")
    remark = "" if done else f"So far {mean.questions} of {of} are scored."
    (view.strip if done else st).html(strip_html(knob, remark))
    draw_knob(knob, scene, counted(mean.questions, "judged question"))
    if done:
        draw_maps(view, questions, every, speed)


def scored_mean(
    view: View, questions: tuple[Asked, ...], every: tuple[Legs, ...], speed: Speed
) -> tuple[bool, Curve | None]:
    """Whether all questions are scored, and the mean curve of those that are."""
    scene = view.scene
    key = (scene.order_key, questions)
    kept = recalled("mean_curve", key)
    if kept is not None:
        return True, kept
    wanted = [(legs, legs.pool(scene.asked)) for legs in every]
    with view.strip.container():
        done = all_scored(scene.scores, Order("all", wanted, "The curve needs", speed.pair_ms))
    if not done:
        return False, mean_curve(scene, questions, every)
    return True, remembered("mean_curve", key, lambda: mean_curve(scene, questions, every))


def measured_speed(scene: Scene, legs: Legs) -> Speed:
    """What this machine needs, measured once for a reranker and a collection."""
    return _speed(*scene.scores.key, scene, legs)


@st.cache_resource(show_spinner="Measuring the speed of this machine …", max_entries=32)
def _speed(reranker: str, snapshot: str, _scene: Scene, _legs: Legs) -> Speed:  # noqa: ARG001
    made = _scene.engine
    return measure_speed(made.cascade, made.models, _scene.snapshot, _legs, _scene.asked)


def draw_knob(knob: Knob, scene: Scene, of: str) -> None:
    """The curve with its exact numbers, and the budget."""
    draw_chart(candidate_curve(knob))
    numbers, budget = st.columns([3, 2], gap="medium")
    with numbers:
        show_numbers(knob, scene.snapshot.collection, of)
    with budget, st.expander("Where the budget goes", icon=":material/timer:"):
        st.html(budget_table_html(knob.speed, knob.budget_ms))
        st.button(
            "Measure again", icon=":material/refresh:", on_click=_speed.clear, key="remeasure"
        )


def draw_maps(
    view: View, questions: tuple[Asked, ...], every: tuple[Legs, ...], speed: Speed
) -> None:
    """The maps over alpha and k, once every pair that some cell needs is scored."""
    st.subheader("Fusion and candidates together", divider="gray")
    scene = view.scene
    key = (scene.scores.key, scene.asked.filter, questions)
    wanted = remembered("map_pairs", key, lambda: [(legs, all_candidates(legs)) for legs in every])
    maps_key = (key, view.measure)
    maps = recalled("maps", maps_key)
    if maps is None:
        if not all_scored(scene.scores, Order("maps", wanted, "The maps need", speed.pair_ms)):
            return
        judged = judged_fully(scene, questions, every)
        maps = tuple(heat_map(judged, parameter, view.measure) for parameter in GRID)
        maps = remembered("maps", maps_key, lambda: maps)
    show_maps(maps, scene.asked)
