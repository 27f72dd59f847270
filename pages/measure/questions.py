"""The questions that a curve is taken over: one with its known answer, or all that are judged."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from streamlit.delta_generator import DeltaGenerator

from pages.measure.memory import remembered
from pages.parts.evaluation.scoring_work import Scoring, lists_ready
from pages.parts.resources import Engine
from retrieval.errors import QueryError
from retrieval.evaluation.curve import Curve, Grades, ScoredPool, curve
from retrieval.evaluation.legs import Legs, PairScores
from retrieval.settings import DEPTH, SearchSettings
from retrieval.store import Snapshot


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the grades of its documents."""

    query: str
    grades: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, query: str, grades: Grades) -> Asked:
        """From grades by document id."""
        return cls(query, tuple(sorted(grades.items())))


@dataclass(frozen=True, slots=True)
class Scene:
    """What is searched, and how.

    Attributes:
        engine: The engine.
        snapshot: The collection, pinned to a version.
        scores: Rerank scores, known and to come.
        asked: Where the sliders stand.
    """

    engine: Engine
    snapshot: Snapshot
    scores: PairScores
    asked: SearchSettings

    @property
    def order_key(self) -> Hashable:
        """Equal keys, equal pools and equal scores, whatever N is."""
        turned = self.asked.alpha if self.asked.fusion == "weighted" else self.asked.rrf_k
        return (self.scores.key, self.asked.filter, self.asked.fusion, turned)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The questions of a curve with their first lists.

    Attributes:
        questions: What is asked, with grades.
        every: The first lists of each question, in the same order.
    """

    questions: tuple[Asked, ...]
    every: tuple[Legs, ...]


def gather_one(scene: Scene, query: str) -> Legs:
    """The first lists of a question; asked once, whatever fusion and N are.

    Raises:
        QueryError: If the question is empty.
    """
    if not query.strip():
        raise QueryError("The question is empty.", "Type a question, or pick a sample question.")
    key = (scene.snapshot.key, scene.asked.filter, query)
    return remembered(
        "legs",
        key,
        lambda: Legs.gather(scene.engine.cascade, scene.snapshot, query, scene.asked),
    )


def gathered_set(scoring: Scoring, slot: DeltaGenerator) -> Gathered | None:
    """A question set with its lists; None while they are gathered, of which ``slot`` tells."""
    if not lists_ready(scoring, slot):
        return None
    asked = scoring.bench.asked
    questions = tuple(Asked.of(one.text, asked.qrels[one.id]) for one in asked.questions)
    return Gathered(questions, scoring.bench.every_list(scoring.recipes[0]))


def scored_pool(scene: Scene, legs: Legs, known: Mapping[str, float]) -> ScoredPool | None:
    """A question's pool with all its scores; None while some are missing."""
    order = legs.order(scene.asked)
    if not all(one in known for one in order[:DEPTH]):
        return None
    return ScoredPool(order, legs.documents, {one: known[one] for one in order[:DEPTH]})


def mean_curve(
    scene: Scene, gathered: Gathered, known: Sequence[Mapping[str, float]]
) -> Curve | None:
    """The mean curve of the questions that are scored; None if none is."""
    judged = [
        (pool, dict(question.grades))
        for question, legs, scores in zip(gathered.questions, gathered.every, known, strict=True)
        if (pool := scored_pool(scene, legs, scores)) is not None
    ]
    return curve(judged) if judged else None
