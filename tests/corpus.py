"""A small collection, stored for real, for tests of what comes after ingestion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from retrieval.models.protocols import Encoder
from retrieval.settings import Chunking
from retrieval.store import Collection, Store
from retrieval.types import Chunk, Document

PASSAGES = (
    "loratadine does not cause drowsiness",
    "diphenhydramine is a allergy medicine and does cause drowsiness",
    "the dog bit the man",
    "the man bit the dog",
    "which plant is poisonous to cats",
    "the plant is safe to cats",
    "water the plant on the leaf and not on the soil",
    "sun and water",
)


def filled(
    store: Store,
    encoder: Encoder,
    texts: Sequence[str] = PASSAGES,
    name: str = "passages",
    metadata: Sequence[Mapping[str, str]] | None = None,
) -> Collection:
    """A collection with one document and one chunk for each text, ids ``d000``, ``d001``, …"""
    documents = [
        Document(
            id=f"d{index:03}",
            title=f"Passage {index}",
            text=text,
            source="odd.txt" if index % 2 else "even.txt",
            metadata=metadata[index] if metadata else {},
        )
        for index, text in enumerate(texts)
    ]
    chunks = [
        Chunk(
            id=Chunk.make_id(document.id, 0, len(document.text), document.text),
            document_id=document.id,
            ordinal=0,
            text=document.text,
            start=0,
            end=len(document.text),
            title=document.title,
            source=document.source,
            metadata=document.metadata,
        )
        for document in documents
    ]
    collection = store.create(name, encoder, Chunking(tokens=16))
    collection.replace(documents, chunks, encoder.encode_documents(list(texts)))
    return collection
