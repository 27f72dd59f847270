"""What DOCX and PPTX share: a ZIP of XML, which is looked at before a library opens it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from retrieval.errors import ParseError
from retrieval.ingest.archive import BROKEN
from retrieval.ingest.metering import MEBIBYTE
from retrieval.ingest.sources import Source
from retrieval.settings import settings

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


def read_package(source: Source) -> io.BytesIO:
    """The file's bytes, once it is known that they do not unpack to more than the limit.

    ``zipfile`` never gives out more bytes of a member than its header claims, so that the header
    can be believed.

    Raises:
        ParseError: If it is empty, no Office file, an encrypted one, or unpacks to too much.
    """
    data = source.read()
    if not data:
        raise ParseError("the file is empty")
    kind = source.suffix
    if data.startswith(_OLD_OFFICE):
        raise ParseError(f"it is encrypted or an old Office file; save it as an open {kind} file")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            size = sum(info.file_size for info in package.infolist())
    except (*BROKEN, ValueError) as error:
        raise ParseError(f"it is damaged, or no {kind} file at all") from error
    if size > settings().max_expanded_mb * MEBIBYTE:
        raise ParseError(f"it unpacks to more than the limit of {settings().max_expanded_mb} MiB")
    return io.BytesIO(data)


@contextmanager
def damage(kind: str) -> Iterator[None]:
    """Whatever a library raises over a damaged file, as one line."""
    try:
        yield
    except (ParseError, MemoryError):
        raise
    # Damaged files make the libraries raise nearly anything.
    except Exception as error:
        raise ParseError(f"it is damaged and cannot be read as {kind}") from error
