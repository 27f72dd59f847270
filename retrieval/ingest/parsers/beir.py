"""The parts of a BEIR folder beside its corpus: questions and judgments (qrels)."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.errors import ParseError
from retrieval.ingest.columns import ID_FIELDS
from retrieval.ingest.parsers.encoding import open_text
from retrieval.ingest.parsers.records import read_records
from retrieval.ingest.sources import Source
from retrieval.types import Judgment, Question, Skipped

_TREC_COLUMNS = 4
_BEIR_COLUMNS = 3
_QUESTION_FIELDS = ("text", "query", "question")


def parse_questions(source: Source) -> Iterator[Question | Skipped]:
    """Questions of a ``queries.jsonl``: an id and a text a line."""
    for number, record in read_records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        query_id = next((record.pop(name) for name in ID_FIELDS if name in record), "")
        text = next((record.pop(name) for name in _QUESTION_FIELDS if name in record), "")
        if query_id and text.strip():
            yield Question(query_id, text, record)
        else:
            yield Skipped(source.id, f"line {number} has no id or no text")


def parse_judgments(source: Source) -> Iterator[Judgment | Skipped]:
    """Judgments of qrels, as BEIR writes them (three columns) or as TREC does (four)."""
    try:
        with open_text(source) as stream:
            for number, line in enumerate(stream, start=1):
                judgment = _judgment(line)
                if judgment is not None:
                    yield judgment
                # The first line may name the columns.
                elif line.strip() and number > 1:
                    yield Skipped(source.id, f"line {number} is no judgment")
    except UnicodeDecodeError as error:
        raise ParseError("its text is in no encoding that could be recognised") from error


def _judgment(line: str) -> Judgment | None:
    fields = line.rstrip("\r\n").split("\t")
    if len(fields) < _BEIR_COLUMNS:
        fields = line.split()
    if len(fields) == _TREC_COLUMNS:
        fields.pop(1)
    try:
        query_id, document_id, grade = (field.strip() for field in fields)
        return Judgment(query_id, document_id, int(grade))
    except ValueError:
        return None
