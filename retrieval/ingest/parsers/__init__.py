"""The formats that are read: one table, one parser a file.

A parser turns a source into documents, one at a time. What it has to leave out becomes a line with
its reason; only a file that gives nothing at all raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from retrieval.errors import ParseError
from retrieval.ingest.parsers.docx import parse_docx
from retrieval.ingest.parsers.html import parse_html
from retrieval.ingest.parsers.markdown import parse_markdown
from retrieval.ingest.parsers.pdf import parse_pdf
from retrieval.ingest.parsers.pptx import parse_pptx
from retrieval.ingest.parsers.records import (
    LINE_SUFFIXES,
    TABLE_SUFFIXES,
    parse_jsonl,
    parse_table,
    parse_table_or_lines,
)
from retrieval.ingest.parsers.text import parse_text
from retrieval.ingest.sources import Source
from retrieval.types import Document, Skipped

__all__ = ["PARSERS", "Parser", "parse_table_or_lines", "parser_for", "suffixes"]

Parse = Callable[[Source], Iterator[Document | Skipped]]


@dataclass(frozen=True, slots=True)
class Parser:
    """One format.

    Attributes:
        suffixes: Endings of names that it answers for.
        label: What a person calls the format.
        help: What becomes of such a file, in one line.
        parse: Documents, and what was left out, in the order of the file.
        isolated: Whether it runs in a process of its own, which can be ended at its time limit: a
            library that reads a whole file at once cannot be stopped otherwise.
    """

    suffixes: tuple[str, ...]
    label: str
    help: str
    parse: Parse
    isolated: bool = False


PARSERS: tuple[Parser, ...] = (
    Parser(
        (".pdf",),
        "PDF",
        "One document with its pages; scans need a text layer.",
        parse_pdf,
        isolated=True,
    ),
    Parser(
        (".docx",),
        "Word",
        "One document with its headings; tables row by row.",
        parse_docx,
        isolated=True,
    ),
    Parser(
        (".pptx",),
        "PowerPoint",
        "One document with its slides and their notes.",
        parse_pptx,
        isolated=True,
    ),
    Parser(
        (".html", ".htm", ".xhtml"),
        "Web page",
        "One document with its headings; scripts, navigation and hidden parts are left out.",
        parse_html,
        isolated=True,
    ),
    Parser(
        (".md", ".markdown"),
        "Markdown",
        "One document with its headings; front matter becomes metadata.",
        parse_markdown,
    ),
    Parser((".txt", ".text", ".log"), "Plain text", "One document.", parse_text),
    Parser(
        TABLE_SUFFIXES,
        "Table",
        "One document a row; the first row names the columns.",
        parse_table,
    ),
    Parser(
        LINE_SUFFIXES,
        "JSON Lines",
        "One document a line: an object with a text, and perhaps an id and a title.",
        parse_jsonl,
    ),
)


def suffixes() -> tuple[str, ...]:
    """All endings that are read, ZIP files not counted."""
    return tuple(suffix for parser in PARSERS for suffix in parser.suffixes)


def parser_for(source: Source) -> Parser:
    """The parser that answers for a file's name.

    Raises:
        ParseError: If no format has this ending.
    """
    for parser in PARSERS:
        if source.suffix in parser.suffixes:
            return parser
    kind = f"files ending in {source.suffix}" if source.suffix else "files without an ending"
    raise ParseError(f"{kind} are not read; these are: {', '.join(suffixes())}, .zip")
