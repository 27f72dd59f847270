"""Runs an ingestion: sources to documents to chunks to vectors to the store, batch by batch.

Everything streams, so memory is bounded by a batch and not by the corpus. A batch holds whole
documents and is stored in one commit, so at any moment the collection is one that somebody could
search, and running the same ingestion again after a kill does only what is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from retrieval.errors import CancelledError
from retrieval.ingest.chunking import chunk
from retrieval.ingest.reading import Reader, Stop, check_stop, distinct
from retrieval.ingest.report import Omissions, OnProgress, Report, Tracker
from retrieval.ingest.sources import Found
from retrieval.models.protocols import Encoder, Floats
from retrieval.store import Collection
from retrieval.types import Chunk, Document, Skipped

BATCH_CHUNKS = 256
"""Enough to fill the encoder's batches, and to keep the number of commits low."""
GROUP_DOCUMENTS = 256
GROUP_CHARACTERS = 1 << 20
"""Documents are compared with what is stored in groups of so many, or so long together."""


def ingest(
    collection: Collection,
    sources: Iterable[Found],
    encoder: Encoder,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Stop | None = None,
) -> Report:
    """Bring files into a collection.

    Documents that are there already and have not changed cost no encoding; changed ones are
    replaced whole. A file or record that cannot be read becomes a line of the report.

    Args:
        collection: Where to.
        sources: What ``expand`` and its kin found.
        encoder: The encoder that made the collection.
        on_progress: Called after each step.
        cancelled: Asked between steps; once it says True, what is finished is kept and the report
            says so.

    Raises:
        CollectionError: If another encoder made the collection, or it was deleted meanwhile.
        StorageError: If the home folder is full or cannot be written; what is finished is kept.
    """
    collection.check_encoder(encoder)
    omissions = Omissions()
    readable = distinct(sources, omissions)
    tracker = Tracker(readable, on_progress)
    stop = cancelled or (lambda: False)
    reader = Reader(collection, tracker, omissions, stop)
    writer = Writer(collection, encoder, tracker, omissions, stop)
    stopped = False
    try:
        for group in _grouped(reader.documents(readable)):
            writer.add(group)
        writer.flush()
        collection.compact()
    except CancelledError:
        stopped = True
    holds = collection.info
    return Report(
        collection=holds.name,
        documents=holds.documents,
        chunks=holds.chunks,
        added=writer.counts["added"],
        replaced=writer.counts["replaced"],
        unchanged=writer.counts["unchanged"],
        skipped=omissions.lines(),
        seconds=tracker.seconds,
        cancelled=stopped,
    )


def _grouped(documents: Iterable[Document]) -> Iterator[list[Document]]:
    group: list[Document] = []
    characters = 0
    for document in documents:
        group.append(document)
        characters += len(document.text)
        if len(group) >= GROUP_DOCUMENTS or characters >= GROUP_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


@dataclass(slots=True)
class _Batch:
    """Whole documents with their chunks, waiting to be encoded and stored together."""

    documents: list[Document] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    replaced: int = 0


class Writer:
    """The second half: cuts documents, encodes their chunks, and stores them batch by batch.

    Attributes:
        counts: Documents ``added``, ``replaced`` and ``unchanged`` so far.
    """

    def __init__(
        self,
        collection: Collection,
        encoder: Encoder,
        tracker: Tracker,
        omissions: Omissions,
        stop: Stop,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._collection = collection
        self._chunking = collection.info.chunking
        self._encoder = encoder
        self._tracker = tracker
        self._omissions = omissions
        self._stop = stop
        self._batch = _Batch()

    def add(self, group: list[Document]) -> None:
        """Cut what is new or changed in a group, and store it whenever a batch is full."""
        stored = self._collection.fingerprints(document.id for document in group)
        for document in group:
            check_stop(self._stop)
            if stored.get(document.id) == document.fingerprint:
                self.counts["unchanged"] += 1
            else:
                self._cut(document, is_new=document.id not in stored)
            self._tracker.advance(documents=1)

    def flush(self) -> None:
        """Encode the batch and store it in one commit."""
        batch, self._batch = self._batch, _Batch()
        if not batch.documents:
            return
        vectors = self._encoded([chunk.text for chunk in batch.chunks])
        self._collection.replace(batch.documents, batch.chunks, vectors)
        self.counts["replaced"] += batch.replaced
        self.counts["added"] += len(batch.documents) - batch.replaced

    def _cut(self, document: Document, *, is_new: bool) -> None:
        encoder = self._encoder
        chunks = chunk(document, encoder.tokenizer, self._chunking, encoder.max_tokens)
        if not chunks:
            self._omissions.add(Skipped(document.source, "it holds no text"))
            return
        self._batch.documents.append(document)
        self._batch.chunks.extend(chunks)
        self._batch.replaced += not is_new
        if len(self._batch.chunks) >= BATCH_CHUNKS:
            self.flush()

    def _encoded(self, texts: list[str]) -> Floats:
        """Vectors of all texts; a long document is encoded in steps, so that it can be stopped."""
        parts = []
        for start in range(0, len(texts), BATCH_CHUNKS):
            check_stop(self._stop)
            parts.append(self._encoder.encode_documents(texts[start : start + BATCH_CHUNKS]))
            self._tracker.advance(chunks=len(parts[-1]))
        return np.concatenate(parts)
