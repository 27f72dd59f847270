"""One collection: its documents, chunks, questions and judgments."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import islice
from threading import Lock
from typing import Any, TypeVar, cast

import pyarrow as pa
from lancedb.db import DBConnection
from lancedb.table import Table

from retrieval.errors import CollectionError
from retrieval.models.protocols import Encoder, Floats
from retrieval.store import keys
from retrieval.store.allocator import give_back
from retrieval.store.disk import DiskUse, current_bytes, total_bytes
from retrieval.store.filters import one_of
from retrieval.store.indexes import Indexes
from retrieval.store.location import table_made
from retrieval.store.migration import fitted, fitted_batches
from retrieval.store.schema import (
    CHUNK_COLUMNS,
    CollectionInfo,
    check_vectors,
    chunk_of,
    chunk_rows,
    document_of,
    document_rows,
    judgment_rows,
    question_of,
    question_rows,
)
from retrieval.store.snapshot import Snapshot, Snapshots
from retrieval.store.spool import Spool
from retrieval.store.tokens import TokenVectors
from retrieval.store.translation import storage_errors
from retrieval.store.versions import TABLES, VERSIONS, Versions
from retrieval.types import Chunk, Document, Judgment, Question

IDS_A_QUERY = 500
"""Ids named in one condition; a longer list makes the parser of conditions slow."""
ROWS_A_COMMIT = 10_000
SMALL_PIECES = 16
"""Every commit leaves a file; past this many small ones a table is compacted."""

T = TypeVar("T")

_writing: defaultdict[str, Lock] = defaultdict(Lock)
# Writers of one process take turns; LanceDB gives up on a commit after ten lost races.


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a collection holds."""

    documents: int
    chunks: int
    questions: int
    judgments: int


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document in a list: all but its text."""

    id: str
    title: str
    source: str
    chunks: int


class Collection:
    """Documents indexed with one encoder.

    Every method raises ``CollectionMissingError`` once the collection has been deleted, and
    ``StorageError`` when the home folder is full or cannot be written.
    """

    def __init__(self, database: DBConnection, info: CollectionInfo, snapshots: Snapshots) -> None:
        self._database = database
        self._info = info
        self._snapshots = snapshots

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self._info.name

    @property
    def id(self) -> str:
        """Names it for good, whatever it is called."""
        return self._info.id

    @property
    def info(self) -> CollectionInfo:
        """What is known of it, with what it holds now."""
        counts = self.counts()
        return replace(self._info, documents=counts.documents, chunks=counts.chunks)

    def counts(self) -> Counts:
        """How many documents, chunks, questions and judgments it holds now."""
        with storage_errors(self.name):
            tables = ("documents", "chunks", "questions", "judgments")
            return Counts(*(self._table(table).count_rows() for table in tables))

    def check_encoder(self, encoder: Encoder) -> None:
        """Raise ``CollectionError`` unless this encoder, with these weights, made the vectors."""
        if encoder.weights == self._info.weights and encoder.dimension == self._info.dimension:
            return
        other = "another version of it" if encoder.id == self._info.encoder else encoder.id
        sizes = (encoder.dimension, self._info.dimension)
        why = (
            "" if sizes[0] == sizes[1] else f": its vectors have {sizes[0]} numbers, not {sizes[1]}"
        )
        raise CollectionError(
            f"The collection “{self.name}” was made with {self._info.encoder}, "
            f"not with {other}{why}.",
            hint="Choose the encoder that made it, or ingest into a new collection.",
        )

    def snapshot(self) -> Snapshot:
        """Its chunks as they stand now, writes of other processes included."""
        with storage_errors(self.name):
            version = self._table("chunks").version
            return self._snapshots.get(
                f"{self._info.id}@{version}",
                lambda: Snapshot(
                    self._info, self._table("chunks", version), self.indexes, self.tokens
                ),
            )

    @property
    def indexes(self) -> Indexes:
        """The indexes over its chunks: what there is, and how to build them."""
        turn = _writing[self._info.id]
        return Indexes(self.name, self._info.id, lambda: self._table("chunks"), turn)

    @property
    def tokens(self) -> TokenVectors:
        """The token vectors stored beside its chunks, if any."""
        return TokenVectors(self.name, f"{self._info.id}.tokens", self._database)

    @property
    def versions(self) -> Versions:
        """What it was after each change, and the way back."""
        return Versions(self.name, self._or_new, _writing[self._info.id])

    def disk_use(self) -> DiskUse:
        """How much room it takes."""
        with storage_errors(self.name):
            tables = [self._table(name) for name in TABLES]
            current = sum(map(current_bytes, tables)) + self.tokens.row_bytes()
            return DiskUse(current, total_bytes(self._database.uri, self._info.id))

    def pinned(self) -> dict[str, Table]:
        """Its tables as they stand now, for reading them all as of one moment."""
        with _writing[self._info.id], storage_errors(self.name):
            return {name: self._table(name, self._table(name).version) for name in TABLES}

    def replace(
        self, documents: Sequence[Document], chunks: Sequence[Chunk], vectors: Floats
    ) -> None:
        """Store documents whole, in place of what was stored under their ids.

        The chunks change in one commit. The documents' rows follow in a second one and say that
        these documents are whole; after a kill between the two they are ingested again.

        Args:
            documents: Documents with distinct ids.
            chunks: All chunks of these documents.
            vectors: float32, shape (len(chunks), dimension), rows of unit length.
        """
        check_vectors(vectors, len(chunks), self._info.dimension)
        ids = [document.id for document in documents]
        if stray := {chunk.document_id for chunk in chunks} - set(ids):
            raise ValueError(f"chunks of documents that are not being replaced: {sorted(stray)}")
        counts = Counter(chunk.document_id for chunk in chunks)
        with _writing[self._info.id], storage_errors(self.name):
            table = self._table("chunks")
            rows = fitted(chunk_rows(chunks, vectors), table)
            _replace_chunks(table, ids, {chunk.id for chunk in chunks}, lambda: rows)
            self._upsert("documents", ["document_id"], document_rows(documents, counts))

    def spool(self) -> Spool:
        """Where the chunks of a document too long for memory are put aside."""
        return Spool(self._database.uri, self._info.dimension)

    def replace_long(self, document: Document, spool: Spool) -> None:
        """Do what ``replace`` does for one document whose chunks, all of them, are in a spool."""
        counts = {document.id: len(spool.chunk_ids)}
        with _writing[self._info.id], storage_errors(self.name):
            table = self._table("chunks")
            _replace_chunks(
                table,
                [document.id],
                spool.chunk_ids,
                lambda: fitted_batches(spool.rows(), table),
            )
            self._upsert("documents", ["document_id"], document_rows([document], counts))

    def delete_documents(self, document_ids: Iterable[str]) -> None:
        """Remove documents and their chunks; ids that are not there are passed over."""
        groups = list(_groups(document_ids, IDS_A_QUERY))
        with _writing[self._info.id], storage_errors(self.name):
            # The documents' rows go first: they say "this one is whole".
            for table in ("documents", "chunks"):
                for ids in groups:
                    self._table(table).delete(one_of("document_id", ids))
        self.versions.mark("Deleted documents")

    def compact(self) -> None:
        """Merge the many small files that batches leave; open snapshots keep theirs."""
        with _writing[self._info.id], storage_errors(self.name):
            for name in ("chunks", "documents"):
                table = self._table(name)
                # Annotated as a dataclass, but LanceDB returns plain dictionaries.
                stats = cast("dict[str, Any]", table.stats())
                if stats["fragment_stats"]["num_small_fragments"] > SMALL_PIECES:
                    table.optimize()
                keys.index(table, name)
        give_back()

    def fingerprints(self, document_ids: Iterable[str]) -> dict[str, str]:
        """Fingerprints of the documents among these ids that are stored whole."""
        found: dict[str, str] = {}
        with storage_errors(self.name):
            table = self._table("documents")
            for ids in _groups(document_ids, IDS_A_QUERY):
                query = table.search().where(one_of("document_id", ids))
                rows = query.select(["document_id", "fingerprint"]).to_list()
                found.update((row["document_id"], row["fingerprint"]) for row in rows)
        return found

    def document(self, document_id: str) -> Document:
        """A document whole.

        Raises:
            CollectionError: If the collection does not hold it.
        """
        with storage_errors(self.name):
            rows = self._table("documents").search().where(one_of("document_id", [document_id]))
            found = rows.limit(1).to_list()
        if not found:
            raise CollectionError(
                f"The collection “{self.name}” holds no document “{document_id}”.",
                hint="It may have been deleted or renamed meanwhile.",
            )
        return document_of(found[0])

    def documents(self, limit: int = 100, offset: int = 0) -> tuple[DocumentInfo, ...]:
        """A part of the list of documents, in the order of the table."""
        columns = ["document_id", "title", "source", "chunks"]
        with storage_errors(self.name):
            query = self._table("documents").search().select(columns)
            rows = query.limit(limit).offset(offset).to_list()
        return tuple(DocumentInfo(*(row[column] for column in columns)) for row in rows)

    def document_chunks(self, document_id: str) -> tuple[Chunk, ...]:
        """The chunks of a document, in the order of its text."""
        with storage_errors(self.name):
            query = self._table("chunks").search().where(one_of("document_id", [document_id]))
            rows = query.select(CHUNK_COLUMNS).to_list()
        return tuple(sorted(map(chunk_of, rows), key=lambda chunk: chunk.ordinal))

    def add_questions(self, questions: Iterable[Question]) -> None:
        """Keep questions with the collection; one with the same id is replaced."""
        for group in _groups(questions, ROWS_A_COMMIT):
            latest = {question.id: question for question in group}
            self._write("questions", ["query_id"], question_rows(latest.values()))

    def questions(self) -> tuple[Question, ...]:
        """The questions that came with the collection."""
        return tuple(question_of(row) for row in self._rows("questions"))

    def add_judgments(self, judgments: Iterable[Judgment]) -> None:
        """Keep judgments with the collection; one for the same pair is replaced."""
        for group in _groups(judgments, ROWS_A_COMMIT):
            latest = {(one.query_id, one.document_id): one for one in group}
            self._write("judgments", ["query_id", "document_id"], judgment_rows(latest.values()))

    def judgments(self) -> dict[str, dict[str, int]]:
        """Grade by document id, by query id."""
        grades: dict[str, dict[str, int]] = {}
        for row in self._rows("judgments"):
            grades.setdefault(row["query_id"], {})[row["document_id"]] = row["grade"]
        return grades

    def _table(self, name: str, version: int | None = None) -> Table:
        # Opened anew each time (about a millisecond): a handle that is kept misses other writers.
        return self._database.open_table(f"{self._info.id}.{name}", version=version)

    def _or_new(self, name: str) -> Table:
        """A table; that of the versions is made for a collection from before it was kept."""
        if name == "versions":
            # Asking first, for making it again would bring back what was just deleted.
            self._table("chunks")
            full = f"{self._info.id}.versions"
            return table_made(self._database, full, VERSIONS)
        return self._table(name)

    def _rows(self, table: str) -> list[dict[str, Any]]:
        with storage_errors(self.name):
            return self._table(table).search().to_list()

    def _write(self, table: str, keys: list[str], rows: pa.Table) -> None:
        with _writing[self._info.id], storage_errors(self.name):
            self._upsert(table, keys, rows)

    def _upsert(self, table: str, keys: list[str], rows: pa.Table) -> None:
        merge = self._table(table).merge_insert(keys)
        merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)


def _replace_chunks(
    table: Table, ids: list[str], chunk_ids: AbstractSet[str], rows: Callable[[], Any]
) -> None:
    """Put rows (a table, or a new reader for each try) in place of what these documents had."""
    asked = table.version
    merge = table.merge_insert("chunk_id").when_matched_update_all()
    merge = merge.when_not_matched_insert_all()
    is_stale = keys.has_stale(table, ids, chunk_ids)
    if not is_stale and merge.execute(rows()).version == asked + 1:
        return
    # Either some have to go, or another process wrote meanwhile, perhaps the same documents.
    merge.when_not_matched_by_source_delete(one_of("document_id", ids)).execute(rows())


def _groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group
