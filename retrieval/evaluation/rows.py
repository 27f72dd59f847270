"""Questions and judgments of files, row by row, whatever form the file has.

The form is told from what the file holds and not from its name alone: JSON Lines, a table with
named columns, TREC topics, or plain lines. Line ends may be mixed and a byte order mark is no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from retrieval.errors import ParseError
from retrieval.evaluation.problems import Problems
from retrieval.ingest.columns import ID_FIELDS
from retrieval.ingest.parsers.encoding import open_text, read_text
from retrieval.ingest.parsers.records import (
    LINE_SUFFIXES,
    TABLE_SUFFIXES,
    Numbered,
    read_records,
    read_table,
)
from retrieval.ingest.sources import Source
from retrieval.types import Skipped

QUERY_ID_FIELDS = ("query_id", "query-id", "qid", "question_id", "topic", "query")
DOCUMENT_FIELDS = ("document_id", "corpus-id", "corpus_id", "doc_id", "docid", "docno", "pid")
GRADE_FIELDS = ("grade", "score", "relevance", "rel", "label", "judgment")
TEXT_FIELDS = ("text", "query", "question", "title")

_TOPIC = re.compile(r"<top>(.*?)(?=<top>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = r"<{}>\s*(?:{})?(.*?)(?=</?[a-z]+>|\Z)"
_NUMBER = re.compile(_TAG.format("num", r"Number\s*:"), re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(_TAG.format("title", r"Topic\s*:"), re.DOTALL | re.IGNORECASE)
_DESCRIPTION = re.compile(_TAG.format("desc", r"Description\s*:"), re.DOTALL | re.IGNORECASE)
_BEIR_COLUMNS, _TREC_COLUMNS = 3, 4


@dataclass(frozen=True, slots=True)
class QuestionColumns:
    """The columns of a table of questions, by name."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class QrelsColumns:
    """The columns of a table of judgments, by name."""

    query: str
    document: str
    grade: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file.

    Attributes:
        where: File and row, for people.
        fields: Id and text of a question; or question, document and grade of a judgment.
    """

    where: str
    fields: tuple[str, ...]


def question_rows(
    source: Source, problems: Problems, columns: QuestionColumns | None = None
) -> Iterator[Row]:
    """Id and text of each question of a file.

    Args:
        source: JSON Lines, a table, TREC topics, or lines of ``id<TAB>text``.
        problems: Is told of the rows that are none.
        columns: Which columns of a table to read; by their names where it is None.

    Raises:
        ParseError: If the file cannot be read at all.
    """
    head = _first_line(source)
    wanted = (columns.id, columns.text) if columns else None
    known = ((*ID_FIELDS, *QUERY_ID_FIELDS[:4]), TEXT_FIELDS)
    if source.suffix in LINE_SUFFIXES or head.startswith("{"):
        yield from _records(read_records(source), f"{source.name}, line", known, wanted, problems)
    elif head.lower().startswith("<top") or "<top>" in head.lower():
        yield from _topics(source)
    elif wanted or source.suffix == ".csv" or _names_columns(head.split("\t"), known):
        yield from _records(read_table(source), f"{source.name}, row", known, wanted, problems)
    else:
        yield from _tabbed(source, problems)


def judgment_rows(
    source: Source, problems: Problems, columns: QrelsColumns | None = None
) -> Iterator[Row]:
    """Question, document and grade of each judgment of a file.

    Args:
        source: TREC's four columns, BEIR's three, a table with named columns, or JSON Lines.
        problems: Is told of the rows that are none.
        columns: Which columns of a table to read; by their names where it is None.

    Raises:
        ParseError: If the file cannot be read at all.
    """
    head = _first_line(source)
    wanted = (columns.query, columns.document, columns.grade) if columns else None
    known = (QUERY_ID_FIELDS, DOCUMENT_FIELDS, GRADE_FIELDS)
    if source.suffix in LINE_SUFFIXES or head.startswith("{"):
        yield from _records(read_records(source), f"{source.name}, line", known, wanted, problems)
    elif wanted or (source.suffix == ".csv" and _names_columns(head.split(","), known)):
        yield from _records(read_table(source), f"{source.name}, row", known, wanted, problems)
    else:
        yield from _judged(source, problems)


def table_columns(source: Source) -> tuple[str, ...]:
    """The column names of a table or of JSON Lines; empty where the file has none to choose from.

    Raises:
        ParseError: If the file cannot be read at all.
    """
    head = _first_line(source)
    is_lines = source.suffix in LINE_SUFFIXES or head.startswith("{")
    if not is_lines and source.suffix not in TABLE_SUFFIXES:
        return ()
    rows = read_records(source) if is_lines else read_table(source)
    for _, record in rows:
        if not isinstance(record, Skipped):
            return tuple(record)
    return ()


def lines_of(source: Source) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and lines without their ends; blank lines are passed over.

    Raises:
        ParseError: If it is no text.
    """
    try:
        with open_text(source) as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ParseError("its text is in no encoding that could be recognised") from error


def _first_line(source: Source) -> str:
    first = next((line for _, line in lines_of(source)), None)
    if first is None:
        raise ParseError(f"{source.name} is empty.", hint="Choose another file.")
    return first.strip()


def _names_columns(names: Sequence[str], known: Sequence[Sequence[str]]) -> bool:
    present = {name.strip().strip('"').lower() for name in names}
    return all(present & set(fields) for fields in known)


def _records(
    rows: Iterable[Numbered],
    unit: str,
    known: Sequence[Sequence[str]],
    wanted: Sequence[str] | None,
    problems: Problems,
) -> Iterator[Row]:
    chosen = wanted
    for number, record in rows:
        if isinstance(record, Skipped):
            problems.add("such rows", record.file, f"{record.reason}; it is left out.")
            continue
        if chosen is None:
            chosen = _chosen(tuple(record), known)
        names: Sequence[str] | None = chosen
        if not set(chosen) <= set(record):
            # Each line of JSON Lines may have fields of its own.
            names = None if wanted else _choose(tuple(record), known)
        if names is None:
            lacking = next(name for name in chosen if name not in record)
            reason = f"it has no field “{lacking}”; it is left out."
            problems.add("rows without a field", f"{unit} {number}", reason)
        else:
            yield Row(f"{unit} {number}", tuple(record[name].strip() for name in names))


def _chosen(names: tuple[str, ...], known: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The column for each part, or an error that names the columns there are."""
    chosen = _choose(names, known)
    if chosen is None:
        parts = ", ".join(fields[0] for fields in known)
        raise ParseError(
            f"No columns could be told to be {parts}; there are: {', '.join(names)}.",
            hint="Name the columns, or rename them in the file.",
        )
    return chosen


def _choose(names: tuple[str, ...], known: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """The column for each part, the first known name that is not taken yet."""
    by_name = {name.strip().lower(): name for name in reversed(names)}
    chosen: list[str] = []
    for fields in known:
        found = (by_name[one] for one in fields if one in by_name and by_name[one] not in chosen)
        name = next(found, None)
        if name is None:
            return None
        chosen.append(name)
    return tuple(chosen)


def _topics(source: Source) -> Iterator[Row]:
    """TREC topics: ``<num>`` names the question, ``<title>`` is what is asked, or ``<desc>``."""
    for place, topic in enumerate(_TOPIC.finditer(read_text(source)), start=1):
        body = topic[1]
        number = _NUMBER.search(body)
        texts = [found[1].split() for tag in (_TITLE, _DESCRIPTION) if (found := tag.search(body))]
        text = next((" ".join(words) for words in texts if words), "")
        yield Row(f"{source.name}, topic {place}", (number[1].strip() if number else "", text))


def _tabbed(source: Source, problems: Problems) -> Iterator[Row]:
    for number, line in lines_of(source):
        question_id, tab, text = line.partition("\t")
        if not tab:
            reason = "it is not of the form id<TAB>text; it is left out."
            problems.add("lines of another form", f"{source.name}, line {number}", reason)
            continue
        yield Row(f"{source.name}, line {number}", (question_id.strip(), " ".join(text.split())))


def _judged(source: Source, problems: Problems) -> Iterator[Row]:
    for number, line in lines_of(source):
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) < _BEIR_COLUMNS and source.suffix == ".csv":
            fields = [field.strip() for field in line.split(",")]
        if len(fields) < _BEIR_COLUMNS:
            fields = line.split()
        if len(fields) == _TREC_COLUMNS:
            fields.pop(1)
        if len(fields) != _BEIR_COLUMNS:
            reason = "it is not of the form “question 0 document grade”; it is left out."
            problems.add("lines of another form", f"{source.name}, line {number}", reason)
        elif number > 1 or not _is_header(fields):
            yield Row(f"{source.name}, line {number}", tuple(fields))


def _is_header(fields: Sequence[str]) -> bool:
    """Whether a first line names the columns: no number, and words that such columns have."""
    return _names_columns(fields, (GRADE_FIELDS,)) or _names_columns(fields, (DOCUMENT_FIELDS,))
