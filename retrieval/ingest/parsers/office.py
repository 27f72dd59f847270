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
_XML = (".xml", ".rels")
_PROLOGUE = 1 << 16
"""Bytes of a part that are looked at; declarations stand before its first element."""


def read_package(source: Source) -> io.BytesIO:
    """The file's bytes, once it is known that they do not unpack to more than the limit.

    ``zipfile`` never gives out more bytes of a member than its header claims, so that the header
    can be believed.

    Raises:
        ParseError: If it is empty, no Office file, an encrypted one, unpacks to too much, or
            declares entities.
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
            declares = any(_declares_entities(package, name) for name in package.namelist())
    except (*BROKEN, ValueError) as error:
        raise ParseError(f"it is damaged, or no {kind} file at all") from error
    if size > settings().max_expanded_mb * MEBIBYTE:
        raise ParseError(f"it unpacks to more than the limit of {settings().max_expanded_mb} MiB")
    if declares:
        raise ParseError("it declares entities, which no Office file may; save it anew")
    return io.BytesIO(data)


def _declares_entities(package: zipfile.ZipFile, name: str) -> bool:
    """Whether a part has a document type (forbidden in these files: ECMA-376, part 2).

    Its entities are never resolved, and the text behind one would be lost without a word.
    """
    if not name.lower().endswith(_XML):
        return False
    with package.open(name) as part:
        # The same in UTF-16, where each of these letters has an empty byte beside it.
        return b"<!DOCTYPE" in part.read(_PROLOGUE).replace(b"\0", b"")


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
