"""Runs an ingestion: sources to documents to chunks to vectors to the store, batch by batch.

Everything streams, so memory is bounded by a few batches and not by the corpus. Reading, cutting,
encoding and storing overlap, each in its thread; encoding runs in the caller's, where progress is
told too. A batch holds whole documents and is stored in one commit, so at any moment the collection
is one that somebody could search, and running the same ingestion again after a kill does only what
is missing. Of a document too long for that, the parts wait on disk for the last one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from threading import Event
from typing import Self

import numpy as np

from retrieval.errors import CancelledError
from retrieval.ingest.conveyor import Ahead, Behind
from retrieval.ingest.cutting import Batch, Cutter, grouped
from retrieval.ingest.isolation import Stop
from retrieval.ingest.reading import Reader, check_stop, distinct
from retrieval.ingest.report import Omissions, OnProgress, Report, Tracker
from retrieval.ingest.sources import Found
from retrieval.models.protocols import Encoder, Floats
from retrieval.store import Collection
from retrieval.store.spool import Spool
from retrieval.store.upkeep import Upkeep
from retrieval.types import Judgment, Question

BATCH_CHUNKS = 256
"""Enough to fill the encoder's batches, and to keep the number of commits low."""
HELD_SHARE = 64
"""Taking chunks away reads the whole table, so changed documents wait until they have a 64th of its
chunks: each chunk then costs the reading of 64 others, however large the table is."""


def ingest(
    collection: Collection,
    sources: Iterable[Found],
    encoder: Encoder,
    *,
    cut_by: Encoder | None = None,
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
        cut_by: The encoder whose tokens cuts are counted in, where it is another one, so that two
            collections of the same documents have the same passages.
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
    halt = Event()
    reader = Reader(tracker, omissions, halt.is_set)
    cutter = Cutter(collection, cut_by or encoder, omissions, halt.is_set, BATCH_CHUNKS)
    writer = _Writer(collection, encoder, tracker, cancelled or (lambda: False))
    stopped = False
    try:
        with (
            writer,
            Ahead(grouped(reader.parts(readable)), halt) as groups,
            Ahead(cutter.batches(groups), halt, writer.wait) as batches,
            Behind(writer.store, writer.wait) as storing,
        ):
            for batch in batches:
                storing.put((batch, writer.encoded(batch)))
        collection.compact()
    except CancelledError:
        stopped = True
    if writer.counts["added"] or writer.counts["replaced"]:
        collection.versions.mark(_summary(writer.counts))
        collection.indexes.start()
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


def _summary(counts: Counter[str]) -> str:
    return f"Ingested: {counts['added']:,} added, {counts['replaced']:,} replaced"


class _Writer:
    """The last two steps: encodes batches and stores them; what it holds is stored on leaving.

    Attributes:
        counts: Documents ``added``, ``replaced`` and ``unchanged`` so far.
    """

    def __init__(
        self, collection: Collection, encoder: Encoder, tracker: Tracker, stop: Stop
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._collection = collection
        self._encoder = encoder
        self._tracker = tracker
        self._stop = stop
        self._upkeep = Upkeep(collection)
        self._held: list[tuple[Batch, Floats]] = []
        self._spool: Spool | None = None
        self._enough = max(BATCH_CHUNKS, collection.counts().chunks // HELD_SHARE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        if self._spool:
            self._spool.close()

    def wait(self) -> None:
        """Look up from waiting: raises ``CancelledError`` if somebody asked to stop."""
        check_stop(self._stop)
        self._tracker.wait()

    def encoded(self, batch: Batch) -> Floats | None:
        """Vectors of all chunks; a long document is encoded in steps, so that it can be stopped."""
        check_stop(self._stop)
        texts = [chunk.text for chunk in batch.chunks]
        parts = []
        for start in range(0, len(texts), BATCH_CHUNKS):
            check_stop(self._stop)
            parts.append(self._encoder.encode_documents(texts[start : start + BATCH_CHUNKS]))
            self._tracker.advance(chunks=len(parts[-1]))
        self._tracker.advance(documents=batch.handled, position=batch.position)
        return np.concatenate(parts) if parts else None

    def store(self, item: tuple[Batch, Floats | None]) -> None:
        """Store a batch, and the questions or judgments that come after it."""
        batch, vectors = item
        if vectors is not None and (batch.is_open or self._spool):
            self._store_long(batch, vectors)
        elif vectors is not None:
            self._held.append((batch, vectors))
            chunks = sum(len(held.chunks) for held, _ in self._held)
            if chunks >= self._enough or not any(held.replaced for held, _ in self._held):
                self._flush()
        if batch.records:
            self._flush()
        self._collection.add_questions(one for one in batch.records if isinstance(one, Question))
        self._collection.add_judgments(one for one in batch.records if isinstance(one, Judgment))
        self.counts["unchanged"] += batch.unchanged

    def _store_long(self, batch: Batch, vectors: Floats) -> None:
        """Put a part of a long document aside; with the last one, store it in one commit."""
        self._flush()
        self._spool = self._spool or self._collection.spool()
        self._spool.add(batch.chunks, vectors)
        if batch.is_open:
            return
        (document,) = batch.documents
        self._collection.replace_long(document, self._spool)
        self._spool.close()
        self._spool = None
        self._stored(1, batch.replaced)

    def _flush(self) -> None:
        """Store what is held in one commit."""
        if not self._held:
            return
        batches = [batch for batch, _ in self._held]
        documents = [document for batch in batches for document in batch.documents]
        chunks = [chunk for batch in batches for chunk in batch.chunks]
        vectors = np.concatenate([vectors for _, vectors in self._held])
        # Gone from here first: what cannot be stored is not tried again on leaving.
        self._held.clear()
        self._collection.replace(documents, chunks, vectors)
        self._stored(len(documents), sum(batch.replaced for batch in batches))

    def _stored(self, documents: int, replaced: int) -> None:
        self._upkeep.after_commit()
        self.counts["added"] += documents - replaced
        self.counts["replaced"] += replaced
