"""Markdown: the text as it stands, its headings as marks, its front matter as metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from retrieval.ingest.parsers.encoding import read_text
from retrieval.ingest.sources import Source
from retrieval.types import Document, Mark

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"\w[\w .-]*")
_LIST_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)$")
_LINE = re.compile(r"[^\n]*\n?")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_NO_PARAGRAPH = re.compile(r"[ \t]*(?:[-*+>|#]|\d+[.)])|(?: {4}|\t)")


def parse_markdown(source: Source) -> Iterator[Document]:
    """The file as one document; its title is that of the front matter, or its first heading."""
    metadata, text = split_front_matter(read_text(source))
    marks = tuple(headings(text))
    first = marks[0].heading[-1] if marks else ""
    yield Document(
        source.id,
        title=metadata.pop("title", "") or first or PurePosixPath(source.name).stem,
        text=text,
        source=source.id,
        marks=marks,
        metadata=metadata,
    )


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Metadata from a leading block of ``key: value`` lines, and the text without the block."""
    block = _FRONT_MATTER.match(text)
    metadata = _entries(block[1]) if block else {}
    # A text may also begin with a rule; a block that names nothing is not front matter.
    return (metadata, text[block.end() :]) if block and metadata else ({}, text)


def _entries(block: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    key = ""
    for line in block.splitlines():
        if item := _LIST_ITEM.match(line):
            if key:
                entries[key] = ", ".join(filter(None, (entries[key], _unquoted(item[1]))))
        elif entry := _entry(line):
            key = entry[0]
            entries[key] = _unquoted(entry[1])
    return {key: value for key, value in entries.items() if value}


def _entry(line: str) -> tuple[str, str] | None:
    """Key and value of a line; without a pattern, whose time grows with the square of a line."""
    key, colon, value = line.partition(":")
    key = key.rstrip(" \t")
    if colon and _KEY.fullmatch(key) and value[:1] in {"", " ", "\t"}:
        return key, value
    return None


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def headings(text: str) -> Iterator[Mark]:
    """A mark for each heading, with the headings above it; what stands in a code fence is none."""
    path: list[tuple[int, str]] = []
    for start, level, title in _heading_lines(text):
        path = [(above, name) for above, name in path if above < level]
        path.append((level, title))
        yield Mark(start, heading=tuple(name for _, name in path))


def _heading_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Offset, level and title of each heading."""
    fence = ""
    previous, previous_start = "", 0
    for match in _LINE.finditer(text):
        start, line = match.start(), match[0].rstrip("\r\n")
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
            line = ""
        elif mark:
            fence, line = mark[1], ""
        elif atx := _ATX.match(line):
            if title := _without_closing(atx[2] or ""):
                yield start, len(atx[1]), title
            line = ""
        elif previous and (setext := _SETEXT.match(line)):
            yield previous_start, 1 if setext[1][0] == "=" else 2, previous.strip()
            line = ""
        is_paragraph = bool(line.strip()) and not _NO_PARAGRAPH.match(line)
        previous, previous_start = (line, start) if is_paragraph else ("", start)


def _without_closing(title: str) -> str:
    """A heading's text without the ``#`` that may close it."""
    title = title.strip(" \t")
    inner = title.rstrip("#")
    return inner.rstrip(" \t") if inner[-1:] in {"", " ", "\t"} else title
