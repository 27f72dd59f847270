"""The first half of an ingestion: from sources to documents, with whatever cannot be read noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from retrieval.errors import CancelledError, ParseError
from retrieval.ingest.archive import BROKEN
from retrieval.ingest.parsers import parser_for
from retrieval.ingest.parsers.beir import parse_judgments, parse_questions
from retrieval.ingest.parsers.records import parse_jsonl
from retrieval.ingest.report import Omissions, Tracker
from retrieval.ingest.sources import Found, Source
from retrieval.store import Collection
from retrieval.types import Document, Judgment, Question, Skipped

Parsed = Document | Question | Judgment | Skipped
Stop = Callable[[], bool]


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

    def __init__(
        self, collection: Collection, tracker: Tracker, omissions: Omissions, stop: Stop
    ) -> None:
        self._collection = collection
        self._tracker = tracker
        self._omissions = omissions
        self._stop = stop
        self._first_use: dict[str, str] = {}

    def documents(self, sources: Iterable[Source]) -> Iterator[Document]:
        """Every document that can be read; questions and judgments are stored on the way.

        Raises:
            CancelledError: If somebody asked to stop, before the next source is read.
        """
        for source in sources:
            check_stop(self._stop)
            items = self._items(self._tracker.begin(source))
            if source.role == "questions":
                self._collection.add_questions(one for one in items if isinstance(one, Question))
            elif source.role == "judgments":
                self._collection.add_judgments(one for one in items if isinstance(one, Judgment))
            else:
                yield from (
                    one for one in items if isinstance(one, Document) and self._is_first(one)
                )
            self._tracker.end(source)

    def _items(self, source: Source) -> Iterator[Parsed]:
        """What a source holds; whatever goes wrong with it is noted and ends it."""
        holds_anything = False
        try:
            for item in _parse(source):
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


def _parse(source: Source) -> Iterator[Parsed]:
    if source.role == "questions":
        yield from parse_questions(source)
    elif source.role == "judgments":
        yield from parse_judgments(source)
    elif source.role == "corpus":
        yield from parse_jsonl(source)
    else:
        yield from parser_for(source).parse(source)
