"""The beginning of what a person hands in, read before anything is ingested."""

# ruff: noqa: PLC0415

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from retrieval.errors import CancelledError
from retrieval.types import Document

if TYPE_CHECKING:
    from retrieval.ingest.sources import Found

MOST_DOCUMENTS = 300
MOST_CHARACTERS = 1_000_000
MOST_SECONDS = 6.0
"""A preview is worth a short wait; what is not read by then is left to the ingestion."""
_KEPT = 200


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first documents of some files.

    Attributes:
        documents: As they would be ingested.
        is_whole: Whether these are all.
    """

    documents: tuple[Document, ...] = ()
    is_whole: bool = True

    def __add__(self, other: Beginning) -> Beginning:
        return Beginning(self.documents + other.documents, self.is_whole and other.is_whole)


def beginning_of(key: Hashable, found: Iterable[Found]) -> Beginning:
    """Read the first documents; what was read under this key in this session is kept."""
    kept: dict[Hashable, Beginning] = st.session_state.setdefault("beginnings", {})
    if key not in kept:
        while len(kept) >= _KEPT:
            del kept[next(iter(kept))]
        kept[key] = _read(found)
    return kept[key]


def _read(found: Iterable[Found]) -> Beginning:
    from retrieval.ingest.reading import Reader, distinct
    from retrieval.ingest.report import Omissions, Tracker

    deadline = time.monotonic() + MOST_SECONDS
    omissions = Omissions()
    sources = distinct(found, omissions)
    reader = Reader(Tracker(sources, None), omissions, lambda: time.monotonic() > deadline)
    documents: list[Document] = []
    characters = 0
    try:
        for part, _ in reader.parts(sources):
            if not isinstance(part, Document):
                continue
            documents.append(part)
            characters += len(part.text)
            is_full = len(documents) >= MOST_DOCUMENTS or characters >= MOST_CHARACTERS
            if is_full or time.monotonic() > deadline:
                return Beginning(tuple(documents), is_whole=False)
    except CancelledError:
        return Beginning(tuple(documents), is_whole=False)
    return Beginning(tuple(documents))
