"""The knob for one question and for all: score what is missing, read the curve, draw it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.measure.exact_numbers import show_numbers
from pages.measure.fusion_view import show_maps, show_paths
from pages.measure.memory import recalled, remembered
from pages.measure.questions import (
    Asked,
    Gathered,
    Scene,
    gather_one,
    gathered_set,
    mean_curve,
    scored_pool,
)
from pages.measure.scoring import score_now
from pages.measure.verdicts import budget_table_html, strip_html
from pages.parts import state
from pages.parts.answer_picker import pick_answer
from pages.parts.charts.candidate_curve import Knob, candidate_curve
from pages.parts.charts.frame import draw_chart
from pages.parts.errors import show_note
from pages.parts.evaluation.scoring_work import Scoring, offer_scoring
from pages.parts.known_answers import KnownAnswers
from pages.parts.measured_speed import forget_speed, measured_speed
from retrieval.evaluation.cost import Speed
from retrieval.evaluation.curve import Curve, CurveMeasure, curve
from retrieval.evaluation.entry import Entry, entry
from retrieval.evaluation.heat import (
    GRID,
    HeatMap,
    Judged,
    all_candidates,
    grid_recipes,
    heat_map,
)
from retrieval.evaluation.knob import read_curve
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.recipes import Recipe
from retrieval.settings import DEPTH
from retrieval.wording import counted


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

    @property
    def deepest(self) -> Recipe:
        """The reranker over the largest pool: what every point of the curve is read from."""
        return Recipe("rerank", replace(self.scene.asked, candidates=DEPTH))

    def speed(self, legs: Legs) -> Speed:
        """What this machine needs, measured once for a reranker and a collection."""
        scene = self.scene
        return measured_speed(scene.scores.key[0], scene.snapshot, scene.engine, legs, scene.asked)

    def knob(self, drawn: Curve, speed: Speed, found: Entry | None = None) -> Knob:
        """The curve, read for the measure and the budget."""
        reading = read_curve(drawn.values(self.measure), drawn.without[self.measure])
        n = self.scene.asked.candidates
        return Knob(drawn, self.measure, reading, speed, self.budget_ms, n, found)


def show_one(view: View, query: str) -> None:
    """The curve of one question, its answer's way in, and the fusion's turns."""
    scene, legs = view.scene, gather_one(view.scene, query)
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
    speed = view.speed(legs)
    with view.strip.container():
        score_now(scene.scores, legs, pool)
    scored = scored_pool(scene, legs, scene.scores.known(legs, pool))
    if scored is None:
        return
    found = entry(scored, answers)
    knob = view.knob(curve([(scored, dict(question.grades))]), speed, found)
    whose = "Your answer" if state.marked_answer() in answers else "The known answer"
    view.strip.html(strip_html(knob, whose=whose))
    draw_knob(knob, scene, query)
    show_paths(legs, found.chunk_id, scene.asked, chunks)
    st.subheader("Fusion and candidates together", divider="gray")

    def read_now() -> list[dict[str, float]]:
        wanted = all_candidates(legs)
        score_now(scene.scores, legs, wanted)
        return [scene.scores.known(legs, wanted)]

    draw_maps(view, Gathered((question,), (legs,)), read_now)


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


def show_all(view: View, judged: Scoring) -> None:
    """The mean curve of a question set, and the maps."""
    scene, strip = view.scene, view.strip
    scoring = replace(judged, recipes=(view.deepest,))
    gathered = gathered_set(scoring, strip)
    if gathered is None:
        return
    speed = view.speed(gathered.every[0])
    done, mean = scored_mean(view, scoring, gathered)
    if mean is None:
        return
    knob = view.knob(mean, speed)
    of = counted(len(gathered.questions), "judged question")
    remark = "" if done else f"So far {mean.questions} of {of} are scored."
    (strip if done else st).html(strip_html(knob, remark))
    draw_knob(knob, scene, counted(mean.questions, "judged question"))
    if not done:
        return
    st.subheader("Fusion and candidates together", divider="gray")
    maps = replace(scoring, recipes=grid_recipes(scene.asked))
    if recalled("maps", _maps_key(view, gathered)) or offer_scoring(maps, "The maps need"):
        draw_maps(view, gathered, lambda: judged.bench.scores(maps.recipes))


def scored_mean(view: View, scoring: Scoring, gathered: Gathered) -> tuple[bool, Curve | None]:
    """Whether all questions are scored, and the mean curve of those that are."""
    scene = view.scene
    key = (scene.order_key, gathered.questions)
    kept = recalled("mean_curve", key)
    if kept is not None:
        return True, kept

    def mean() -> Curve | None:
        return mean_curve(scene, gathered, scoring.bench.scores(scoring.recipes))

    with view.strip.container():
        done = offer_scoring(scoring, "The curve needs")
    return done, remembered("mean_curve", key, mean) if done else mean()


def draw_knob(knob: Knob, scene: Scene, of: str) -> None:
    """The curve with its exact numbers, and the budget."""
    draw_chart(candidate_curve(knob))
    numbers, budget = st.columns([3, 2], gap="medium")
    with numbers:
        show_numbers(knob, scene.snapshot.collection, of)
    with budget, st.expander("Where the budget goes", icon=":material/timer:"):
        st.html(budget_table_html(knob.speed, knob.budget_ms))
        st.button(
            "Measure again", icon=":material/refresh:", on_click=forget_speed, key="remeasure"
        )


def draw_maps(
    view: View, gathered: Gathered, known: Callable[[], Sequence[Mapping[str, float]]]
) -> None:
    """The maps over alpha and k.

    Args:
        view: What the page was asked to show.
        gathered: The questions.
        known: Gives each question's rerank scores, one for every chunk that some cell needs.
    """

    def make() -> tuple[HeatMap, ...]:
        judged = [
            Judged(legs, scores, dict(question.grades))
            for question, legs, scores in zip(
                gathered.questions, gathered.every, known(), strict=True
            )
        ]
        return tuple(heat_map(judged, parameter, view.measure) for parameter in GRID)

    show_maps(remembered("maps", _maps_key(view, gathered), make), view.scene.asked)


def _maps_key(view: View, gathered: Gathered) -> tuple[object, ...]:
    return (view.scene.scores.key, view.scene.asked.filter, gathered.questions, view.measure)
