"""A review as something to learn from: the very passages that people judged, with their grades."""

from __future__ import annotations

from collections.abc import Collection

from retrieval.evaluation.question_sets import QuestionSet
from retrieval.review.consensus import passage_grades
from retrieval.review.lead import Lead
from retrieval.training.examples import Passage
from retrieval.training.judged import Judged


def lessons_of(
    lead: Lead, documents: Collection[str], how: str = "median"
) -> tuple[QuestionSet, Judged]:
    """The questions with their qrels, and the judged passages by question.

    Args:
        lead: The review.
        documents: Ids of the documents that the collection holds now.
        how: How the grades of several reviewers are taken together.

    Raises:
        IngestError: If nothing has been judged yet, or none of it is there any more.
    """
    asked = lead.question_set(documents, how)
    grades = passage_grades(lead.standing(), how)
    found: dict[str, list[Passage]] = {}
    for one in lead.pool.passages:
        if one.id in grades and one.document_id in asked.qrels.get(one.query_id, ()):
            passage = Passage(one.passage.text, grades[one.id], one.document_id)
            found.setdefault(one.query_id, []).append(passage)
    return asked, {query: tuple(passages) for query, passages in found.items()}
