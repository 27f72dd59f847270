"""Questions and judgments as a command line names them; what is not named is the collection's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from retrieval.access import LOCAL
from retrieval.errors import SettingsError
from retrieval.evaluation.files import file_source
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.question_sets import QuestionSet, own_set, question_set
from retrieval.evaluation.rows import (
    QrelsColumns,
    QuestionColumns,
    Row,
    judgment_rows,
    question_rows,
)
from retrieval.evaluation.set_files import find_set
from retrieval.ingest.sources import expand
from retrieval.review.store import ReviewStore
from retrieval.settings import settings
from retrieval.store import Collection

_QUESTION_PARTS, _QRELS_PARTS = 2, 3


@dataclass(frozen=True, slots=True)
class JudgedFiles:
    """Where questions and judgments come from; what is None comes from the collection.

    Attributes:
        queries: A file of questions, or a BEIR folder or ZIP that holds both.
        qrels: A file of judgments.
        query_columns: Id and text, with a comma between them, where a table's names do not tell.
        qrels_columns: Question, document and grade, likewise.
        review: A review of this home whose judgments are meant, by name or id.
    """

    queries: Path | None
    qrels: Path | None
    query_columns: str
    qrels_columns: str
    review: str | None = None

    def read(self, target: Collection) -> QuestionSet:
        """The set, checked against the collection's documents.

        Raises:
            ParseError: If a file cannot be read at all.
            IngestError: If no question has a judgment that can be used.
        """
        documents = set(target.snapshot().document_ids)
        if self.review is not None:
            return self._reviewed(self.review, documents)
        if self.queries is None and self.qrels is None:
            return own_set(target.questions(), target.judgments(), documents)
        if self.qrels is None and self.queries is not None and _holds_a_set(self.queries):
            return find_set(expand([self.queries])).read(self.queries.name, documents)
        problems = Problems()
        name = " and ".join(one.name for one in (self.queries, self.qrels) if one)
        asked, judged = self._asked(target, problems), self._judged(target, problems)
        return question_set(name, asked, judged, documents, problems)

    def _reviewed(self, name: str, documents: set[str]) -> QuestionSet:
        if self.queries is not None or self.qrels is not None:
            raise SettingsError("A review brings its own questions and judgments.")
        reviews = ReviewStore(settings().places)
        return reviews.lead(LOCAL, reviews.find(LOCAL, name).id).question_set(documents)

    def _asked(self, target: Collection, problems: Problems) -> list[Row]:
        if self.queries is None:
            return [Row(one.id, (one.id, one.text)) for one in target.questions()]
        columns = _columns(self.query_columns, _QUESTION_PARTS)
        chosen = QuestionColumns(*columns) if columns else None
        return list(question_rows(file_source(self.queries), problems, chosen))

    def _judged(self, target: Collection, problems: Problems) -> list[Row]:
        if self.qrels is None:
            return [
                Row(query, (query, document, str(grade)))
                for query, grades in target.judgments().items()
                for document, grade in grades.items()
            ]
        columns = _columns(self.qrels_columns, _QRELS_PARTS)
        chosen = QrelsColumns(*columns) if columns else None
        return list(judgment_rows(file_source(self.qrels), problems, chosen))


def _holds_a_set(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() == ".zip"


def _columns(text: str, parts: int) -> list[str]:
    names = [name.strip() for name in text.split(",")] if text else []
    if names and len(names) != parts:
        raise SettingsError(f"{text!r} does not name {parts} columns, with commas between them.")
    return names
