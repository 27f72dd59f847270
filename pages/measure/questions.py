"""The questions that a curve is taken over: one with its known answer, or all that are judged."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from streamlit.delta_generator import DeltaGenerator

from pages.measure.memory import remembered
from pages.parts.known_answers import KnownAnswers
from pages.parts.resources import Engine
from pages.parts.safe_text import counted
from retrieval.evaluation.curve import Curve, Grades, ScoredPool, curve
from retrieval.evaluation.heat import Judged, all_candidates
from retrieval.evaluation.legs import Legs, PairScores
from retrieval.settings import SearchSettings
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


def judged_questions(known: KnownAnswers) -> tuple[Asked, ...]:
    """The questions of a collection that have judgments."""
    return tuple(
        Asked.of(question.text, known.judgments[question.id])
        for question in known.questions
        if known.judgments.get(question.id)
    )


def gather(scene: Scene, questions: tuple[Asked, ...], slot: DeltaGenerator) -> tuple[Legs, ...]:
    """The first-stage lists of all questions; asked once, whatever fusion and N are."""
    key = (scene.snapshot.key, scene.asked.filter, tuple(one.query for one in questions))
    return remembered("legs", key, lambda: _gather(scene, questions, slot))


def _gather(scene: Scene, questions: tuple[Asked, ...], slot: DeltaGenerator) -> tuple[Legs, ...]:
    bar = slot.progress(0.0, "Searching …")
    found = []
    for done, question in enumerate(questions, start=1):
        legs = Legs.gather(scene.engine.cascade, scene.snapshot, question.query, scene.asked)
        found.append(legs)
        words = f"Searched {done} of {counted(len(questions), 'question')} with both first stages"
        bar.progress(done / len(questions), words)
    slot.empty()
    return tuple(found)


def scored_pool(scene: Scene, legs: Legs) -> ScoredPool | None:
    """A question's pool with all its scores; None while some are missing."""
    order = legs.order(scene.asked)
    pool = legs.pool(scene.asked)
    scores = scene.scores.known(legs, pool)
    return ScoredPool(order, legs.documents, scores) if len(scores) == len(pool) else None


def mean_curve(scene: Scene, questions: tuple[Asked, ...], every: tuple[Legs, ...]) -> Curve | None:
    """The mean curve of the questions that are scored; None if none is."""
    judged = [
        (pool, dict(question.grades))
        for question, legs in zip(questions, every, strict=True)
        if (pool := scored_pool(scene, legs)) is not None
    ]
    return curve(judged) if judged else None


def judged_fully(
    scene: Scene, questions: tuple[Asked, ...], every: tuple[Legs, ...]
) -> list[Judged]:
    """The questions with every score that a map may need."""
    return [
        Judged(legs, scene.scores.known(legs, all_candidates(legs)), dict(question.grades))
        for question, legs in zip(questions, every, strict=True)
    ]
