"""Gathers a document from blocks: paragraphs, headings, rows of tables, and pages.

Office files and web pages have no text of their own, only elements; this is where they become one
text, with marks for the headings and pages met on the way.
"""

from __future__ import annotations

from collections.abc import Iterable

from retrieval.ingest.parsers.encoding import mended
from retrieval.types import Mark

_BETWEEN_BLOCKS = "\n\n"
_BETWEEN_ROWS = "\n"
_BETWEEN_CELLS = " | "


class Outline:
    """A text that grows block by block.

    Attributes:
        first_heading: The first heading, empty before there is one.
    """

    def __init__(self) -> None:
        self.first_heading = ""
        self._pieces: list[str] = []
        self._length = 0
        self._in_table = False
        self._page: int | None = None
        self._path: list[tuple[int, str]] = []
        self._marks: list[Mark] = []

    @property
    def text(self) -> str:
        """The whole text so far."""
        return "".join(self._pieces)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Where pages and sections begin."""
        return tuple(mark for mark in self._marks if mark.start < self._length)

    def page(self, number: int) -> None:
        """What follows stands on this page or slide, under no heading yet."""
        self._page, self._path = number, []
        self._mark()

    def heading(self, level: int, text: str) -> None:
        """A heading; those of its level and below end here."""
        text = _clean(text)
        if not text:
            return
        self.first_heading = self.first_heading or text
        self._path = [(above, name) for above, name in self._path if above < level]
        self._path.append((level, text))
        self._mark()
        self._add(text, _BETWEEN_BLOCKS)

    def paragraph(self, text: str) -> None:
        """A block of text; one without a visible character is passed over."""
        self._in_table = False
        self._add(_clean(text), _BETWEEN_BLOCKS)

    def row(self, cells: Iterable[str]) -> None:
        """A row of the table that is open, or of a new one."""
        joined = _BETWEEN_CELLS.join(" ".join(cell.split()) for cell in cells)
        if not joined.strip(" |"):
            return
        self._add(_clean(joined), _BETWEEN_ROWS if self._in_table else _BETWEEN_BLOCKS)
        self._in_table = True

    def end_table(self) -> None:
        """The next row belongs to another table."""
        self._in_table = False

    def _add(self, text: str, separator: str) -> None:
        if not text:
            return
        if self._pieces:
            self._pieces.append(separator)
            self._length += len(separator)
        self._pieces.append(text)
        self._length += len(text)

    def _mark(self) -> None:
        self._in_table = False
        start = self._length + len(_BETWEEN_BLOCKS) if self._pieces else 0
        if self._marks and self._marks[-1].start == start:
            self._marks.pop()
        self._marks.append(Mark(start, self._page, tuple(name for _, name in self._path)))


def _clean(text: str) -> str:
    return mended(text).replace("\x00", "").strip()
