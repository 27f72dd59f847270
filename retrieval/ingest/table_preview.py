"""The first rows of a table or a JSON Lines file, so that a person can say what each field is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from retrieval.errors import ParseError
from retrieval.ingest.columns import Columns
from retrieval.ingest.parsers import parse_table_or_lines
from retrieval.ingest.parsers.records import RECORD_SUFFIXES
from retrieval.ingest.sources import Found, Source
from retrieval.types import Document, Skipped

PREVIEW_ROWS = 20


@dataclass(frozen=True, slots=True)
class TablePreview:
    """The beginning of a file of records.

    Attributes:
        names: The fields, in the order in which they first appear.
        rows: The first records as they are.
        columns: What the fields are for: as the person chose, or else as they look; None where no
            field could be the text.
        documents: What the first records become with these columns.
        skipped: Rows among the first that cannot be read, and why.
    """

    names: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    columns: Columns | None
    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...]


def has_columns(source: Source) -> bool:
    """Whether a file holds records whose fields a person may choose."""
    return source.role == "document" and source.suffix in RECORD_SUFFIXES


def preview_table(source: Source, rows: int = PREVIEW_ROWS) -> TablePreview:
    """Read the first rows of a CSV, TSV or JSON Lines file, and no more.

    Raises:
        ParseError: If the file cannot be read as such.
    """
    numbered = list(islice(parse_table_or_lines(source), rows))
    records = [record for _, record in numbered if not isinstance(record, Skipped)]
    names = tuple(dict.fromkeys(name for record in records for name in record))
    columns = source.columns or _guess(names, records)
    made = [
        columns.document(record, source.id, number)
        for number, record in numbered
        if columns and not isinstance(record, Skipped)
    ]
    unread = [record for _, record in numbered if isinstance(record, Skipped)]
    return TablePreview(
        names=names,
        rows=tuple(records),
        columns=columns,
        documents=tuple(one for one in made if isinstance(one, Document)),
        skipped=(*unread, *(one for one in made if isinstance(one, Skipped))),
    )


def with_columns(found: Iterable[Found], chosen: Mapping[str, Columns]) -> Iterator[Found]:
    """The same files, with the columns that a person chose by file id."""
    for one in found:
        if isinstance(one, Source) and one.id in chosen:
            yield replace(one, columns=chosen[one.id])
        else:
            yield one


def _guess(names: tuple[str, ...], records: list[dict[str, str]]) -> Columns | None:
    try:
        return Columns.choose(names, records)
    except ParseError:
        return None
