"""What leaves a review: qrels for other tools, and everything that was said."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from retrieval.evaluation.files import qrels_text
from retrieval.evaluation.measures import Qrels
from retrieval.review.cells import guarded
from retrieval.review.lead import Lead
from retrieval.review.raw_rows import CSV_COLUMNS, EventRows
from retrieval.review.registry import as_dict

FORMAT = 1
"""Of the JSON Lines; grows when an older reader could not read them."""


@dataclass(frozen=True, slots=True)
class ExportForm:
    """One form to export.

    Attributes:
        id: What options call it.
        label: What people call it.
        help: What is in it, in a sentence.
        suffix: The end of its file's name.
        mime: Its type.
        text: Makes it, of a review and the way to take grades together.
    """

    id: str
    label: str
    help: str
    suffix: str
    mime: str
    text: Callable[[Lead, str], str]

    def name(self, review: str) -> str:
        """The name of its file; no name of a review leads out of a folder."""
        return f"{quote(review, safe=' ()')}{self.suffix}"


def _trec(lead: Lead, how: str) -> str:
    return qrels_text(lead.qrels(how))


def _qrels_csv(lead: Lead, how: str) -> str:
    return _table(("query_id", "document_id", "grade"), _lines(lead.qrels(how)), ",")


def _beir(lead: Lead, how: str) -> str:
    return _table(("query-id", "corpus-id", "score"), _lines(lead.qrels(how)), "\t")


def _raw_csv(lead: Lead, _: str) -> str:
    standing = lead.standing()
    rows = EventRows(lead.review, lead.pool, standing)
    made = (rows.csv_row(event) for event in standing.events)
    return _table(CSV_COLUMNS, ([_cell(row[name]) for name in CSV_COLUMNS] for row in made), ",")


def _raw_jsonl(lead: Lead, _: str) -> str:
    review, pool, standing = lead.review, lead.pool, lead.standing()
    rows = EventRows(review, pool, standing)
    tables = pool.tables()
    lines = [
        {"kind": "review", "format": FORMAT, "review": as_dict(review)},
        *({"kind": "passage", **row} for row in tables["passages"].to_pylist()),
        *({"kind": "list", **row} for row in tables["lists"].to_pylist()),
        *(rows.row(event) for event in standing.events),
    ]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


EXPORTS: Mapping[str, ExportForm] = MappingProxyType(
    {
        one.id: one
        for one in (
            ExportForm(
                "trec",
                "Qrels, TREC",
                "Question, 0, document, grade, with spaces between; ids are percent-encoded.",
                ".qrels",
                "text/plain",
                _trec,
            ),
            ExportForm(
                "csv",
                "Qrels, CSV",
                "Columns query_id, document_id and grade; ids are percent-encoded.",
                "-qrels.csv",
                "text/csv",
                _qrels_csv,
            ),
            ExportForm(
                "beir",
                "Qrels, BEIR",
                "Tab-separated columns query-id, corpus-id and score; ids are percent-encoded.",
                ".tsv",
                "text/tab-separated-values",
                _beir,
            ),
            ExportForm(
                "judgments-csv",
                "Judgments, CSV",
                "Everything that was said, with reviewer, time and comment; safe in a spreadsheet.",
                "-judgments.csv",
                "text/csv",
                _raw_csv,
            ),
            ExportForm(
                "judgments-jsonl",
                "Judgments, JSON Lines",
                "The whole review: questions, passages, the systems' lists and all that was said.",
                "-judgments.jsonl",
                "application/x-ndjson",
                _raw_jsonl,
            ),
        )
    }
)


def _lines(qrels: Qrels) -> Iterator[tuple[str, str, int]]:
    for query, grades in qrels.items():
        for document, grade in grades.items():
            yield _encoded(query), _encoded(document), grade


def _encoded(identifier: str) -> str:
    """An id that neither ends a cell nor begins a formula."""
    encoded = quote(identifier, safe="/#:.,;@+~()[]'!*=&$-_ ")
    if guarded(encoded) != encoded:
        return f"%{ord(encoded[0]):02X}{encoded[1:]}"
    return encoded


def _cell(value: object) -> object:
    return guarded(value) if isinstance(value, str) else value


def _table(header: tuple[str, ...], rows: Iterator[object], delimiter: str) -> str:
    stream = io.StringIO(newline="")
    # Cells that hold either half of a line's end are quoted only where that ends the lines too.
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)  # type: ignore[arg-type]
    return stream.getvalue()
