"""A question set from files: a BEIR folder or ZIP, or one file of questions and one of qrels."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from retrieval.errors import IngestError
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.question_sets import QuestionSet, question_set
from retrieval.evaluation.rows import (
    QrelsColumns,
    QuestionColumns,
    judgment_rows,
    question_rows,
)
from retrieval.ingest.sources import Found, Source
from retrieval.types import Skipped

_QUESTION_NAMES = ("queries", "questions", "topics")
_SPLITS = ("test", "dev", "train")
"""BEIR's splits, the one to measure on first."""


@dataclass(frozen=True, slots=True)
class SetFiles:
    """The two files of a question set, and the columns to read where a person chose.

    Attributes:
        questions: Where the questions are.
        qrels: Where the judgments are.
        question_columns: Columns of the first; by their names where it is None.
        qrels_columns: Columns of the second; by their names where it is None.
    """

    questions: Source
    qrels: Source
    question_columns: QuestionColumns | None = None
    qrels_columns: QrelsColumns | None = None

    def read(self, name: str, documents: Collection[str]) -> QuestionSet:
        """The set, checked against the documents of a collection.

        Raises:
            ParseError: If a file cannot be read at all.
            IngestError: If no question has a judgment that can be used.
        """
        problems = Problems()
        questions = question_rows(self.questions, problems, self.question_columns)
        judgments = judgment_rows(self.qrels, problems, self.qrels_columns)
        return question_set(name, questions, judgments, documents, problems)


def find_set(found: Iterable[Found]) -> SetFiles:
    """The files of a set among those of a folder, a ZIP or an upload.

    Of several qrels BEIR's test split is taken, then dev, then train.

    Raises:
        IngestError: If there is no file of questions or none of qrels.
    """
    files = list(found)
    sources = [one for one in files if isinstance(one, Source)]
    qrels = [one for one in sources if "qrel" in one.id.lower()]
    asked = [
        one
        for one in sources
        if one not in qrels and any(word in one.name.lower() for word in _QUESTION_NAMES)
    ]
    if asked and qrels:
        return SetFiles(asked[0], min(qrels, key=_split))
    missing = "qrels" if asked else "questions (queries.jsonl)"
    said = next((f" {one.reason}." for one in files if isinstance(one, Skipped)), "")
    raise IngestError(
        f"There is no file of {missing} here.{said}",
        hint="A BEIR folder has queries.jsonl and qrels/test.tsv; or name both files.",
    )


def _split(source: Source) -> tuple[int, str]:
    name = source.name.lower()
    places = (place for place, split in enumerate(_SPLITS) if split in name)
    return next(places, len(_SPLITS)), source.id
