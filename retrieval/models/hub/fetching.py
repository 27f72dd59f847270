"""A whole model from a hub: its small files, then whether it fits, then its weights.

Everything arrives in a folder beside its place and is moved there in one step, so that a model is
either whole or not there. What has arrived stays through a cut, a stop or a kill.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from retrieval.errors import FetchError, ModelError, StorageError
from retrieval.models.fitness import check_fit
from retrieval.models.folder import Kind, ModelFolder
from retrieval.models.hub.download import PART, Download, Patience, Watch
from retrieval.models.hub.listing import Listing, RemoteFile, listing
from retrieval.models.hub.places import LOCK, PARTIAL, RECORD, fetched, folder_of, record_of
from retrieval.models.hub.wire import endpoint
from retrieval.progress import Transfer

_SPARE_BYTES = 50_000_000
"""Left free beside a model, for what others write meanwhile."""


@dataclass(slots=True)
class _Meter:
    """Counts bytes, and tells of them."""

    tell: Callable[[Transfer], None]
    total: int
    done: int
    name: str = ""
    begun_with: int = 0
    start: float = field(default_factory=time.monotonic)

    def arrived(self, count: int) -> None:
        """Count some more, or fewer, bytes."""
        self.done += count
        self.begun_with = min(self.begun_with, self.done)
        self.tell(
            Transfer(
                seconds=time.monotonic() - self.start,
                fraction=self.done / self.total if self.total else 1.0,
                current=self.name,
                bytes=self.done,
                total_bytes=self.total,
                begun_with=self.begun_with,
            )
        )


@dataclass(frozen=True, slots=True)
class Line:
    """Who watches a fetch, and how patient it is.

    Attributes:
        tell: Told how far it is.
        cancelled: Asked whether to stop.
        patience: How long to bear with a bad line.
    """

    tell: Callable[[Transfer], None] = lambda _: None
    cancelled: Callable[[], bool] = lambda: False
    patience: Patience = field(default_factory=Patience)


def fetch(model_id: str, kind: Kind | None, home: Path, line: Line | None = None) -> Path:
    """Fetch a model, or what is missing of it.

    Args:
        model_id: Its id at the hub.
        kind: What it is wanted for; None for whatever it was made for.
        home: The home folder.
        line: Who watches, and how patient it is.

    Returns:
        The model's folder.

    Raises:
        CancelledError: If it was stopped; what has arrived is kept.
        FetchError: If it cannot be had from the hub, or is being fetched already.
        ModelError: If it does not fit, or is damaged.
        StorageError: If there is no room for it.
    """
    if whole := fetched(home, model_id):
        return whole
    target = folder_of(home, model_id)
    part = target.with_name(target.name + PARTIAL)
    try:
        part.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(target.name + LOCK), timeout=0):
            return _fetch(model_id, kind, part, line or Line())
    except Timeout as error:
        raise FetchError(f"{model_id} is being fetched already, by another process.") from error
    except OSError as error:
        raise StorageError(
            f"{model_id} cannot be written to {target.parent}: {error.strerror or error}.",
            hint="Make room in the home folder, or set SECOND_LOOK_HOME to one you may write.",
        ) from error


def remove(model_id: str, home: Path) -> None:
    """Delete a fetched model, and what has arrived of one; without either, nothing happens."""
    target = folder_of(home, model_id)
    (target / RECORD).unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    shutil.rmtree(target.with_name(target.name + PARTIAL), ignore_errors=True)


def _fetch(model_id: str, kind: Kind | None, part: Path, line: Line) -> Path:
    found = listing(model_id)
    _keep_what_is_same(part, found)
    done = sum(_arrived(part, file) for file in found.files)
    _check_room(part, found.bytes - done, model_id)
    meter = _Meter(line.tell, found.bytes, done, begun_with=done)
    watch = Watch(meter.arrived, line.cancelled)
    download = Download(model_id, found.commit, watch, line.patience)
    is_checked = False
    for file in found.files:
        if file.name.endswith(".safetensors") and not is_checked:
            # What is small comes first, so a model that does not fit costs nothing.
            _check_fit(part, kind, model_id)
            is_checked = True
        if not (part / file.name).is_file():
            meter.name = file.name
            download.fetch(file, part / file.name)
    ModelFolder.open(part)
    target = part.with_name(part.name.removesuffix(PARTIAL))
    if target.exists():
        shutil.rmtree(target)
    part.replace(target)
    return target


def _check_fit(part: Path, kind: Kind | None, model_id: str) -> None:
    glance = ModelFolder.glance(part)
    if glance is None:
        raise ModelError(
            f"{model_id} is no model that is run here: its config.json names no size of vectors.",
            hint="Choose an encoder or a reranker in the form that transformers saves.",
        )
    check_fit(glance, kind or glance.kind, model_id)


def _keep_what_is_same(part: Path, found: Listing) -> None:
    """Throw away what arrived of files that the hub has changed since, and note what is coming."""
    earlier = {one["name"]: one["digest"] for one in record_of(part).get("files", [])}
    for file in found.files:
        if earlier.get(file.name) != file.digest:
            (part / file.name).unlink(missing_ok=True)
            (part / f"{file.name}{PART}").unlink(missing_ok=True)
    record = {
        "id": found.id,
        "endpoint": endpoint(),
        "commit": found.commit,
        "converted": found.converted,
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": [asdict(file) for file in found.files],
    }
    (part / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")


def _arrived(part: Path, file: RemoteFile) -> int:
    for path in (part / file.name, part / f"{file.name}{PART}"):
        if path.is_file():
            return path.stat().st_size
    return 0


def _check_room(part: Path, missing: int, model_id: str) -> None:
    free = shutil.disk_usage(part).free
    if missing + _SPARE_BYTES > free:
        raise StorageError(
            f"{model_id} needs {missing / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free.",
            hint="Make room in the home folder, and resume.",
        )
