"""Makes a collection from files that ``export`` wrote: the same chunks, so the same figures."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from retrieval.errors import CollectionError
from retrieval.models.protocols import Encoder, Floats
from retrieval.settings import settings
from retrieval.store.collection import Collection
from retrieval.store.collections import Store
from retrieval.store.portable import (
    CORPUS,
    MANIFEST,
    QRELS,
    QUERIES,
    Manifest,
    Piece,
    damaged,
    files,
    from_beir_record,
)
from retrieval.store.schema import CHUNK_COLUMNS, CollectionInfo, chunk_of, document_of
from retrieval.store.upkeep import Upkeep
from retrieval.types import Chunk, Document, Judgment, Question

_ROWS = 200
_MEBIBYTE = 1 << 20
_BROKEN = (
    *(KeyError, TypeError, ValueError, AttributeError, EOFError, RecursionError),
    FileNotFoundError,
    *(pa.ArrowException, zipfile.BadZipFile, NotImplementedError),
)
"""What damaged files make the readers raise."""

Row = dict[str, Any]


def read_manifest(path: Path) -> Manifest:
    """What an export says of itself, so that a person can be asked before it is imported.

    Raises:
        CollectionError: If it is none.
    """
    with _folder(path, (MANIFEST,)) as folder:
        return _manifest(folder)


def import_collection(
    store: Store, path: Path, encoder: Encoder | None = None, name: str = ""
) -> Collection:
    """Make a collection from an exported folder or ZIP.

    Args:
        store: Where to.
        path: What ``export_collection`` wrote.
        encoder: The one that made the collection; not needed where the vectors came along.
        name: What to call it; by default what it was called.

    Raises:
        CollectionError: If the files are damaged, the name is taken, the encoder is another one,
            or there is none and the vectors did not come along.
        StorageError: If the home folder cannot be written.
    """
    with _folder(path) as folder:
        manifest = _manifest(folder)
        made = datetime.now(UTC).isoformat()
        info = replace(manifest.info, name=name or manifest.info.name, created=made)
        with store.building(info) as collection:
            if not manifest.has_vectors:
                _check_encoder(collection, encoder)
            try:
                _fill(collection, folder, manifest, encoder)
            except _BROKEN as error:
                raise damaged() from error
            _check_whole(collection, manifest.info)
            collection.compact()
            collection.versions.mark("Imported")
    return store.open(info.name)


def _check_encoder(collection: Collection, encoder: Encoder | None) -> None:
    if encoder is None:
        raise CollectionError(
            "The export holds no vectors.", hint="Give the encoder that made the collection."
        )
    collection.check_encoder(encoder)


def _check_whole(collection: Collection, expected: CollectionInfo) -> None:
    counts = collection.counts()
    if (counts.documents, counts.chunks) != (expected.documents, expected.chunks):
        raise damaged()


def _fill(
    collection: Collection, folder: Path, manifest: Manifest, encoder: Encoder | None
) -> None:
    is_beir = manifest.layout == "beir"
    pieces = _beir_pieces(folder) if is_beir else _table_pieces(folder, manifest)
    upkeep = Upkeep(collection)
    for piece in pieces:
        _check_chunks(piece)
        collection.replace(piece.documents, piece.chunks, _vectors(piece, manifest.info, encoder))
        upkeep.after_commit()
    questions, judgments = (QUERIES, QRELS) if is_beir else files(manifest.layout)[2:]
    collection.add_questions(map(_question, _rows(folder / questions)))
    collection.add_judgments(_judgments(folder / judgments))


def _vectors(piece: Piece, info: CollectionInfo, encoder: Encoder | None) -> Floats:
    if piece.vectors is not None:
        return piece.vectors
    if not piece.chunks or encoder is None:
        return np.zeros((0, info.dimension), dtype=np.float32)
    return encoder.encode_documents([chunk.text for chunk in piece.chunks])


def _check_chunks(piece: Piece) -> None:
    """Each chunk is what its document says at its offsets, and is called accordingly."""
    texts = {document.id: document.text for document in piece.documents}
    for one in piece.chunks:
        is_there = texts[one.document_id][one.start : one.end] == one.text
        if not is_there or one.id != Chunk.make_id(one.document_id, one.start, one.end, one.text):
            raise damaged()


def _beir_pieces(folder: Path) -> Iterator[Piece]:
    records = map(from_beir_record, _rows(folder / CORPUS))
    while group := list(islice(records, _ROWS)):
        chunks = [chunk for _, made in group for chunk in made]
        yield Piece([document for document, _ in group], chunks, None)


def _table_pieces(folder: Path, manifest: Manifest) -> Iterator[Piece]:
    """Documents with their chunks; both files have one order, so each is read through once."""
    documents, chunks, *_ = (folder / name for name in files(manifest.layout))
    by_document = groupby(_rows(chunks), key=lambda row: row["document_id"])
    current = next(by_document, None)
    rows = _rows(documents)
    while group := [document_of(row) for row in islice(rows, _ROWS)]:
        found: list[Row] = []
        for document in group:
            if current and current[0] == document.id:
                found.extend(current[1])
                current = next(by_document, None)
        yield _piece(group, found, has_vectors=manifest.has_vectors)


def _piece(documents: list[Document], rows: list[Row], *, has_vectors: bool) -> Piece:
    chunks = [chunk_of({name: row[name] for name in CHUNK_COLUMNS}) for row in rows]
    vectors = np.asarray([row["vector"] for row in rows], np.float32) if has_vectors else None
    return Piece(documents, chunks, vectors if rows else None)


def _question(row: Mapping[str, Any]) -> Question:
    if "_id" in row:
        return Question(row["_id"], row["text"], row["metadata"])
    return Question(row["query_id"], row["text"], json.loads(row["metadata"]))


def _judgments(path: Path) -> Iterator[Judgment]:
    if path.suffix == ".tsv":
        with path.open(encoding="utf-8") as stream:
            for line in islice(stream, 1, None):
                query_id, document_id, grade = line.rstrip("\n").split("\t")
                yield Judgment(query_id, document_id, int(grade))
        return
    for row in _rows(path):
        yield Judgment(row["query_id"], row["document_id"], int(row["grade"]))


def _rows(path: Path) -> Iterator[Row]:
    """The rows of a Parquet or JSON Lines file, a few at a time."""
    if path.suffix == ".jsonl":
        with path.open(encoding="utf-8") as stream:
            yield from map(json.loads, stream)
        return
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_ROWS):
            yield from batch.to_pylist()


def _manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if not path.is_file():
        raise damaged()
    return Manifest.from_json(path.read_bytes())


@contextmanager
def _folder(path: Path, names: Iterable[str] = ()) -> Iterator[Path]:
    """The folder of an export; a ZIP is unpacked for as long as it is needed."""
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="second-look-import-") as work:
        try:
            _unpack(path, Path(work), tuple(names))
        except (OSError, *_BROKEN) as error:
            raise damaged() from error
        yield Path(work)


def _unpack(path: Path, folder: Path, names: tuple[str, ...]) -> None:
    """Unpack what an export is made of, and nothing else; headers cannot claim too little."""
    known = {MANIFEST, *(name for layout in ("parquet", "jsonl", "beir") for name in files(layout))}
    with zipfile.ZipFile(path) as archive:
        wanted = [info for info in archive.infolist() if info.filename in (names or known)]
        limit = settings().max_expanded_mb
        if sum(info.file_size for info in wanted) > limit * _MEBIBYTE:
            raise CollectionError(
                f"The export unpacks to more than the limit of {limit} MiB.",
                hint="Raise SECOND_LOOK_MAX_EXPANDED_MB, or import an unpacked folder.",
            )
        archive.extractall(folder, wanted)
