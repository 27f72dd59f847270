"""Plain text: a file is a document, word for word."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.ingest.parsers.encoding import read_text
from retrieval.ingest.sources import Source
from retrieval.types import Document


def parse_text(source: Source) -> Iterator[Document]:
    """The file as one document that is called like it."""
    yield Document(source.id, title=source.name, text=read_text(source), source=source.id)
