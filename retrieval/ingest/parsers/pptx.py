"""PPTX: slide by slide, its number as the page, its title as the heading, its notes at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from pptx import Presentation

from retrieval.ingest.parsers.docx import outline_document
from retrieval.ingest.parsers.office import damage, read_package
from retrieval.ingest.parsers.outline import Outline
from retrieval.ingest.sources import Source
from retrieval.settings import settings
from retrieval.types import Document, Skipped


def parse_pptx(source: Source) -> Iterator[Document | Skipped]:
    """The file as one document; slides past the limit of pages are left out, and said.

    Raises:
        ParseError: If it is empty, damaged or encrypted.
    """
    package = read_package(source)
    with damage("a PowerPoint file"):
        presentation = Presentation(package)
        outline = Outline()
        limit, total = settings().max_pages, len(presentation.slides)
        for number, slide in enumerate(islice(presentation.slides, limit), start=1):
            _add_slide(outline, number, slide)
        title = (presentation.core_properties.title or "").strip()
    yield outline_document(source, outline, title)
    if total > limit:
        yield Skipped(source.id, f"only the first {limit} of its {total} slides were read")


def _add_slide(outline: Outline, number: int, slide: Any) -> None:
    outline.page(number)
    title = slide.shapes.title
    if title is not None and title.has_text_frame:
        outline.heading(1, _spoken(title.text_frame.text))
    for shape in _shapes(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _add_shape(outline, shape)
    if slide.has_notes_slide:
        notes = slide.notes_slide.notes_text_frame
        outline.paragraph(_spoken(notes.text) if notes is not None else "")


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    """All shapes, those in groups too."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _add_shape(outline: Outline, shape: Any) -> None:
    if shape.has_text_frame:
        outline.paragraph(_spoken(shape.text_frame.text))
    elif getattr(shape, "has_table", False):
        for row in shape.table.rows:
            outline.row(_spoken(cell.text) for cell in row.cells)
        outline.end_table()


def _spoken(text: str) -> str:
    """A break of lines within a paragraph as a break."""
    return text.replace("\v", "\n")
