"""Turns what was read into batches to encode: groups, compared with the collection, then cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from retrieval.ingest.chunking import chunks as cut
from retrieval.ingest.isolation import Stop
from retrieval.ingest.reading import Part, Records, check_stop
from retrieval.ingest.report import START, Omissions, Position
from retrieval.models.protocols import Encoder
from retrieval.store import Collection
from retrieval.types import Chunk, Document, Skipped

GROUP_DOCUMENTS = 256
GROUP_CHARACTERS = 1 << 20
"""Documents are compared with what is stored in groups of so many, or so long together."""
PART_CHUNKS = 2_048
"""A document of more chunks than this is handed on in parts."""


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that are looked up together, or questions or judgments."""

    documents: tuple[Document, ...]
    position: Position
    records: Records = ()


@dataclass(slots=True)
class Batch:
    """Whole documents with their chunks, encoded and stored together, or a part of a long one.

    Attributes:
        documents: Those that are new or changed.
        chunks: All their chunks; of a long document, those of its last part.
        is_open: Whether these are chunks of a long document that is not whole yet.
        replaced: How many of the documents were there before, with another content.
        unchanged: Documents passed on the way that were there already.
        without_text: Documents passed on the way that hold no text.
        records: Questions or judgments that come after them.
        position: How far reading was by then.
    """

    documents: list[Document] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    is_open: bool = False
    replaced: int = 0
    unchanged: int = 0
    without_text: int = 0
    records: Records = ()
    position: Position = START

    @property
    def handled(self) -> int:
        """All documents that it accounts for."""
        return len(self.documents) + self.unchanged + self.without_text


def grouped(parts: Iterable[tuple[Part, Position]]) -> Iterator[Group]:
    """Documents in groups; questions and judgments keep their place between them."""
    documents: list[Document] = []
    characters = 0
    position = START
    for part, position in parts:
        if isinstance(part, Document):
            documents.append(part)
            characters += len(part.text)
        is_full = len(documents) >= GROUP_DOCUMENTS or characters >= GROUP_CHARACTERS
        if is_full or not isinstance(part, Document):
            records = () if isinstance(part, Document) else part
            yield Group(tuple(documents), position, records)
            documents, characters = [], 0
    if documents:
        yield Group(tuple(documents), position)


class Cutter:
    """Cuts the documents of each group that are new or changed, until a batch is full.

    Args:
        collection: Where they go; how it is cut is its own.
        encoder: Knows the tokens, and how many of them can be read.
        omissions: Learns of documents that hold no text.
        stop: Asked again and again while a document is being cut.
        batch_chunks: Chunks that fill a batch.
    """

    def __init__(
        self,
        collection: Collection,
        encoder: Encoder,
        omissions: Omissions,
        stop: Stop,
        batch_chunks: int,
    ) -> None:
        self._collection = collection
        self._chunking = collection.info.chunking
        self._encoder = encoder
        self._omissions = omissions
        self._stop = stop
        self._batch_chunks = batch_chunks
        self._batch = Batch()

    def batches(self, groups: Iterable[Group]) -> Iterator[Batch]:
        """All that has to be done, in order; a batch without chunks only tells how far it is."""
        for group in groups:
            stored = self._collection.fingerprints(one.id for one in group.documents)
            for document in group.documents:
                yield from self._add(document, stored.get(document.id))
            self._batch.position = group.position
            if group.records or not self._batch.chunks:
                self._batch.records = group.records
                yield self._taken()
        if self._batch.documents:
            yield self._taken()

    def _add(self, document: Document, stored: str | None) -> Iterator[Batch]:
        """Add a document to the batch; whatever is full by then comes out."""
        if stored == document.fingerprint:
            self._batch.unchanged += 1
            return
        parts = self._parts(document)
        part = next(parts, [])
        if not part:
            self._omissions.add(Skipped(document.source, "it holds no text"))
            self._batch.without_text += 1
            return
        is_long = False
        for following in parts:
            if self._batch.handled:
                yield self._taken()
            yield Batch(chunks=part, is_open=True)
            part, is_long = following, True
        self._batch.documents.append(document)
        self._batch.chunks.extend(part)
        self._batch.replaced += stored is not None
        # The last part of a long document comes alone, as those before it did.
        if is_long or len(self._batch.chunks) >= self._batch_chunks:
            yield self._taken()

    def _taken(self) -> Batch:
        batch, self._batch = self._batch, Batch()
        return batch

    def _parts(self, document: Document) -> Iterator[list[Chunk]]:
        chunks = self._cut(document)
        while part := list(islice(chunks, PART_CHUNKS)):
            yield part

    def _cut(self, document: Document) -> Iterator[Chunk]:
        encoder = self._encoder
        for one in cut(document, encoder.tokenizer, self._chunking, encoder.max_tokens):
            # A text of a hundred megabytes is cut for minutes.
            check_stop(self._stop)
            yield one
