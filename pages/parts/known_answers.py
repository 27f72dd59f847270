"""The questions that came with a collection, and what is known to answer them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from retrieval.types import Question

if TYPE_CHECKING:
    from retrieval.store import Collection


@dataclass(frozen=True, slots=True)
class KnownAnswers:
    """Questions, and grades of documents by question.

    Attributes:
        questions: In their own order.
        judgments: Grade by document id, by question id.
    """

    questions: tuple[Question, ...]
    judgments: Mapping[str, Mapping[str, int]]

    def grades(self, query: str) -> dict[str, int]:
        """Grades above 0 by document for this question; empty where it is not one of these."""
        asked = query.strip()
        graded: dict[str, int] = {}
        for question in self.questions:
            if question.text.strip() == asked:
                judged = self.judgments.get(question.id, {})
                graded.update({document: grade for document, grade in judged.items() if grade > 0})
        return graded


def known_answers(collection: Collection) -> KnownAnswers:
    """The collection's own questions and answers; read once a minute at most."""
    return _known_answers(collection.id, collection)


@st.cache_data(show_spinner=False, ttl=60, max_entries=32)
def _known_answers(collection_id: str, _collection: Collection) -> KnownAnswers:  # noqa: ARG001
    return KnownAnswers(_collection.questions(), _collection.judgments())
