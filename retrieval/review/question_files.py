"""Questions for a review from a file: lines of plain text, or a table with a need for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from retrieval.errors import IngestError, ParseError
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.rows import QUERY_ID_FIELDS, TEXT_FIELDS, lines_of
from retrieval.ingest.columns import ID_FIELDS
from retrieval.ingest.parsers.records import (
    LINE_SUFFIXES,
    TABLE_SUFFIXES,
    read_records,
    read_table,
)
from retrieval.ingest.sources import Source
from retrieval.review.types import ReviewQuestion
from retrieval.types import Skipped

NEED_FIELDS = ("need", "information_need", "narrative", "description", "desc")
_HINT = "Write a question a line, or a table with the columns id, text and need."
_IDS = (*ID_FIELDS, *QUERY_ID_FIELDS[:4])


def read_questions(source: Source, problems: Problems) -> tuple[ReviewQuestion, ...]:
    """The questions of a file; of those with one id, the first.

    Args:
        source: JSON Lines, or a table, with the fields ``text`` (or ``query``, ``question``) and,
            if there are any, ``id`` and ``need``; else a question a line, or id, tab and question.
        problems: Is told of the rows that are none.

    Raises:
        IngestError: If the file cannot be read at all, or holds no question.
    """
    try:
        found = _first_of_each(source, problems)
    except ParseError as error:
        raise IngestError(f"{source.name} cannot be used: {error.message}.", _HINT) from error
    if not found:
        raise IngestError(f"{source.name} holds no question.", _HINT)
    return tuple(found.values())


def _first_of_each(source: Source, problems: Problems) -> dict[str, ReviewQuestion]:
    found: dict[str, ReviewQuestion] = {}
    is_table = source.suffix in LINE_SUFFIXES or source.suffix in TABLE_SUFFIXES
    for where, question in _of_records(source, problems) if is_table else _of_lines(source):
        if question.id in found:
            problems.add("repeated questions", where, "its id was there already; it is left out.")
        else:
            found[question.id] = question
    return found


def _of_lines(source: Source) -> Iterator[tuple[str, ReviewQuestion]]:
    for number, line in lines_of(source):
        left, tab, right = line.partition("\t")
        text = " ".join((right if tab else left).split())
        if text:
            name = left.strip() if tab and left.strip() else f"q{number}"
            yield f"line {number}", ReviewQuestion(name, text)


def _of_records(source: Source, problems: Problems) -> Iterator[tuple[str, ReviewQuestion]]:
    rows = read_records(source) if source.suffix in LINE_SUFFIXES else read_table(source)
    for number, record in rows:
        where = f"{source.name}, row {number}"
        if isinstance(record, Skipped):
            problems.add("such rows", where, f"{record.reason}; it is left out.")
            continue
        fields = {name.strip().lower(): value.strip() for name, value in record.items()}
        text = _first(fields, TEXT_FIELDS)
        if not text:
            problems.add("rows without a question", where, "it has no text; it is left out.")
            continue
        name = _first(fields, tuple(one for one in _IDS if fields.get(one) != text))
        yield where, ReviewQuestion(name or f"q{number}", text, _first(fields, NEED_FIELDS))


def _first(fields: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")
