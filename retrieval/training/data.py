"""Labelled data from files: rankings, minimal pairs and triples become groups.

A folder holds ``ranking/NAME.jsonl`` (``query``, ``pos``, ``neg``: lists of passages, the hardest
first) and ``contrast/NAME.jsonl`` (``query``, ``doc_pos``, ``doc_neg``; or ``query``,
``query_answerable``, ``doc_neg``: a passage that answers the second and not the first), each plain
or gzipped. A single file of triples (``query``, ``positive``, ``negative``) serves as well. Texts
without labels (``text``, perhaps ``title``) lie in ``text/NAME.jsonl``; the teacher grades them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from retrieval.errors import ParseError, TrainingError
from retrieval.evaluation.files import file_source
from retrieval.ingest.parsers import parse_table_or_lines
from retrieval.training.groups import Group, passages_group, queries_group
from retrieval.training.topics import Text
from retrieval.types import Skipped

MIN_GROUPS = 20
"""Fewer groups teach nothing that would hold for others."""
MAX_ROWS = 300_000
"""Most rows read of one file; of a longer one, the first so many."""

Made = TypeVar("Made", Group, Text)

_SUFFIXES = (".jsonl", ".jsonl.gz", ".csv", ".tsv")
_NOTES_A_FILE = 5


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Groups by source, and what was left out.

    Attributes:
        groups: For each source, its groups.
        fingerprint: SHA-256 over the files' names and bytes, in hex.
        notes: One line for each row that could not be used, the first few of each file.
        texts: Texts without labels by source.
    """

    groups: Mapping[str, tuple[Group, ...]]
    fingerprint: str
    notes: tuple[str, ...]
    texts: Mapping[str, tuple[Text, ...]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Groups in all."""
        return sum(len(groups) for groups in self.groups.values())


def read_training_data(path: Path) -> TrainingData:
    """Everything under a folder, or one file.

    Raises:
        TrainingError: If nothing can be learned from it: no file, too few groups, one label only.
    """
    alone = path.is_file()
    files = [path] if alone else sorted(_data_files(path, "", "ranking", "contrast"))
    unlabelled = [] if alone else sorted(_data_files(path, "text"))
    if not files:
        raise TrainingError(
            f"{path} holds no training data.",
            hint="Give a folder with ranking/*.jsonl or contrast/*.jsonl, or one file of triples.",
        )
    notes: list[str] = []
    groups: dict[str, tuple[Group, ...]] = {}
    for file in files:
        groups[_stem(file)] = tuple(_made_of(file, _group, notes))
    texts = {_stem(file): tuple(_made_of(file, _unlabelled, notes)) for file in unlabelled}
    found = TrainingData(groups, _fingerprint([*files, *unlabelled]), tuple(notes), texts)
    if found.count < MIN_GROUPS:
        why = f" The first row that could not be used: {notes[0]}." if notes else ""
        raise TrainingError(
            f"{path} holds {found.count} groups with a right and a wrong pair, too few to learn "
            f"from.{why}",
            hint=f"Give at least {MIN_GROUPS}, each with a question, a right and a wrong passage.",
        )
    return found


def _data_files(folder: Path, *names: str) -> Iterator[Path]:
    for place in (folder / name for name in names):
        if place.is_dir():
            yield from (file for file in place.iterdir() if file.name.endswith(_SUFFIXES))


def _stem(path: Path) -> str:
    return path.name.split(".")[0]


def _fingerprint(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _made_of(
    file: Path, make: Callable[[str, Mapping[str, Any]], Made | str], notes: list[str]
) -> Iterator[Made]:
    """What a file's rows are; those that are nothing leave a line, but not more than a few."""
    source, refused = _stem(file), 0
    for row, record in islice(_rows(file), MAX_ROWS):
        made = record if isinstance(record, str) else make(source, record)
        if not isinstance(made, str):
            yield made
        else:
            refused += 1
            if refused <= _NOTES_A_FILE:
                notes.append(f"{file.name}, row {row}: {made}")
    if refused > _NOTES_A_FILE:
        notes.append(f"{file.name}: {refused - _NOTES_A_FILE} more rows could not be used")
    if row_limit_reached(file):
        notes.append(f"{file.name}: only the first {MAX_ROWS:,} rows were read")


def labelled_rows(file: Path) -> Iterator[tuple[int, Group | str]]:
    """Row number and group of each row of a file, read as a stream, or why there is none.

    Raises:
        TrainingError: If a file of JSON Lines cannot be read to its end.
    """
    source = _stem(file)
    for row, record in _rows(file):
        yield row, record if isinstance(record, str) else _group(source, record)


def row_limit_reached(file: Path) -> bool:
    """Whether a file has more rows than are read."""
    if file.stat().st_size < MAX_ROWS:
        return False
    return next(islice(_rows(file), MAX_ROWS, None), None) is not None


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Row number and record, or why it is none."""
    if file.name.endswith((".csv", ".tsv")):
        try:
            for row, record in parse_table_or_lines(file_source(file)):
                yield row, record.reason if isinstance(record, Skipped) else record
        except ParseError as error:
            yield 0, error.message
        return
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
            for row, line in enumerate(stream, 1):
                if line.strip():
                    yield row, _record(line)
    except (OSError, EOFError) as error:
        raise TrainingError(f"{file} cannot be read to its end: {error}.") from error


def _record(line: bytes) -> dict[str, Any] | str:
    try:
        record = json.loads(line)
    except ValueError:
        return "it is no JSON"
    return record if isinstance(record, dict) else "it is no JSON object"


def _group(source: str, record: Mapping[str, Any]) -> Group | str:
    """The group of a row, or why there is none."""
    query = _text(record.get("query"))
    if not query:
        return "the question is empty"
    answered = _text(record.get("query_answerable"))
    if answered:
        passage = _text(record.get("doc_neg"))
        if not passage:
            return "the passage is empty"
        return queries_group(source, passage, (answered,), (query,))
    right = _texts(record, ("pos", "doc_pos", "positive"))
    wrong = [text for text in _texts(record, ("neg", "doc_neg", "negative")) if text not in right]
    if not right:
        return "there is no right passage"
    if not wrong and "neg" not in record:
        return "there is no wrong passage"
    return passages_group(source, query, right, wrong)


def _unlabelled(_source: str, record: Mapping[str, Any]) -> Text | str:
    """The text of a row, or why there is none."""
    body = _text(record.get("text"))
    return Text(body, _text(record.get("title"))) if body else "the text is empty"


def _texts(record: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    for name in names:
        value = record.get(name)
        if value is not None:
            values = value if isinstance(value, list) else _listed(value)
            return [text for text in map(_text, values) if text]
    return []


def _listed(value: object) -> list[Any]:
    """One text, or the list that a cell of a table holds as JSON."""
    if isinstance(value, str) and value.startswith("["):
        try:
            found = json.loads(value)
        except ValueError:
            return [value]
        return found if isinstance(found, list) else [value]
    return [value]


def _text(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
