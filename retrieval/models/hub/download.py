"""One file from a hub: in pieces, from where it stopped, and kept only if its hash is right.

The hub's own library resumes too, but cannot be stopped in the middle of a file, and compares
lengths where this compares hashes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import CancelledError, FetchError, StorageError
from retrieval.models.hub.listing import RemoteFile
from retrieval.models.hub.wire import check_answer, endpoint, hub_errors, key_headers, session

PART = ".part"
_PIECE = 1 << 18
_PARTIAL_CONTENT, _TOO_FAR, _TOO_MANY = 206, 416, 429
_PASSING = frozenset({408, 425, _TOO_MANY, 500, 502, 503, 504})
"""Answers that may be others in a moment."""

_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to bear with a bad line.

    Attributes:
        attempts: In a row without a single new byte, before giving up.
        wait: Seconds before the second attempt; doubled each time.
        silence: Seconds without a byte that count as a break.
    """

    attempts: int = 4
    wait: float = 0.5
    silence: float = 20.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What a download tells, and asks.

    Attributes:
        arrived: Told the bytes of each piece; negative where some had to be thrown away.
        cancelled: Asked after each piece.
    """

    arrived: Callable[[int], None]
    cancelled: Callable[[], bool]

    def check(self) -> None:
        """Raise ``CancelledError`` if a person wants it to stop."""
        if self.cancelled():
            raise CancelledError("Stopped; what has arrived is kept.")


class _PassingError(Exception):
    """A break that another attempt may mend; its text says what it was."""

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Download:
    """Fetches the files of one model.

    Attributes:
        model_id: The model.
        commit: The state of it.
        watch: Told of pieces, asked whether to stop.
        patience: How long to bear with a bad line.
    """

    model_id: str
    commit: str
    watch: Watch
    patience: Patience

    def fetch(self, file: RemoteFile, target: Path) -> None:
        """Fetch one file into ``target``, going on from what is there of it.

        Raises:
            CancelledError: If it was stopped.
            FetchError: If the hub refuses, the line stays broken, or another file arrives.
            StorageError: If it cannot be written.
        """
        part = target.with_name(target.name + PART)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._receive(file, part)
            self._check(file, part)
            part.replace(target)
        except OSError as error:
            raise StorageError(
                f"{self.model_id} cannot be written to {target.parent}: {error.strerror or error}.",
                hint="Make room, and resume; what has arrived is kept.",
            ) from error

    def _check(self, file: RemoteFile, part: Path) -> None:
        if digest_of(part, file.algorithm) == file.digest:
            return
        self.watch.arrived(-part.stat().st_size)
        part.unlink()
        raise FetchError(
            f"{file.name} of {self.model_id} arrived with another hash than the hub names, "
            "and was thrown away.",
            hint="Fetch it again; if it stays so, somebody changes it on the way.",
        )

    def _receive(self, file: RemoteFile, part: Path) -> None:
        """Attempts, until the file is as long as it has to be."""
        failed, wait = 0, self.patience.wait
        while (before := _length(part)) != file.bytes or not part.exists():
            self.watch.check()
            try:
                self._attempt(file, part)
            except _PassingError as error:
                if _length(part) > before:
                    failed, wait = 0, self.patience.wait
                failed += 1
                if failed >= self.patience.attempts:
                    share = f"{_length(part) / max(file.bytes, 1):.0%}"
                    raise FetchError(
                        f"{file.name} of {self.model_id} broke off at {share}: {error}.",
                        hint="Resume; what has arrived is kept.",
                    ) from error
                _pause(min(error.wait or wait, _LONGEST_WAIT), self.watch)
                wait *= 2

    def _attempt(self, file: RemoteFile, part: Path) -> None:
        """One request for what is missing.

        Raises:
            _PassingError: If it broke, and may not break again.
        """
        import httpx2  # noqa: PLC0415
        from huggingface_hub import hf_hub_url  # noqa: PLC0415

        have = _length(part)
        if have > file.bytes:
            part.unlink()
            self.watch.arrived(-have)
            have = 0
        headers = {**key_headers(), "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        url = hf_hub_url(self.model_id, file.name, revision=self.commit, endpoint=endpoint())
        with hub_errors(self.model_id):
            try:
                asked = session().stream("GET", url, headers=headers, timeout=self.patience.silence)
                with asked as answer:
                    self._take(answer, file, part, have)
            except httpx2.TransportError as error:
                raise _PassingError(_name(error)) from error
        if _length(part) < file.bytes:
            raise _PassingError("the connection ended early")

    def _take(self, answer: Any, file: RemoteFile, part: Path, have: int) -> None:
        if answer.status_code in _PASSING:
            raise _PassingError(f"the hub answered {answer.status_code}", _asked(answer))
        if answer.status_code == _TOO_FAR:
            part.unlink(missing_ok=True)
            self.watch.arrived(-have)
            raise _PassingError("the hub would not go on from there")
        check_answer(answer)
        _write(answer, file, part, self.watch, resumed=_resumes(answer, have))


def digest_of(path: Path, algorithm: str) -> str:
    """Hash of a file, in hex: SHA-256, or the SHA-1 that git gives a blob."""
    digest = hashlib.sha256()
    if algorithm == "git":
        header = f"blob {path.stat().st_size}\0".encode()
        digest = hashlib.sha1(header, usedforsecurity=False)
    with path.open("rb") as content:
        while piece := content.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _write(answer: Any, file: RemoteFile, part: Path, watch: Watch, *, resumed: bool) -> None:
    """Add the pieces of an answer to what is there, or begin anew where it sends the whole."""
    if not resumed and (thrown := _length(part)):
        watch.arrived(-thrown)
    with part.open("ab" if resumed else "wb") as out:
        # Raw, because a piece that is gathered first would be lost when the line breaks.
        for piece in answer.iter_raw():
            # A server that sends more than it said would fill the disk.
            room = file.bytes - out.tell()
            out.write(piece[:room])
            watch.arrived(min(len(piece), room))
            watch.check()
            if len(piece) > room:
                return


def _resumes(answer: Any, have: int) -> bool:
    """Whether an answer goes on from the byte that was asked for."""
    told = str(answer.headers.get("Content-Range", ""))
    return (
        bool(have) and answer.status_code == _PARTIAL_CONTENT and told.startswith(f"bytes {have}-")
    )


def _asked(answer: Any) -> float | None:
    """Seconds that the hub wants to be left alone."""
    told = str(answer.headers.get("Retry-After", ""))
    return float(told) if told.isdigit() else None


def _name(error: Exception) -> str:
    names = {"ReadTimeout": "no byte came for too long", "ConnectError": "the hub is out of reach"}
    return names.get(type(error).__name__, "the connection broke")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _pause(seconds: float, watch: Watch) -> None:
    """Wait, but not for somebody who wants to stop."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        watch.check()
        time.sleep(min(left, 0.1))
