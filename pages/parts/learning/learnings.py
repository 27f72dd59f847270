"""The trainings of this process, and where each kind of judgments is found."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.library.background import background
from pages.parts.resources import Engine
from retrieval.access import LOCAL
from retrieval.settings import settings

if TYPE_CHECKING:
    from retrieval.evaluation.question_sets import QuestionSet
    from retrieval.store import Collection
    from retrieval.training.judged import Judged
    from retrieval.training.work import Learnings

REVIEW = "review:"
"""What an id of judgments begins with that are a review's."""


@dataclass(frozen=True, slots=True)
class Judgments:
    """The judgments that a page stands before.

    Attributes:
        collection: Name of their collection.
        id: Empty for the collection's own, the id of a saved set, or ``review:`` and a review's.
        name: What a person calls them.
    """

    collection: str
    id: str
    name: str


@st.cache_resource(show_spinner=False)
def learnings(_made: Engine) -> Learnings:
    """The trainings of this process, with the jobs that all sessions share."""
    from retrieval.training.work import Learnings

    work = background(_made)

    def find(collection: Collection, judgments: str) -> tuple[QuestionSet, Judged | None]:
        if not judgments.startswith(REVIEW):
            return work.evaluations.question_set(collection, judgments), None
        from pages.parts.review.desk import reviews
        from retrieval.review.lessons import lessons_of

        # Whoever may submit was asked at that; the work itself goes on without a session.
        lead = reviews().lead(LOCAL, judgments.removeprefix(REVIEW))
        return lessons_of(lead, set(collection.snapshot().document_ids))

    return Learnings(
        work.jobs, _made.store, _made.models, _made.cache, home=settings().home, find=find
    )
