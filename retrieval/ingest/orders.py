"""Ingestions in the background: what was handed in is spooled, so that a kill loses nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypedDict

from retrieval.errors import IngestError, StorageError
from retrieval.ingest.beside import Beside, both_as_dict, check_comparable
from retrieval.ingest.columns import Columns
from retrieval.ingest.isolation import Stop
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.report import OnProgress
from retrieval.ingest.server_folders import from_server
from retrieval.ingest.sources import Found, expand
from retrieval.ingest.table_preview import with_columns
from retrieval.jobs import Control, Job, Jobs, new_id
from retrieval.models.protocols import Encoder
from retrieval.settings import Chunking
from retrieval.store import Store


class _Watch(TypedDict):
    """What an ingestion tells, and asks."""

    on_progress: OnProgress
    cancelled: Stop


KIND = "ingest"
_LONGEST_STEM, _LONGEST_SUFFIX = 200, 20
"""In bytes; file systems allow 255 for both."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that a person hands in: its name, and its bytes or a file that holds them."""

    name: str
    content: bytes | Path


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be ingested, and how.

    Attributes:
        collection: Its name; made if there is none.
        encoder: Id of the encoder.
        chunking: How to cut, for a collection that is new.
        files: Names of the spooled files.
        server_paths: Files and folders of the server.
        columns: What a person chose for files of records, by their ids.
        encoder_2: Id of a second encoder for the same passages; empty for none.
    """

    collection: str
    encoder: str
    chunking: Chunking
    files: tuple[str, ...] = ()
    server_paths: tuple[str, ...] = ()
    columns: Mapping[str, Columns] | None = None
    encoder_2: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The order as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Order:
        """The order that ``as_dict`` wrote."""
        columns = {name: _columns(one) for name, one in (values["columns"] or {}).items()}
        return cls(
            values["collection"],
            values["encoder"],
            Chunking(**values["chunking"]),
            tuple(values["files"]),
            tuple(values["server_paths"]),
            columns,
            values.get("encoder_2", ""),
        )


class Ingestions:
    """Takes orders to ingest and runs them as jobs, one at a time for each collection.

    Args:
        jobs: Runs and journals them.
        store: Where the collections are.
        encoder: Loads an encoder by its id.
        folder: Where uploads are spooled until they are ingested.
    """

    def __init__(
        self, jobs: Jobs, store: Store, encoder: Callable[[str], Encoder], folder: Path
    ) -> None:
        self._jobs = jobs
        self._store = store
        self._encoder = encoder
        self._folder = folder
        jobs.register(KIND, self._run)

    def submit(
        self,
        collection: str,
        encoder: str,
        chunking: Chunking,
        *,
        uploads: Iterable[Upload] = (),
        server_paths: Iterable[str] = (),
        columns: Mapping[str, Columns] | None = None,
        encoder_2: str = "",
    ) -> Job:
        """Spool the uploads and queue their ingestion.

        Raises:
            IngestError: If there is nothing to ingest, or a path of the server is not allowed.
            StorageError: If the uploads cannot be spooled.
        """
        job_id = new_id()
        paths = tuple(server_paths)
        for path in paths:
            list(from_server(path))
        try:
            names = tuple(self._spool(job_id, uploads))
        except OSError as error:
            self._unspool(job_id)
            raise StorageError(
                "The uploads cannot be kept until they are ingested.",
                hint="Make room in the home folder, or choose one that you may write.",
            ) from error
        if not names and not paths:
            raise IngestError("There is nothing to ingest.", hint="Hand in a file or a folder.")
        order = Order(collection, encoder, chunking, names, paths, columns, encoder_2)
        title = f"Ingest {len(names) + len(paths)} into {collection}"
        return self._jobs.submit(KIND, title, collection, order.as_dict(), job_id)

    def unfinished(self) -> tuple[Job, ...]:
        """Ingestions that a kill, an error or a person ended, and that can be resumed."""
        return tuple(job for job in self._jobs.list() if job.kind == KIND and job.can_resume)

    def forget(self, job_id: str) -> None:
        """Give an ingestion that is over up for good, its spooled uploads too."""
        if self._jobs.get(job_id).is_over:
            self._jobs.forget(job_id)
            self._unspool(job_id)

    def _run(self, job: Job, control: Control) -> Mapping[str, Any]:
        order = Order.from_dict(job.order)
        encoder = self._encoder(order.encoder)
        other = self._encoder(order.encoder_2) if order.encoder_2 else None
        if other is not None:
            known = order.collection in self._store.names()
            cut = self._store.open(order.collection).info.chunking if known else order.chunking
            check_comparable(encoder, other, cut)
        collection = self._store.open_or_create(order.collection, encoder, order.chunking)
        found = partial(self._sources, job.id, order)
        watch: _Watch = {"on_progress": control.tell, "cancelled": control.cancelled}
        if other is not None:
            both = Beside(self._store, collection, encoder, other).ingest(found, **watch)
        else:
            both = (ingest(collection, found(), encoder, **watch),)
        is_cut = any(report.cancelled for report in both)
        if not is_cut:
            self._unspool(job.id)
        return {**both_as_dict(both), "cancelled": is_cut}

    def _sources(self, job_id: str, order: Order) -> Iterable[Found]:
        return with_columns(self._found(job_id, order), order.columns or {})

    def _found(self, job_id: str, order: Order) -> Iterator[Found]:
        spool = self._folder / job_id
        # Each upload lies in a folder of its own: two may have one name, and then both are named.
        for number, name in enumerate(order.files):
            yield from expand([spool / str(number) / name])
        for path in order.server_paths:
            yield from from_server(path)

    def _spool(self, job_id: str, uploads: Iterable[Upload]) -> Iterator[str]:
        for number, upload in enumerate(uploads):
            name = _file_name(upload.name)
            place = self._folder / job_id / str(number) / name
            place.parent.mkdir(parents=True)
            if isinstance(upload.content, Path):
                shutil.copyfile(upload.content, place)
            else:
                place.write_bytes(upload.content)
            yield name

    def _unspool(self, job_id: str) -> None:
        shutil.rmtree(self._folder / job_id, ignore_errors=True)


def _columns(values: Mapping[str, Any]) -> Columns:
    metadata = values["metadata"]
    kept = None if metadata is None else tuple(metadata)
    return Columns(values["text"], values["id"], values["title"], kept)


def _file_name(name: str) -> str:
    """The name without folders and without what no file can be called; its ending is kept."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1].replace("\x00", "")
    last = last if last.strip(". ") else "upload"
    stem, suffix = PurePosixPath(last).stem, PurePosixPath(last).suffix
    return _shortened(stem, _LONGEST_STEM) + _shortened(suffix, _LONGEST_SUFFIX)


def _shortened(text: str, size: int) -> str:
    """As much of a text as fits into so many bytes."""
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")
