"""What another chunk size would change: how many passages there are, and which are read whole."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

from retrieval.evaluation.length import Reader
from retrieval.ingest.chunking import chunk
from retrieval.settings import Chunking
from retrieval.store import Collection, Snapshot
from retrieval.types import Document

SIZES = (64, 128, 256)
SAMPLE_DOCUMENTS = 200
SAMPLE_CHARACTERS = 200_000
"""Cutting reads about half a million characters a second on one core."""
_SEED = 2009


@dataclass(frozen=True, slots=True)
class Sample:
    """Some documents of a collection, drawn by a fixed seed.

    Attributes:
        documents: The documents, a very long one only in its beginning.
        chunks: Chunks that they have in the collection now, in proportion where one was cut short.
        of_documents: Documents of the collection.
        of_chunks: Chunks of the collection.
    """

    documents: tuple[Document, ...]
    chunks: float
    of_documents: int
    of_chunks: int

    @classmethod
    def draw(cls, collection: Collection, snapshot: Snapshot) -> Sample:
        """Draw documents until there are enough of them, or of their characters.

        Raises:
            CollectionError: If one has been deleted meanwhile.
        """
        counts = Counter(snapshot.document_ids)
        ids = sorted(counts)
        drawn = random.Random(_SEED).sample(ids, min(SAMPLE_DOCUMENTS, len(ids)))  # noqa: S311
        documents, chunks, left = [], 0.0, SAMPLE_CHARACTERS
        for document_id in drawn:
            whole = collection.document(document_id)
            kept = replace(whole, text=whole.text[:left])
            documents.append(kept)
            chunks += counts[document_id] * len(kept.text) / max(1, len(whole.text))
            left -= len(kept.text)
            if left <= 0:
                break
        return cls(tuple(documents), chunks, len(ids), len(snapshot))


@dataclass(frozen=True, slots=True)
class Rechunked:
    """The collection as it would be with another chunk size.

    Attributes:
        tokens: Most tokens of a passage; None for documents that are not cut at all.
        passages: How many there would be, told from the sample.
        median_tokens: Tokens of the passage in the middle.
        encoder_whole: Share that the bi-encoder would read whole, 0..1.
        reranker_whole: Share that the reranker would read whole beside the question, 0..1.
    """

    tokens: int | None
    passages: int
    median_tokens: float
    encoder_whole: float
    reranker_whole: float

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain values for JSON."""
        return asdict(self)


def rechunk(
    sample: Sample,
    query: str,
    encoder: Reader,
    reranker: Reader,
    sizes: Sequence[int] = SIZES,
) -> tuple[Rechunked, ...]:
    """Cut the sample anew for each size as ingestion would, and once not at all.

    Ingestion cuts no passage longer than the encoder reads, whatever size was asked for.

    Args:
        sample: Documents of the collection.
        query: The question that the reranker reads beside each passage.
        encoder: Counts the tokens of a passage.
        reranker: Reads pairs.
        sizes: Most tokens of a passage.
    """
    whole = [document.text for document in sample.documents if document.text.strip()]
    readers = (encoder, reranker)
    found = [_figures(None, sample.of_documents, whole, query, readers)]
    for size in sizes:
        texts = [
            one.text
            for document in sample.documents
            for one in chunk(document, encoder.tokenizer, Chunking(tokens=size), encoder.limit)
        ]
        passages = round(len(texts) * sample.of_chunks / sample.chunks) if sample.chunks else 0
        found.append(_figures(size, passages, texts, query, readers))
    return tuple(found)


def _figures(
    size: int | None,
    passages: int,
    texts: Sequence[str],
    query: str,
    readers: tuple[Reader, Reader],
) -> Rechunked:
    encoder, reranker = readers
    if not texts:
        return Rechunked(size, 0, 0.0, 1.0, 1.0)
    return Rechunked(
        size,
        passages,
        float(median(encoder.tokens(texts))),
        _share(encoder, query, texts),
        _share(reranker, query, texts),
    )


def _share(reader: Reader, query: str, texts: Sequence[str]) -> float:
    room = reader.room(query)
    return sum(count <= room for count in reader.prompted(texts)) / len(texts)
