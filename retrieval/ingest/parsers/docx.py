"""DOCX: paragraphs and tables in the order of the body, headings as marks.

The body is walked here and not by python-docx, which passes over content controls, text boxes and
tracked insertions. Its XML parser resolves no entities, and nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docx.api import Document as DocxFile
from docx.oxml.ns import qn

from retrieval.ingest.parsers.office import damage, read_package
from retrieval.ingest.parsers.outline import Outline
from retrieval.ingest.sources import Source
from retrieval.types import Document

_HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)
_LEFT_OUT = frozenset(
    qn(name) for name in ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:sectPr", "w:instrText")
) | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
"""What is deleted, what is no text, and the second copy that drawings keep for old programs."""
_SPACES = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_TEXT, _PARAGRAPH, _TABLE = qn("w:t"), qn("w:p"), qn("w:tbl")
_ROW, _CELL = qn("w:tr"), qn("w:tc")


def parse_docx(source: Source) -> Iterator[Document]:
    """The file as one document.

    Raises:
        ParseError: If it is empty, damaged or encrypted.
    """
    package = read_package(source)
    with damage("a Word file"):
        document = DocxFile(package)
        levels = _levels(document)
        outline = Outline()
        _walk(document.element.body, outline, levels)
        title = (document.core_properties.title or "").strip()
    yield outline_document(source, outline, title)


def outline_document(source: Source, outline: Outline, title: str) -> Document:
    """The document of an outline, called by its own title, its first heading or its file."""
    return Document(
        source.id,
        title=title or outline.first_heading or source.name,
        text=outline.text,
        source=source.id,
        marks=outline.marks,
    )


def _levels(document: Any) -> dict[str, int]:
    """Level of each style of headings by its id; the title stands above them all."""
    levels = {}
    for style in document.styles:
        name = style.name or ""
        if match := _HEADING.match(name):
            levels[style.style_id] = int(match[1])
        elif name.lower() == "title":
            levels[style.style_id] = 0
    return levels


def _walk(parent: Any, outline: Outline, levels: dict[str, int]) -> None:
    for child in parent:
        if child.tag == _PARAGRAPH:
            level = levels.get(child.style or "")
            if level is None:
                outline.paragraph(_text(child))
            else:
                outline.heading(level, _text(child))
        elif child.tag == _TABLE:
            for row in _within(child, _ROW):
                outline.row(_text(cell) for cell in _within(row, _CELL))
            outline.end_table()
        elif child.tag not in _LEFT_OUT and isinstance(child.tag, str):
            _walk(child, outline, levels)


def _within(parent: Any, tag: str) -> Iterator[Any]:
    """The rows of a table or cells of a row, through content controls, but not of inner tables."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            yield from _within(child, tag)


def _text(node: Any) -> str:
    return "".join(_pieces(node))


def _pieces(node: Any) -> Iterator[str]:
    for child in node:
        if child.tag == _TEXT:
            yield child.text or ""
        elif child.tag in _SPACES:
            yield _SPACES[child.tag]
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
            yield from _pieces(child)
            if child.tag in {_PARAGRAPH, _CELL}:
                yield "\n"
