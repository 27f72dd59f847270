"""HTML: what a reader of the page sees, as text; headings as marks, tables row by row.

Scripts, styles, hidden parts and navigation are left out: a menu that stands on every page of a
site would match on every one. Nothing is fetched, and no entity is defined by the page itself.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from retrieval.errors import ParseError
from retrieval.ingest.parsers.docx import outline_document
from retrieval.ingest.parsers.encoding import detect_encoding
from retrieval.ingest.parsers.office import damage
from retrieval.ingest.parsers.outline import Outline
from retrieval.ingest.sources import Source
from retrieval.types import Document

_UNSEEN = frozenset(
    (
        *("script", "style", "template", "noscript", "head", "title", "iframe", "object"),
        *("svg", "math", "canvas", "audio", "video", "select"),
    )
)
_INLINE = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font"),
        *("i", "img", "input", "ins", "kbd", "label", "mark", "q", "s", "samp", "small"),
        *("span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
    )
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CELLS = frozenset({"td", "th"})
_INVISIBLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_HEAD = 4096


def parse_html(source: Source) -> Iterator[Document]:
    """The file as one document, called as its ``title`` says.

    Raises:
        ParseError: If it is empty, binary, or in no encoding that could be recognised.
    """
    text = _decoded(source)
    with damage("a web page"):
        parser = etree.HTMLParser(
            encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
        )
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
        if root is None:
            raise ParseError("it holds no text")
        page = _Page()
        page.read(root)
        title = _SPACE.sub(" ", root.findtext(".//title") or "").strip()
    yield outline_document(source, page.outline, title)


def _decoded(source: Source) -> str:
    """The file as text; what it says of its encoding counts unless it is plainly UTF-8."""
    encoding = detect_encoding(source)
    data = source.read()
    declared = _CHARSET.search(data[:_HEAD])
    if declared and not encoding.startswith("utf"):
        encoding = _known(declared[1].decode("ascii")) or encoding
    try:
        return data.decode(encoding)
    except UnicodeError as error:
        raise ParseError("its text is in no encoding that could be recognised") from error


def _known(name: str) -> str | None:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return None
    # Codecs such as rot13 and zlib are known too, and turn bytes into no text.
    return codec.name if codec._is_text_encoding else None  # noqa: SLF001


class _Page:
    """Walks the elements of a page; text gathers in a buffer until its block ends."""

    def __init__(self) -> None:
        self.outline = Outline()
        self._buffers: list[list[str]] = [[]]
        self._rows: list[list[str]] = []
        self._verbatim = 0

    def read(self, root: Any) -> None:
        """Walk everything below an element; with a stack, for pages nest as deep as they like."""
        self._start(root)
        stack = [(root, iter(root))]
        while stack:
            element, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                self._end(element)
                self._text(element.tail if stack else None)
            elif _is_seen(child):
                self._start(child)
                stack.append((child, iter(child)))
            else:
                self._pass_over(child)

    def _pass_over(self, element: Any) -> None:
        """Leave an element out; one that is a block still parts what stands around it."""
        if element.tag not in _UNSEEN and element.tag not in _INLINE:
            self._flush()
        self._text(element.tail)

    def _text(self, text: str | None) -> None:
        if text:
            self._buffers[-1].append(text if self._verbatim else _SPACE.sub(" ", text))

    def _start(self, element: Any) -> None:
        tag = element.tag
        if tag == "br":
            self._buffers[-1].append("\n")
        elif tag not in _INLINE:
            self._flush()
        if tag == "tr":
            self._rows.append([])
        elif tag in _CELLS:
            self._buffers.append([])
        elif tag == "li":
            self._buffers[-1].append("- ")
        self._verbatim += tag == "pre"
        self._text(element.text)

    def _end(self, element: Any) -> None:
        tag = element.tag
        self._verbatim -= tag == "pre"
        if tag in _HEADINGS and len(self._buffers) == 1:
            self.outline.heading(_HEADINGS[tag], _SPACE.sub(" ", self._taken()))
        elif tag in _CELLS:
            self._end_cell()
        elif tag == "tr":
            self._end_row(self._rows.pop())
        elif tag not in _INLINE and tag != "br":
            self._flush()
        if tag == "table":
            self.outline.end_table()

    def _end_cell(self) -> None:
        text = "".join(self._buffers.pop())
        if self._rows:
            self._rows[-1].append(text)
        else:
            self._buffers[-1].append(f" {text} ")

    def _end_row(self, cells: list[str]) -> None:
        if len(self._buffers) == 1:
            self._flush()
            self.outline.row(cells)
        else:
            self._buffers[-1].append(f" {' '.join(cells)} ")

    def _flush(self) -> None:
        """End a block; within a cell it only parts the words."""
        if len(self._buffers) > 1:
            self._buffers[-1].append(" ")
        elif (text := self._taken()).strip(" \n-"):
            self.outline.paragraph(text)

    def _taken(self) -> str:
        text = "".join(self._buffers[-1])
        self._buffers[-1].clear()
        return text


def _is_seen(element: Any) -> bool:
    if not isinstance(element.tag, str) or element.tag in _UNSEEN:
        return False
    attributes = element.attrib
    if element.tag == "nav" or attributes.get("role", "").strip().lower() == "navigation":
        return False
    if "hidden" in attributes or attributes.get("aria-hidden", "").lower() == "true":
        return False
    return not _INVISIBLE.search(attributes.get("style", ""))
