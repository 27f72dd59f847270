"""What a person hands in, as a list of files to read: files, folders, uploads, pasted text.

A file is opened only when it is read, and the bytes are counted as they come: what a header or a
directory entry says about a size is never trusted.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

from retrieval.errors import IngestError, ParseError
from retrieval.ingest.archive import Archive, is_archive
from retrieval.ingest.columns import Columns
from retrieval.ingest.metering import MEBIBYTE, metered
from retrieval.settings import settings
from retrieval.types import Skipped

Role = Literal["document", "corpus", "questions", "judgments"]
"""What a file is for; all but ``document`` are the parts of a BEIR folder."""

_HIDDEN = ("__MACOSX", "Thumbs.db", "desktop.ini")
_BEIR_CORPUS = "corpus.jsonl"


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read.

    Attributes:
        id: Its path inside what was ingested, with ``/`` between folders.
        size: Bytes, as far as is known before it is read.
        opener: Opens it for reading from the start; may be called again.
        role: What it is for.
        columns: What the fields of its records are for, where a person chose.
    """

    id: str
    size: int
    opener: Callable[[], BinaryIO]
    role: Role = "document"
    columns: Columns | None = None

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return PurePosixPath(self.id).name

    @property
    def suffix(self) -> str:
        """Ending of the name, in lower case, with its dot."""
        return PurePosixPath(self.id).suffix.lower()

    def open(self) -> BinaryIO:
        """Open for reading, with the limit on a file's size in force.

        Raises:
            ParseError: Here or while reading, once the file is larger than the limit.
        """
        limit = settings().max_file_mb
        reason = f"it is larger than the limit of {limit} MiB (SECOND_LOOK_MAX_FILE_MB)"
        if self.size > limit * MEBIBYTE:
            raise ParseError(reason)
        return metered(self.opener(), limit * MEBIBYTE, reason)

    def read(self) -> bytes:
        """The whole file."""
        with self.open() as stream:
            return stream.read()


Found = Source | Skipped


def _any(_: Path) -> bool:
    return True


def expand(paths: Iterable[str | Path], allowed: Callable[[Path], bool] = _any) -> Iterator[Found]:
    """Every file in these files, folders and ZIPs, in a stable order.

    Args:
        paths: Where to look.
        allowed: Says of each file in a folder whether it may be read.

    Raises:
        IngestError: If a path does not exist, or a folder holds too many files.
    """
    for path in map(Path, paths):
        if path.is_dir():
            yield from _from_folder(path, allowed)
        elif path.is_file():
            yield from _from_file(path.name, path)
        else:
            raise IngestError(f"There is no file or folder {str(path)!r}.", hint="Check the path.")


def from_upload(name: str, data: bytes) -> Iterator[Found]:
    """The files in one uploaded file: itself, or what a ZIP holds."""
    # A browser may send a path along; only the name is the person's.
    name = name.replace("\\", "/").rsplit("/", 1)[-1] or "upload"
    if is_archive(name):
        yield from _from_archive(Archive(name, data), folder="")
    else:
        yield Source(name, len(data), lambda: io.BytesIO(data))


def from_text(text: str, title: str = "Pasted text") -> Source:
    """A pasted text as a file of plain text."""
    data = text.encode("utf-8", "replace")
    return Source(f"{title.strip() or 'Pasted text'}.txt", len(data), lambda: io.BytesIO(data))


def _from_file(file_id: str, path: Path, inside: str = "") -> Iterator[Found]:
    if is_archive(path.name):
        yield from _from_archive(Archive(file_id, path), inside)
    else:
        yield _plain(file_id, path)


def _plain(file_id: str, path: Path) -> Source:
    return Source(_printable(file_id), path.stat().st_size, lambda: path.open("rb"))


def _from_folder(folder: Path, allowed: Callable[[Path], bool]) -> Iterator[Found]:
    files = sorted(_files_below(folder))
    limit = settings().max_files
    if len(files) > limit:
        raise IngestError(
            f"The folder {str(folder)!r} holds more than {limit} files.",
            hint="Ingest a part of it, or raise SECOND_LOOK_MAX_FILES.",
        )
    found: list[Found] = []
    for file_id, path in files:
        if not allowed(path):
            found.append(Skipped(_printable(file_id), "it is a link that leads out of the folder"))
        elif path.is_file():
            found.extend(_from_file(file_id, path, inside=f"{file_id}/"))
        else:
            found.append(Skipped(_printable(file_id), "it is not a file, or a link to nowhere"))
    yield from _with_roles(found)


def _files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        for name in files:
            path = Path(parent, name)
            if not _is_hidden(name):
                yield path.relative_to(folder).as_posix(), path


def _from_archive(archive: Archive, folder: str) -> Iterator[Found]:
    found: list[Found] = []
    try:
        for member in archive.members():
            file_id = _printable(folder + member.path)
            if any(_is_hidden(part) for part in PurePosixPath(member.path).parts):
                continue
            if member.refusal:
                found.append(Skipped(file_id, member.refusal))
            else:
                found.append(Source(file_id, member.size, member.open))
    except ParseError as error:
        yield Skipped(_printable(archive.name), error.message)
        return
    if not found:
        yield Skipped(_printable(archive.name), "the ZIP holds no files")
    yield from _with_roles(found)


def _with_roles(found: list[Found]) -> Iterator[Found]:
    """Give the files of a BEIR folder their parts; what else lies in it is left out, and said."""
    roots = {
        _parent(one.id) for one in found if isinstance(one, Source) and one.name == _BEIR_CORPUS
    }
    for one in found:
        if isinstance(one, Skipped):
            yield one
            continue
        root = next((root for root in roots if one.id.startswith(root)), None)
        yield one if root is None else _beir_part(one, one.id.removeprefix(root))


def _beir_part(source: Source, path: str) -> Found:
    if path == _BEIR_CORPUS:
        return replace(source, role="corpus")
    if path == "queries.jsonl":
        return replace(source, role="questions")
    if _parent(path) == "qrels/" and source.suffix in {".tsv", ".txt", ".qrels"}:
        return replace(source, role="judgments")
    return Skipped(source.id, "it is no part of the BEIR collection in this folder")


def _parent(path: str) -> str:
    return path[: path.rfind("/") + 1]


def _is_hidden(name: str) -> bool:
    return (name.startswith((".", "~$")) and name != "..") or name in _HIDDEN


def _printable(name: str) -> str:
    """A file's name as valid text; on Linux it may hold bytes that are none."""
    return name.encode("utf-8", "replace").decode("utf-8")
