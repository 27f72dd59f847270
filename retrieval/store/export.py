"""Writes a collection to files, as it stands at one moment."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from lancedb.table import Table

from retrieval.access import require
from retrieval.errors import CollectionError, StorageError
from retrieval.store.collection import Collection
from retrieval.store.filters import one_of
from retrieval.store.portable import (
    CORPUS,
    MANIFEST,
    QRELS,
    QUERIES,
    Layout,
    Manifest,
    Piece,
    beir_record,
    files,
)
from retrieval.store.schema import CHUNK_COLUMNS, chunk_of, document_of, question_of
from retrieval.store.translation import storage_errors

DOCUMENTS_A_PIECE = 200
CHUNKS_A_PIECE = 2_000
"""What is held in memory at once: a few megabytes of vectors and texts, or one larger document."""
ROWS_A_BATCH = 10_000

Write = Callable[[pa.Table], None]


def export_collection(
    collection: Collection, path: Path, layout: Layout = "parquet", *, vectors: bool = False
) -> Path:
    """Write a collection to a folder, or to a ZIP where ``path`` ends in ``.zip``.

    Args:
        collection: What to write.
        path: Where to; it must not be there yet.
        layout: How; see ``portable``.
        vectors: Whether to write the vectors too, so that importing needs no encoder.

    Raises:
        CollectionError: If the path is taken, or the layout cannot hold the collection.
        RoleError: If whoever is at work may not.
        StorageError: If the files cannot be written.
    """
    require("editor", "export collections")
    if vectors and layout == "beir":
        raise CollectionError(
            "A BEIR folder has no place for vectors.", hint="Export as Parquet, or without them."
        )
    if path.exists():
        raise CollectionError(f"There is already a “{path}”.", hint="Choose another name.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Beside its place, so that it appears there whole or not at all.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as work:
            folder = Path(work, "export")
            folder.mkdir()
            _write(collection, folder, layout, has_vectors=vectors)
            made = _zipped(folder) if path.suffix.lower() == ".zip" else folder
            made.rename(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(
            f"The export cannot be written: {reason}", hint="Choose another place."
        ) from error
    return path


def _write(collection: Collection, folder: Path, layout: Layout, *, has_vectors: bool) -> None:
    manifest = Manifest(layout, has_vectors, collection.info)
    (folder / MANIFEST).write_text(manifest.as_json(), encoding="utf-8")
    tables = collection.pinned()
    with storage_errors(collection.name), ExitStack() as stack:
        if layout == "beir":
            _write_beir(folder, tables)
            return
        writers = {
            name.split(".")[0]: stack.enter_context(_writer(folder / name))
            for name in files(layout)
        }
        for documents, chunks in _pieces(tables, has_vectors=has_vectors):
            writers["documents"](documents)
            writers["chunks"](chunks)
        for name in ("questions", "judgments"):
            for rows in _all_rows(tables[name]):
                writers[name](rows)


def _pieces(tables: dict[str, Table], *, has_vectors: bool) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Rows of some documents and of all their chunks, in the order of the documents' table."""
    columns = [*CHUNK_COLUMNS, *(["vector"] if has_vectors else [])]
    for documents in _document_rows(tables["documents"]):
        ids = documents["document_id"].to_pylist()
        query = tables["chunks"].search().where(one_of("document_id", ids or [""]))
        chunks = query.select(columns).to_arrow()
        yield documents, chunks.take(_in_order(chunks, ids))


def _document_rows(table: Table) -> Iterator[pa.Table]:
    """All rows, some at a time; of an empty table one empty piece, so that files have columns."""
    # Vectors and texts are read piece by piece; of all documents at once, only these counts.
    counts = table.search().select(["chunks"]).to_arrow()["chunks"].to_pylist()
    if not counts:
        yield table.schema.empty_table()
    for piece in _pieces_of(counts):
        yield table.take_offsets(list(piece)).to_arrow()


def _pieces_of(counts: Sequence[int]) -> Iterator[range]:
    """Rows of documents in pieces that hold few documents and, as far as can be, few chunks."""
    start, chunks = 0, 0
    for row, count in enumerate(counts):
        is_full = row - start == DOCUMENTS_A_PIECE or chunks + count > CHUNKS_A_PIECE
        if is_full and row > start:
            yield range(start, row)
            start, chunks = row, 0
        chunks += count
    if counts:
        yield range(start, len(counts))


def _all_rows(table: Table) -> Iterator[pa.Table]:
    """All rows of a table, batch by batch; first none of them, so that files have columns."""
    yield table.schema.empty_table()
    for batch in table.search().to_batches(batch_size=ROWS_A_BATCH):
        yield pa.Table.from_batches([batch], schema=table.schema)


def _in_order(chunks: pa.Table, ids: list[str]) -> pa.Array:
    place = {document_id: number for number, document_id in enumerate(ids)}
    keys = list(zip(chunks["document_id"].to_pylist(), chunks["ordinal"].to_pylist(), strict=True))
    rows = sorted(range(len(keys)), key=lambda row: (place[keys[row][0]], keys[row][1]))
    return pa.array(rows, pa.int64())


@contextmanager
def _writer(path: Path) -> Iterator[Write]:
    """Appends tables to a Parquet or JSON Lines file."""
    if path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as stream:
            yield lambda table: _write_lines(stream, table.to_pylist())
        return
    with ExitStack() as stack:
        opened: list[pq.ParquetWriter] = []

        def write(table: pa.Table) -> None:
            if not opened:
                opened.append(stack.enter_context(pq.ParquetWriter(path, table.schema)))
            opened[0].write_table(table)

        yield write


def _write_lines(stream: IO[str], records: Iterable[dict[str, Any]]) -> None:
    for record in records:
        stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def _write_beir(folder: Path, tables: dict[str, Table]) -> None:
    with (folder / CORPUS).open("w", encoding="utf-8") as stream:
        for documents, chunks in _pieces(tables, has_vectors=False):
            piece = piece_of(documents, chunks)
            by_document: dict[str, list[Any]] = {one.id: [] for one in piece.documents}
            for chunk in piece.chunks:
                by_document[chunk.document_id].append(chunk)
            _write_lines(stream, (beir_record(one, by_document[one.id]) for one in piece.documents))
    with (folder / QUERIES).open("w", encoding="utf-8") as stream:
        for rows in _all_rows(tables["questions"]):
            questions = map(question_of, rows.to_pylist())
            _write_lines(
                stream,
                ({"_id": q.id, "text": q.text, "metadata": dict(q.metadata)} for q in questions),
            )
    qrels = folder / QRELS
    qrels.parent.mkdir()
    with qrels.open("w", encoding="utf-8") as stream:
        stream.write("query-id\tcorpus-id\tscore\n")
        for rows in _all_rows(tables["judgments"]):
            for row in rows.to_pylist():
                ids = (_plain(row["query_id"]), _plain(row["document_id"]))
                stream.write(f"{ids[0]}\t{ids[1]}\t{row['grade']}\n")


def _plain(name: str) -> str:
    if name != name.strip() or any(character in name for character in "\t\r\n"):
        raise CollectionError(
            f"BEIR has no way to write the id {name!r}.", hint="Export as Parquet or JSON Lines."
        )
    return name


def piece_of(documents: pa.Table, chunks: pa.Table) -> Piece:
    """Rows as values; the vectors too, where there are any."""
    vectors = None
    if "vector" in chunks.column_names:
        rows = [np.asarray(row, dtype=np.float32) for row in chunks["vector"].to_pylist()]
        vectors = np.stack(rows) if rows else None
    found = chunks.select(CHUNK_COLUMNS).to_pylist()
    return Piece(
        [document_of(row) for row in documents.to_pylist()],
        [chunk_of(row) for row in found],
        vectors,
    )


def _zipped(folder: Path) -> Path:
    """The folder as a ZIP beside it; Parquet is compressed already."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                packed = file.suffix != ".parquet"
                kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
                archive.write(file, file.relative_to(folder).as_posix(), kind)
    shutil.rmtree(folder)
    return path
