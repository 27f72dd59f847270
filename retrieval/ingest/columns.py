"""Which fields of a record are its text, its id, its title and its metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from retrieval.errors import ParseError
from retrieval.types import Document, Skipped

TEXT_FIELDS = ("text", "body", "content", "contents", "passage", "document", "description")
ID_FIELDS = ("_id", "id", "doc_id", "docid", "document_id")
TITLE_FIELDS = ("title", "headline", "name", "subject")


@dataclass(frozen=True, slots=True)
class Columns:
    """What each field of a record is for.

    Attributes:
        text: The field that is read and ranked.
        id: The field that names the record; without one, its row does.
        title: The field that a person calls it by.
        metadata: Fields to keep for display and filters; None keeps all others.
    """

    text: str
    id: str | None = None
    title: str | None = None
    metadata: tuple[str, ...] | None = None

    @classmethod
    def choose(cls, names: Iterable[str], rows: Sequence[Mapping[str, str]]) -> Columns:
        """By name, or else the text is what is longest on average in ``rows``.

        Raises:
            ParseError: If no field could be the text.
        """
        by_name = {name.strip().lower(): name for name in reversed(list(names))}
        record_id, title = _first(ID_FIELDS, by_name), _first(TITLE_FIELDS, by_name)
        text = _first(TEXT_FIELDS, by_name)
        if text is None:
            others = [name for name in by_name.values() if name not in {record_id, title}]
            lengths = {name: sum(len(row.get(name, "")) for row in rows) for name in others}
            text = max(lengths, key=lengths.__getitem__, default=title)
        if text is None:
            raise ParseError("it has no column that could be the text")
        return cls(text, record_id, title if title != text else None)

    def document(self, record: Mapping[str, str], file: str, row: int) -> Document | Skipped:
        """The document of one record, whose text begins with its title, as models read it."""
        title = record.get(self.title, "").strip() if self.title else ""
        text = record.get(self.text, "")
        if not text.strip():
            return Skipped(file, f"row {row} has no text")
        record_id = record.get(self.id, "").strip() if self.id else ""
        return Document(
            id=record_id or f"{file}#{row}",
            title=title or record_id or f"{PurePosixPath(file).name}, row {row}",
            text=f"{title}\n{text}" if title else text,
            source=file,
            metadata={k: v for k, v in record.items() if self._is_metadata(k) and v.strip()},
        )

    def _is_metadata(self, name: str) -> bool:
        if self.metadata is not None:
            return name in self.metadata
        return name not in {self.text, self.id, self.title}


def _first(wanted: Iterable[str], by_name: Mapping[str, str]) -> str | None:
    return next((by_name[name] for name in wanted if name in by_name), None)
