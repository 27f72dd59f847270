"""Questions for a review from what is there already: question sets and probe sets."""

from __future__ import annotations

from collections.abc import Iterable

from retrieval.contrast.probes import Probe
from retrieval.review.types import ReviewQuestion
from retrieval.types import Question


def of_questions(questions: Iterable[Question]) -> tuple[ReviewQuestion, ...]:
    """The questions of a collection or a question set, under their own ids."""
    return tuple(ReviewQuestion(one.id, one.text) for one in questions)


def of_probes(probes: Iterable[Probe]) -> tuple[ReviewQuestion, ...]:
    """Every question of some probe items, each text once, numbered."""
    texts = dict.fromkeys(text for probe in probes for text in probe.queries)
    return tuple(ReviewQuestion(f"p{n}", text) for n, text in enumerate(texts, start=1))
