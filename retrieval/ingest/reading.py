"""The first half of an ingestion: from sources to documents, with whatever cannot be read noted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from retrieval.errors import CancelledError, ParseError
from retrieval.ingest.archive import BROKEN
from retrieval.ingest.isolation import Stop, parse_isolated
from retrieval.ingest.parsers import parser_for
from retrieval.ingest.parsers.beir import parse_judgments, parse_questions
from retrieval.ingest.parsers.records import parse_jsonl
from retrieval.ingest.report import Omissions, Position, Tracker
from retrieval.ingest.sources import Found, Source
from retrieval.settings import settings
from retrieval.types import Document, Judgment, Question, Skipped

Parsed = Document | Question | Judgment | Skipped
Records = tuple[Question, ...] | tuple[Judgment, ...]
Part = Document | Records
Record = TypeVar("Record", Question, Judgment)

RECORDS_A_GROUP = 10_000
"""Questions or judgments that are handed on, and stored, together."""


def check_stop(stop: Stop) -> None:
    """Raise ``CancelledError`` if somebody asked to stop."""
    if stop():
        raise CancelledError("The ingestion was stopped; what was finished is kept.")


def distinct(found: Iterable[Found], omissions: Omissions) -> list[Source]:
    """The sources among what was found; those that share a path are refused, each named."""
    found = list(found)
    uses = Counter(one.id for one in found if isinstance(one, Source))
    sources = []
    for one in found:
        if isinstance(one, Skipped):
            omissions.add(one)
        elif uses[one.id] > 1:
            reason = f"{uses[one.id]} files came with this path; rename them, or ingest one of them"
            omissions.add(Skipped(one.id, reason))
        else:
            sources.append(one)
    return sources


class Reader:
    """Reads sources one after the other; remembers which ids were used."""

    def __init__(self, tracker: Tracker, omissions: Omissions, stop: Stop) -> None:
        self._tracker = tracker
        self._omissions = omissions
        self._stop = stop
        self._first_use: dict[str, str] = {}

    def parts(self, sources: Iterable[Source]) -> Iterator[tuple[Part, Position]]:
        """Documents one by one, questions and judgments in groups, and nothing at the end.

        Raises:
            CancelledError: If somebody asked to stop, before the next source is read.
        """
        for source in sources:
            check_stop(self._stop)
            for part in self._parts(source):
                yield part, self._tracker.position
            self._tracker.end(source)
        yield (), self._tracker.position

    def _parts(self, source: Source) -> Iterator[Part]:
        items = self._items(self._tracker.begin(source))
        if source.role == "questions":
            yield from _groups(one for one in items if isinstance(one, Question))
        elif source.role == "judgments":
            yield from _groups(one for one in items if isinstance(one, Judgment))
        else:
            for one in items:
                if isinstance(one, Document) and self._is_first(one):
                    yield one

    def _items(self, source: Source) -> Iterator[Parsed]:
        """What a source holds; whatever goes wrong with it is noted and ends it."""
        holds_anything = False
        try:
            for item in within_time(_parse(source, self._stop)):
                holds_anything = True
                if isinstance(item, Skipped):
                    self._omissions.add(item)
                else:
                    yield item
            if not holds_anything:
                self._omissions.add(Skipped(source.id, "it holds no records"))
        except ParseError as error:
            self._omissions.add(Skipped(source.id, error.message))
        except OSError as error:
            reason = f"it cannot be read: {error.strerror or error}"
            self._omissions.add(Skipped(source.id, reason))
        except BROKEN:
            self._omissions.add(Skipped(source.id, "it is damaged inside the ZIP"))

    def _is_first(self, document: Document) -> bool:
        """Whether no document before it had its id."""
        first = self._first_use.get(document.id)
        if first is None:
            self._first_use[document.id] = document.source
            return True
        where = "earlier in it" if first == document.source else f"by {first}"
        reason = f"the id “{document.id}” was used already {where}; the first one is kept"
        self._omissions.add(Skipped(document.source, reason))
        return False


def _groups(items: Iterable[Record]) -> Iterator[tuple[Record, ...]]:
    iterator = iter(items)
    while group := tuple(islice(iterator, RECORDS_A_GROUP)):
        yield group


def within_time(items: Iterator[Parsed]) -> Iterator[Parsed]:
    """The items, until finding them has taken longer than the limit; waiting does not count.

    Raises:
        ParseError: Once it has.
    """
    limit = settings().max_seconds_per_file
    spent = 0.0
    while True:
        begun = time.perf_counter()
        item = next(items, None)
        spent += time.perf_counter() - begun
        if item is None:
            return
        yield item
        if spent > limit:
            raise ParseError(f"only a part was read: it takes longer than {limit} seconds")


def _parse(source: Source, stop: Stop) -> Iterator[Parsed]:
    if source.role == "questions":
        return parse_questions(source)
    if source.role == "judgments":
        return parse_judgments(source)
    if source.role == "corpus":
        return parse_jsonl(source)
    parser = parser_for(source)
    return parse_isolated(source, stop) if parser.isolated else parser.parse(source)
