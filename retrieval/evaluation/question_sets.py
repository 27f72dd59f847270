"""Questions with their judgments, checked against a collection: what is valid is used."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import unquote

from retrieval.errors import IngestError
from retrieval.evaluation.measures import Qrels
from retrieval.evaluation.problems import Problems, named
from retrieval.evaluation.rows import Row
from retrieval.settings import settings
from retrieval.types import Question

MOST_QUESTIONS = 1_000
"""Questions that are measured unless more are asked for: the interval of a mean over a thousand is
about 0.05 wide, and the lists of one question take a tenth of a megabyte."""
HIGHEST_GRADE = 1_000_000
_SEED = 2009


@dataclass(frozen=True)
class QuestionSet:
    """What systems are measured on.

    Attributes:
        name: What a person calls it.
        questions: The judged questions, in the order of their file.
        qrels: Grade by document id, by question id; of these questions alone.
        notes: What was left out, and why.
    """

    name: str
    questions: tuple[Question, ...]
    qrels: Qrels
    notes: tuple[str, ...] = ()

    @cached_property
    def key(self) -> str:
        """The same key always means the same questions and judgments."""
        content = json.dumps([[(one.id, one.text) for one in self.questions], self.qrels])
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def judgments(self) -> int:
        """How many judgments it has."""
        return sum(len(grades) for grades in self.qrels.values())

    def sampled(self, most: int = MOST_QUESTIONS) -> QuestionSet:
        """At most so many of its questions, drawn by a fixed seed, and a note that says so."""
        if len(self.questions) <= most:
            return self
        places = sorted(random.Random(_SEED).sample(range(len(self.questions)), most))  # noqa: S311
        questions = tuple(self.questions[place] for place in places)
        note = (
            f"{most:,} of {len(self.questions):,} judged questions are measured, drawn at random "
            "by a fixed seed."
        )
        qrels = {one.id: self.qrels[one.id] for one in questions}
        return replace(self, questions=questions, qrels=qrels, notes=(note, *self.notes))


def own_set(
    questions: Iterable[Question],
    judgments: Mapping[str, Mapping[str, int]],
    documents: Collection[str],
    name: str = "the collection’s own questions",
) -> QuestionSet:
    """The set that came with a collection; raises what ``question_set`` does."""
    problems = Problems()
    asked = [Row(f"question {named(one.id)}", (one.id, one.text)) for one in questions]
    judged = [
        Row(f"judgment of {named(query)}", (query, document, str(grade)))
        for query, grades in judgments.items()
        for document, grade in grades.items()
    ]
    return question_set(name, asked, judged, documents, problems)


def question_set(
    name: str,
    questions: Iterable[Row],
    judgments: Iterable[Row],
    documents: Collection[str],
    problems: Problems,
) -> QuestionSet:
    """Check rows against each other and against a collection.

    Args:
        name: What to call the set.
        questions: Rows of id and text.
        judgments: Rows of question, document and grade.
        documents: Ids of the collection's documents.
        problems: Is told of what is left out, and joins the notes.

    Raises:
        IngestError: If no question is left that has a judgment.
    """
    asked = _questions(questions, problems)
    qrels = _qrels(judgments, {one.id for one in asked}, documents, problems)
    for one in asked:
        grades = qrels.get(one.id)
        if grades is None:
            reason = "it has no judgment and is not measured."
            problems.add("questions without a judgment", f"question {named(one.id)}", reason)
        elif not any(grades.values()):
            reason = "none of its judged documents is relevant, so every system gets 0 for it."
            problems.add(
                "questions without a relevant document", f"question {named(one.id)}", reason
            )
    judged = tuple(one for one in asked if one.id in qrels)
    if not judged:
        raise IngestError(
            "None of the questions has a judgment that can be used.",
            hint=" ".join(problems.notes()[:1]) or "Check that the ids of both files agree.",
        )
    return QuestionSet(name, judged, {one.id: qrels[one.id] for one in judged}, problems.notes())


def _questions(rows: Iterable[Row], problems: Problems) -> list[Question]:
    found: dict[str, Question] = {}
    first: dict[str, str] = {}
    most = settings().max_query_words
    for row in rows:
        question_id, text = row.fields
        if not question_id or not text.strip():
            problems.add("rows without id or text", row.where, "it has no id or no text.")
        elif question_id in found:
            reason = f"question {named(question_id)} was there already ({first[question_id]}), "
            problems.add("repeated questions", row.where, f"{reason}which is the one used.")
        elif len(text.split()) > most:
            reason = f"the question has more than {most:,} words and is left out."
            problems.add("questions that are too long", row.where, reason)
        else:
            found[question_id] = Question(question_id, text.strip())
            first[question_id] = row.where
    return list(found.values())


def _qrels(
    rows: Iterable[Row], asked: Collection[str], documents: Collection[str], problems: Problems
) -> dict[str, dict[str, int]]:
    known = documents if isinstance(documents, (set, frozenset, dict)) else set(documents)
    qrels: dict[str, dict[str, int]] = {}
    first: dict[tuple[str, str], str] = {}
    for row in rows:
        query, document = _known(row.fields[0], asked), _known(row.fields[1], known)
        grade = _grade(row.fields[2])
        if grade is None:
            reason = f"the grade {named(row.fields[2])} is not a whole number from 0 up"
            problems.add("rows without a valid grade", row.where, f"{reason}; it is left out.")
        elif query is None:
            reason = f"there is no question {named(row.fields[0])}; it is left out."
            problems.add("rows that name an unknown question", row.where, reason)
        elif document is None:
            reason = f"the collection has no document {named(row.fields[1])}; it is left out."
            problems.add("rows that name an unknown document", row.where, reason)
        elif (query, document) in first:
            reason = _repeated(first[query, document], same=qrels[query][document] == grade)
            problems.add("repeated rows", row.where, reason)
        else:
            qrels.setdefault(query, {})[document] = grade
            first[query, document] = row.where
    return qrels


def _known(identifier: str, present: Collection[str]) -> str | None:
    """The id as it stands or percent-decoded, whichever is there."""
    if identifier in present:
        return identifier
    decoded = unquote(identifier)
    return decoded if decoded in present else None


def _grade(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    # False for what is no number and for infinities too.
    return int(value) if 0 <= value <= HIGHEST_GRADE and value == int(value) else None


def _repeated(first: str, *, same: bool) -> str:
    if same:
        return f"it repeats {first}."
    return f"it contradicts {first}, which is the one used."
