"""Files of records: one document a row of a table, or a line of JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from retrieval.errors import ParseError
from retrieval.ingest.columns import Columns
from retrieval.ingest.parsers.encoding import mended, open_text
from retrieval.ingest.sources import Source
from retrieval.settings import settings
from retrieval.types import Document, Skipped

TABLE_SUFFIXES = (".csv", ".tsv")
LINE_SUFFIXES = (".jsonl", ".ndjson")
RECORD_SUFFIXES = TABLE_SUFFIXES + LINE_SUFFIXES
MAX_COLUMNS = 1_000
_SAMPLE_ROWS = 100
_DELIMITERS = (",", "\t", ";", "|")
_NO_DELIMITER = "\x1f"
_LONGEST_FIELD = 1 << 30

Numbered = tuple[int, dict[str, str] | Skipped]
"""A record with the number of its row or line, or why there is none."""

# The default of 128 KiB a field is for spreadsheets; here a field may hold a whole article, and
# the size of the file is limited already.
csv.field_size_limit(_LONGEST_FIELD)


def parse_table(source: Source) -> Iterator[Document | Skipped]:
    """CSV or TSV: one document a row; rows that do not fit the header are left out, and said."""
    rows = read_table(source)
    sample = list(islice(rows, _SAMPLE_ROWS))
    records = [record for _, record in sample if not isinstance(record, Skipped)]
    columns = _checked(source, records[0]) if records else source.columns
    if columns is None and records:
        columns = Columns.choose(records[0], records)
    for number, record in chain(sample, rows):
        if isinstance(record, Skipped):
            yield record
        else:
            # A table may begin with a hundred rows that are all ragged.
            columns = columns or Columns.choose(record, [record])
            yield columns.document(record, source.id, number)


def _checked(source: Source, header: Iterable[str]) -> Columns | None:
    """The columns that a person chose, unless the table has no such text."""
    columns = source.columns
    if columns and columns.text not in header:
        raise ParseError(f"it has no column “{columns.text}”")
    return columns


def read_table(source: Source) -> Iterator[Numbered]:
    """Row numbers, from 1 below the header, and records of a CSV or TSV file."""
    try:
        with open_text(source) as stream:
            head = list(islice(stream, _SAMPLE_ROWS))
            delimiter = "\t" if source.suffix == ".tsv" else sniff_delimiter(head)
            rows = csv.reader(chain(head, stream), delimiter=delimiter)
            yield from _table_records(rows, source)
    except UnicodeDecodeError as error:
        raise ParseError("its text is in no encoding that could be recognised") from error
    except csv.Error as error:
        raise ParseError(f"it cannot be read as a table: {error}") from error


def sniff_delimiter(lines: Sequence[str]) -> str:
    """The delimiter that gives most rows as many fields as the header, and the most of them."""

    def fit(delimiter: str) -> tuple[float, int]:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        width = len(rows[0]) if rows else 0
        share = sum(len(row) == width for row in rows) / max(1, len(rows))
        return (share, width) if width > 1 else (0.0, 0)

    best = max(_DELIMITERS, key=fit)
    return best if fit(best)[0] > 0 else _NO_DELIMITER


def _table_records(rows: Iterator[list[str]], source: Source) -> Iterator[Numbered]:
    header = _header(next(rows, []))
    number = 0
    for number, row in enumerate(islice(rows, settings().max_rows), start=1):
        if len(row) == len(header):
            if any(row):
                yield number, dict(zip(header, row, strict=True))
        elif row:
            fields = f"{len(row)} fields where the header has {len(header)}"
            yield number, Skipped(source.id, f"row {number} has {fields}")
    yield from _rows_left(rows, source, number)


def _header(names: list[str]) -> list[str]:
    """Column names, each once; one without a name is called after its place."""
    if not any(name.strip() for name in names):
        raise ParseError("its first row names no columns")
    if len(names) > MAX_COLUMNS:
        raise ParseError(f"it has {len(names)} columns, and at most {MAX_COLUMNS} are read")
    header: list[str] = []
    for place, name in enumerate(names, start=1):
        unique = name.strip() or f"column {place}"
        header.append(f"{unique} ({place})" if unique in header else unique)
    return header


def parse_jsonl(source: Source) -> Iterator[Document | Skipped]:
    """JSON Lines: one document a line; lines that are no records are left out, and said."""
    for number, record in read_records(source):
        if isinstance(record, Skipped):
            yield record
        else:
            yield _record_document(record, source, number)


def _record_document(record: Mapping[str, str], source: Source, number: int) -> Document | Skipped:
    try:
        columns = source.columns or Columns.choose(record, [record])
        return columns.document(record, source.id, number)
    except ParseError:
        return Skipped(source.id, f"line {number} has no text")


def parse_table_or_lines(source: Source) -> Iterator[Numbered]:
    """Rows of a CSV or TSV file, or lines of a JSON Lines file, as they are, with their numbers.

    Raises:
        ParseError: If the file is neither.
    """
    return read_table(source) if source.suffix in TABLE_SUFFIXES else read_records(source)


def read_records(source: Source) -> Iterator[Numbered]:
    """Line numbers and flat records of a JSON Lines file; blank lines are passed over."""
    try:
        with open_text(source) as stream:
            number = 0
            for number, line in enumerate(islice(stream, settings().max_rows), start=1):
                if line.strip():
                    yield number, _record(line, source, number)
            yield from _rows_left(stream, source, number)
    except UnicodeDecodeError as error:
        raise ParseError("its text is in no encoding that could be recognised") from error


def _record(line: str, source: Source, number: int) -> dict[str, str] | Skipped:
    try:
        value = json.loads(line)
    # Beside bad syntax: brackets nested too deep, and numbers of more digits than Python reads.
    except (ValueError, RecursionError):
        return Skipped(source.id, f"line {number} is not valid JSON")
    if not isinstance(value, dict):
        return Skipped(source.id, f"line {number} is not a JSON object")
    return _flat(value)


def _flat(record: Mapping[str, Any]) -> dict[str, str]:
    """Values as text; the fields of a ``metadata`` object join the others, as BEIR keeps them."""
    nested = record.get("metadata")
    if isinstance(nested, dict):
        record = {**nested, **{name: v for name, v in record.items() if name != "metadata"}}
    return {mended(name): mended(_as_text(v)) for name, v in record.items() if v is not None}


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rows_left(rows: Iterator[Any], source: Source, number: int) -> Iterator[Numbered]:
    if next(rows, None) is not None:
        yield number, Skipped(source.id, f"only its first {number} rows were read")
