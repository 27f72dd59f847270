"""PDF: the text layer of each page, with the pages as marks."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from retrieval.errors import ParseError
from retrieval.ingest.parsers.encoding import mended
from retrieval.ingest.sources import Source
from retrieval.settings import settings
from retrieval.types import Document, Mark, Skipped

_HEADER_WITHIN = 1024
_BETWEEN_PAGES = "\n\n"
_NO_TITLES = frozenset({"untitled", "untitled document", "unspecified", "anonymous", "document"})
"""What programs write where nobody gave a title; the file's name says more."""


def parse_pdf(source: Source) -> Iterator[Document | Skipped]:
    """The file as one document; pages past the limit are left out, and said.

    Raises:
        ParseError: If it is empty, no PDF, damaged, encrypted, or holds no text.
    """
    data = source.read()
    if not data:
        raise ParseError("the file is empty")
    if b"%PDF-" not in data[:_HEADER_WITHIN]:
        raise ParseError("it is no PDF, although its name ends in .pdf")
    try:
        reader = _opened(data)
        total, title, pages = len(reader.pages), _title(reader), _pages(reader)
    except ParseError:
        raise
    # Damaged files make pypdf raise nearly anything, RecursionError and KeyError included.
    except Exception as error:
        raise ParseError("it is damaged or cut short and cannot be read as a PDF") from error
    text, marks = _joined(pages)
    if not text.strip():
        raise ParseError("its pages hold no text; it looks like a scan and needs OCR first")
    yield Document(source.id, title or source.name, text, source.id, marks)
    if total > len(pages):
        yield Skipped(source.id, f"only the first {len(pages)} of its {total} pages were read")


def _opened(data: bytes) -> PdfReader:
    reader = PdfReader(io.BytesIO(data))
    # Many files are encrypted with an empty password, only to forbid printing.
    if reader.is_encrypted and not _unlocked(reader):
        raise ParseError("it is encrypted; save a copy without its password")
    return reader


def _unlocked(reader: PdfReader) -> bool:
    try:
        return bool(reader.decrypt(""))
    except (PyPdfError, NotImplementedError):
        return False


def _title(reader: PdfReader) -> str:
    title = mended((reader.metadata and reader.metadata.title) or "").replace("\x00", "").strip()
    return "" if title.strip("().").casefold() in _NO_TITLES else title


def _pages(reader: PdfReader) -> list[str]:
    """The texts of the pages that the limits on pages and on time allow."""
    limit = min(len(reader.pages), settings().max_pages)
    end = time.monotonic() + settings().max_seconds_per_file
    pages: list[str] = []
    while len(pages) < limit and time.monotonic() < end:
        pages.append(mended(reader.pages[len(pages)].extract_text()))
    return pages


def _joined(pages: list[str]) -> tuple[str, tuple[Mark, ...]]:
    marks = []
    start = 0
    for number, page in enumerate(pages, start=1):
        marks.append(Mark(start, page=number))
        start += len(page) + len(_BETWEEN_PAGES)
    return _BETWEEN_PAGES.join(pages), tuple(marks)
