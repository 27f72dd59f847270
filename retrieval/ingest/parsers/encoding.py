"""From bytes to text: which encoding a file is in, and whether it is text at all."""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO, TextIO

from charset_normalizer import from_bytes

from retrieval.errors import ParseError
from retrieval.ingest.sources import Source

_BLOCK = 1 << 20
_SAMPLE = 1 << 16
_WESTERN = "cp1252"
_NO_TEXT = "it is binary data, not text"

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP or an Office file"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PAR1", "a Parquet file"),
)


def open_text(source: Source) -> TextIO:
    """Open a file as text, in the encoding it is in, with its line ends as they stand.

    Raises:
        ParseError: If it is empty, binary, or of another kind than its name says. A byte that the
            encoding does not know raises ``UnicodeDecodeError`` while reading.
    """
    encoding = detect_encoding(source)
    return io.TextIOWrapper(source.open(), encoding=encoding, newline="")


def read_text(source: Source) -> str:
    """The whole file as text."""
    try:
        with open_text(source) as stream:
            return stream.read()
    except UnicodeDecodeError as error:
        raise ParseError("its text is in no encoding that could be recognised") from error


def detect_encoding(source: Source) -> str:
    """The encoding of a file of text, found by reading it once from end to end."""
    with source.open() as stream:
        head = stream.read(_SAMPLE)
        if not head:
            raise ParseError("the file is empty")
        for signature, kind in _SIGNATURES:
            if head.startswith(signature):
                raise ParseError(f"it is {kind}, although its name ends in {source.suffix}")
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                return encoding
        foreign = _beyond_utf8(head, stream)
    return "utf-8" if foreign is None else _guess(foreign)


def _beyond_utf8(head: bytes, stream: BinaryIO) -> bytes | None:
    """A sample around the first bytes that are not UTF-8, or None if all of them are."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = head
    while True:
        if b"\x00" in block:
            raise ParseError(_NO_TEXT)
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            return error.object[max(0, error.start - _SAMPLE // 2) :][:_SAMPLE]
        if not block:
            return None
        block = stream.read(_BLOCK)


def _guess(sample: bytes) -> str:
    matches = from_bytes(sample)
    best = matches.best()
    if best is None:
        raise ParseError(_NO_TEXT)
    # Between its sister code pages the guess is often a toss-up; this one is by far the likeliest.
    western = (one for one in matches if _WESTERN in one.could_be_from_charset)
    if any(one.coherence >= best.coherence for one in western):
        return _WESTERN
    return best.encoding


def mended(text: str) -> str:
    """The text with halves of surrogate pairs, which no file can hold, joined or replaced."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
