"""A collection as files that other programs can read: what they are called and what they hold.

Every layout has ``collection.json``, which says what made the collection, so that it can be
imported again to the same chunks.

- ``parquet`` and ``jsonl``: documents, chunks, questions and judgments, one file each.
- ``beir``: ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/test.tsv`` as BEIR has them; a further
  field of each line of the corpus keeps what BEIR has no place for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from retrieval.errors import CollectionError
from retrieval.models.protocols import Floats
from retrieval.store.schema import CollectionInfo
from retrieval.types import Chunk, Document, Mark

Layout = Literal["parquet", "jsonl", "beir"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
MANIFEST = "collection.json"
CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels/test.tsv"
TABLE_NAMES = ("documents", "chunks", "questions", "judgments")
FORMAT = 1
OURS = "second_look"
"""The field of a BEIR record that keeps what BEIR has no place for."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some whole documents with all their chunks, and perhaps the vectors of these."""

    documents: Sequence[Document]
    chunks: Sequence[Chunk]
    vectors: Floats | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``collection.json`` says.

    Attributes:
        layout: How the files are laid out.
        has_vectors: Whether the chunks' vectors are among them.
        info: What made the collection, and how much it held.
    """

    layout: Layout
    has_vectors: bool
    info: CollectionInfo

    def as_json(self) -> str:
        """The text of the file."""
        values = {"format": FORMAT, "layout": self.layout, "vectors": self.has_vectors}
        return json.dumps({**values, "collection": asdict(self.info)}, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> Manifest:
        """What a file says.

        Raises:
            CollectionError: If it is none of ours, or of a later version.
        """
        try:
            values = json.loads(text)
            info = CollectionInfo(**values["collection"])
            layout, has_vectors, known = values["layout"], values["vectors"], values["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise damaged() from error
        if known != FORMAT or layout not in LAYOUTS:
            raise CollectionError(
                "The export was written by another version of Second Look.",
                hint="Import it with that version, or export it anew.",
            )
        return cls(layout, bool(has_vectors), info)


def files(layout: Layout) -> tuple[str, ...]:
    """The files of a layout, beside ``collection.json``."""
    if layout == "beir":
        return (CORPUS, QUERIES, QRELS)
    return tuple(f"{name}.{layout}" for name in TABLE_NAMES)


def damaged() -> CollectionError:
    """The error for files that are no export, or no longer whole."""
    return CollectionError(
        "The files are no export of a collection, or damaged.",
        hint="Export it again; a BEIR folder from elsewhere is ingested, not imported.",
    )


def beir_record(document: Document, chunks: Sequence[Chunk]) -> dict[str, Any]:
    """A document as a line of a BEIR corpus, where title and text stand apart."""
    is_titled = bool(document.title) and document.text.startswith(f"{document.title}\n")
    text = document.text[len(document.title) + 1 :] if is_titled else document.text
    kept = {
        "source": document.source,
        "titled": is_titled,
        "marks": [[mark.start, mark.page, mark.heading] for mark in document.marks],
        "chunks": [[one.start, one.end, one.page, one.heading] for one in chunks],
    }
    record = {"_id": document.id, "title": document.title, "text": text}
    return {**record, "metadata": dict(document.metadata), OURS: kept}


def from_beir_record(record: Mapping[str, Any]) -> tuple[Document, list[Chunk]]:
    """What ``beir_record`` was given."""
    kept, title = record[OURS], record["title"]
    document = Document(
        record["_id"],
        title,
        f"{title}\n{record['text']}" if kept["titled"] else record["text"],
        kept["source"],
        tuple(Mark(start, page, tuple(heading)) for start, page, heading in kept["marks"]),
        record["metadata"],
    )
    return document, list(_cut(document, kept["chunks"]))


def _cut(document: Document, offsets: Sequence[Sequence[Any]]) -> Iterator[Chunk]:
    for ordinal, (start, end, page, heading) in enumerate(offsets):
        yield Chunk.cut(document, ordinal, (start, end), Mark(start, page, tuple(heading)))
