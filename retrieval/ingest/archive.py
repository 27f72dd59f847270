"""ZIP files from strangers: what is in them, and what must not come out of them."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from retrieval.errors import ParseError
from retrieval.ingest.metering import MEBIBYTE, watched
from retrieval.settings import settings

_ENCRYPTED = 0x1
BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError)
"""What ``zipfile`` raises for damaged, encrypted or unknown contents."""


def is_archive(name: str) -> bool:
    """Whether a file of this name is unpacked."""
    return name.lower().endswith(".zip")


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive.

    Attributes:
        path: Its path inside, with ``/`` between folders.
        size: Bytes, as its header claims.
        refusal: Why it is not read; empty if it is.
        archive: Where it lies.
        info: Its entry there.
    """

    path: str
    size: int
    refusal: str
    archive: Archive
    info: zipfile.ZipInfo

    def open(self) -> BinaryIO:
        """Open it for reading; what comes out counts against the archive's limit."""
        return self.archive.open_member(self.info)


class Archive:
    """A ZIP that is read member by member, never unpacked to disk."""

    def __init__(self, name: str, content: Path | bytes) -> None:
        self.name = name
        self._content = content
        self._file: zipfile.ZipFile | None = None
        self._unread: set[str] = set()
        self._expanded: dict[str, int] = {}

    def members(self) -> Iterator[Member]:
        """All files in it, in the order of their paths.

        Raises:
            ParseError: If it is damaged, or holds more files or bytes than the limits allow.
        """
        with self._opened() as file:
            infos = [info for info in file.infolist() if not info.is_dir()]
        self._check_limits(infos)
        self._unread = {info.filename for info in infos}
        for info in sorted(infos, key=lambda info: info.filename):
            path = info.filename.replace("\\", "/")
            yield Member(path, info.file_size, _refusal(path, info), self, info)

    def open_member(self, info: zipfile.ZipInfo) -> BinaryIO:
        """Open one member, counting its real bytes."""
        file = self._file = self._file or self._opened()
        try:
            stream = file.open(info)
        except BROKEN as error:
            raise ParseError("it is damaged inside the ZIP") from error
        self._unread.discard(info.filename)
        if not self._unread:
            # The stream goes on; a folder may hold more ZIPs than a process may hold open.
            file.close()
            self._file = None
        self._expanded[info.filename] = 0
        return watched(stream, lambda size: self._count(info.filename, size))

    def _opened(self) -> zipfile.ZipFile:
        content = self._content
        try:
            return zipfile.ZipFile(content if isinstance(content, Path) else io.BytesIO(content))
        except (*BROKEN, ValueError) as error:
            raise ParseError("it is no ZIP file, or a damaged one") from error

    def _check_limits(self, infos: list[zipfile.ZipInfo]) -> None:
        if len(infos) > settings().max_files:
            raise ParseError(f"it holds more than {settings().max_files} files")
        if sum(info.file_size for info in infos) > settings().max_expanded_mb * MEBIBYTE:
            raise ParseError(_too_large())

    def _count(self, name: str, size: int) -> None:
        self._expanded[name] += size
        if sum(self._expanded.values()) > settings().max_expanded_mb * MEBIBYTE:
            raise ParseError(_too_large())


def _too_large() -> str:
    return f"the ZIP unpacks to more than the limit of {settings().max_expanded_mb} MiB"


def _refusal(path: str, info: zipfile.ZipInfo) -> str:
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or (parts and parts[0].endswith(":")):
        return "its path leads out of the ZIP"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted; unpack the ZIP with its password first"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link"
    if is_archive(path):
        return "it is a ZIP inside a ZIP; unpack it first"
    return ""
