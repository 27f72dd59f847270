"""What lies in the tables, and how values become rows and rows become values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from retrieval.models.protocols import Floats
from retrieval.settings import Chunking
from retrieval.store.filters import labels
from retrieval.store.words import words
from retrieval.types import Chunk, Document, Judgment, Mark, Question


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """What is known of a collection without reading it.

    Attributes:
        id: Random hex; names the tables, so that a name used again never meets old tables.
        name: What a person calls it.
        encoder: Id of the encoder that made its vectors.
        weights: Hash of that encoder's weights.
        dimension: Length of a vector.
        chunk_tokens: Most tokens of a chunk.
        overlap: Tokens that neighbouring chunks share.
        created: When, in ISO form, UTC.
        documents: How many documents it holds now.
        chunks: How many chunks it holds now.
    """

    id: str
    name: str
    encoder: str
    weights: str
    dimension: int
    chunk_tokens: int
    overlap: int
    created: str
    documents: int = 0
    chunks: int = 0

    @property
    def chunking(self) -> Chunking:
        """How its documents are cut."""
        return Chunking(self.chunk_tokens, self.overlap)

    def as_dict(self) -> dict[str, Any]:
        """Everything about it as plain values for JSON."""
        return asdict(self)

    def row(self) -> dict[str, Any]:
        """Its row in the registry, which keeps no counts."""
        return {name: value for name, value in asdict(self).items() if name in REGISTRY.names}


class Shown(Protocol):
    """What every row of a passage holds, whether a collection keeps it or a review."""

    @property
    def text(self) -> str:
        """What is read."""

    @property
    def title(self) -> str:
        """Of its document."""

    @property
    def source(self) -> str:
        """File that the document came from."""

    @property
    def page(self) -> int | None:
        """From 1, where there are pages."""

    @property
    def heading(self) -> tuple[str, ...]:
        """The headings it stands under, the outermost first."""


def shown_row(one: Shown) -> dict[str, Any]:
    """Text and place of a passage, as columns."""
    return {
        "text": one.text,
        "title": one.title,
        "source": one.source,
        "page": one.page,
        "heading": list(one.heading),
    }


def shown_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Text and place of a passage, from its row, by the names of the fields."""
    columns = ("text", "title", "source", "page")
    return {**{name: row[name] for name in columns}, "heading": tuple(row["heading"])}


def key_column(name: str) -> pa.Field:
    """A column of a table's key: two writers that insert the same key at once do not both win.

    Without the mark, LanceDB lets both merges pass, and the row is there twice.
    """
    marked = {"lance-schema:unenforced-primary-key": "true"}
    return pa.field(name, pa.string(), nullable=False, metadata=marked)


REGISTRY = pa.schema(
    [
        ("id", pa.string()),
        key_column("name"),
        ("encoder", pa.string()),
        ("weights", pa.string()),
        ("dimension", pa.int32()),
        ("chunk_tokens", pa.int32()),
        ("overlap", pa.int32()),
        ("created", pa.string()),
    ]
)

DOCUMENTS = pa.schema(
    [
        key_column("document_id"),
        ("title", pa.string()),
        ("source", pa.string()),
        ("text", pa.string()),
        ("marks", pa.string()),
        ("metadata", pa.string()),
        ("fingerprint", pa.string()),
        ("chunks", pa.int32()),
    ]
)

QUESTIONS = pa.schema([key_column("query_id"), ("text", pa.string()), ("metadata", pa.string())])

JUDGMENTS = pa.schema([key_column("query_id"), key_column("document_id"), ("grade", pa.int32())])

_CHUNK_FIELDS = (
    key_column("chunk_id"),
    ("document_id", pa.string()),
    ("ordinal", pa.int32()),
    ("text", pa.string()),
    ("start", pa.int64()),
    ("end", pa.int64()),
    ("page", pa.int32()),
    ("heading", pa.list_(pa.string())),
    ("title", pa.string()),
    ("source", pa.string()),
    ("metadata", pa.string()),
)
CHUNK_COLUMNS = list(pa.schema(_CHUNK_FIELDS).names)
"""The columns that make a ``Chunk``; labels, words and vectors are read apart."""
UNIT_TOLERANCE = 1e-2
"""How far a vector's length may be from 1: half precision strays this far."""
WORDS = "words"
"""The words of a chunk, one space between two, for the full-text index; null where it has none."""


def chunk_schema(dimension: int) -> pa.Schema:
    """The chunks of a collection whose encoder makes vectors of this length."""
    derived = (
        ("labels", pa.list_(pa.string())),
        (WORDS, pa.string()),
        ("vector", pa.list_(pa.float32(), dimension)),
    )
    return pa.schema([*_CHUNK_FIELDS, *derived])


def check_vectors(vectors: Floats, count: int, dimension: int) -> None:
    """Raise ``ValueError`` unless these are so many float32 vectors of unit length."""
    expected = (count, dimension)
    if vectors.shape != expected or vectors.dtype != np.float32:
        raise ValueError(
            f"vectors are {vectors.dtype} {vectors.shape}, and must be float32 {expected}"
        )
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.all(np.abs(lengths - 1) < UNIT_TOLERANCE):
        raise ValueError(f"vectors must have unit length, and have {lengths.min()} and more")


def chunk_rows(chunks: Sequence[Chunk], vectors: Floats) -> pa.Table:
    """Chunks with their vectors (float32, shape (len(chunks), dimension)) as rows."""
    dimension = vectors.shape[1]
    rows = [
        {
            "chunk_id": chunk.id,
            "document_id": chunk.document_id,
            "ordinal": chunk.ordinal,
            "start": chunk.start,
            "end": chunk.end,
            **shown_row(chunk),
            "metadata": _json(chunk.metadata),
            "labels": labels(chunk.metadata),
            WORDS: words_of(chunk.text),
        }
        for chunk in chunks
    ]
    schema = chunk_schema(dimension)
    table = pa.Table.from_pylist(rows, schema=schema.remove(schema.get_field_index("vector")))
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dimension)
    return table.append_column(schema.field("vector"), column)


def words_of(text: str) -> str | None:
    """What the column of words holds for a text."""
    return " ".join(words(text)) or None


def chunk_of(row: Mapping[str, Any]) -> Chunk:
    """The chunk of a row."""
    return Chunk(
        id=row["chunk_id"],
        document_id=row["document_id"],
        ordinal=row["ordinal"],
        start=row["start"],
        end=row["end"],
        **shown_of(row),
        metadata=json.loads(row["metadata"]),
    )


def document_rows(documents: Iterable[Document], counts: Mapping[str, int]) -> pa.Table:
    """Documents as rows, with the number of chunks of each by id."""
    rows = [
        {
            "document_id": document.id,
            "title": document.title,
            "source": document.source,
            "text": document.text,
            "marks": json.dumps([[m.start, m.page, m.heading] for m in document.marks]),
            "metadata": _json(document.metadata),
            "fingerprint": document.fingerprint,
            "chunks": counts.get(document.id, 0),
        }
        for document in documents
    ]
    return pa.Table.from_pylist(rows, schema=DOCUMENTS)


def document_of(row: Mapping[str, Any]) -> Document:
    """The document of a row."""
    return Document(
        id=row["document_id"],
        title=row["title"],
        text=row["text"],
        source=row["source"],
        marks=tuple(
            Mark(start, page, tuple(heading)) for start, page, heading in json.loads(row["marks"])
        ),
        metadata=json.loads(row["metadata"]),
    )


def question_rows(questions: Iterable[Question]) -> pa.Table:
    """Questions as rows."""
    rows = [{"query_id": q.id, "text": q.text, "metadata": _json(q.metadata)} for q in questions]
    return pa.Table.from_pylist(rows, schema=QUESTIONS)


def question_of(row: Mapping[str, Any]) -> Question:
    """The question of a row."""
    return Question(row["query_id"], row["text"], json.loads(row["metadata"]))


def judgment_rows(judgments: Iterable[Judgment]) -> pa.Table:
    """Judgments as rows."""
    return pa.Table.from_pylist([asdict(judgment) for judgment in judgments], schema=JUDGMENTS)


def _json(metadata: Mapping[str, str]) -> str:
    return json.dumps(dict(metadata), ensure_ascii=False)
