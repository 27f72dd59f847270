"""Brings in what another home exported: a whole review as JSON Lines, or its judgments as CSV.

A row that cannot be used is named by its number, and the rest is used. What is there already is
not doubled, because every event keeps its id.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from retrieval.access import Person, require
from retrieval.errors import ReviewError, SecondLookError
from retrieval.evaluation.problems import Problems, named
from retrieval.ingest.parsers.records import TABLE_SUFFIXES, Numbered, parse_table_or_lines
from retrieval.ingest.sources import Source
from retrieval.review.cells import unguarded
from retrieval.review.draft import LONGEST_NAME, checked
from retrieval.review.events import ordered
from retrieval.review.exports import FORMAT
from retrieval.review.pool import Pool, PooledPassage
from retrieval.review.progress import task_ids
from retrieval.review.raw_rows import KINDS, RowError, event_of
from retrieval.review.registry import from_dict
from retrieval.review.scale import SCALES, Scale
from retrieval.review.store import ReviewStore
from retrieval.review.types import Draft, Event, Passage, Review, ReviewQuestion
from retrieval.types import Skipped

_ID = re.compile(r"[0-9a-f]{16}")
_Row = tuple[str, Mapping[str, str]]
"""Where a row stands, and its values."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    Attributes:
        review: The review that was made, or that was there.
        added: Judgments, undos and decisions that came in.
        known: Those that were there already.
        notes: What was left out, and why.
    """

    review: Review
    added: int
    known: int
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """What came of it, as plain values for JSON."""
        return {
            "review": self.review.id,
            "name": self.review.name,
            "added": self.added,
            "known": self.known,
            "notes": list(self.notes),
        }


def import_review(store: ReviewStore, person: Person, source: Source, name: str = "") -> Imported:
    """Bring a review in, or add to it what this home has not got of it yet.

    Args:
        store: Where it goes.
        person: Who brings it in: an editor, and an admin where the review is there already.
        source: What ``judgments-jsonl`` or ``judgments-csv`` wrote.
        name: What to call it; by default what it was called.

    Raises:
        RoleError: If they may not.
        ParseError: If it cannot be read at all.
        ReviewError: If it holds no review, or the name is taken.
        StorageError: If the home cannot be written.
    """
    require("editor", "bring a review in", person)
    problems = Problems()
    rows = list(_rows(source, problems))
    review, pool = _whole(rows, problems) or _pieced_together(rows, source, person)
    if name:
        review = replace(review, draft=replace(review.draft, name=name))
    review = replace(review, draft=checked(review.draft))
    present = next((one for one in store.list(person) if one.id == review.id), None)
    if present is not None:
        review, pool = present, store.lead(person, present.id).pool
    events = _events(rows, review, pool, problems)
    if present is None:
        events = list(ordered(events))
        review, added = store.keep(person, review, pool, events), len(events)
    else:
        added = store.lead(person, review.id).take_in(events)
    return Imported(review, added, len(events) - added, problems.notes())


def _rows(source: Source, problems: Problems) -> Iterable[_Row]:
    """The rows of a file with their numbers, cells as they were before they were guarded."""
    is_table = source.suffix in TABLE_SUFFIXES
    unit = "row" if is_table else "line"
    numbered: Iterable[Numbered] = parse_table_or_lines(source)
    for number, row in numbered:
        if isinstance(row, Skipped):
            problems.add("such rows", row.file, f"{row.reason}; it is left out.")
        elif is_table:
            values = {column: unguarded(cell) for column, cell in row.items()}
            yield f"{source.name}, {unit} {number}", values
        else:
            yield f"{source.name}, {unit} {number}", row


def _whole(rows: Iterable[_Row], problems: Problems) -> tuple[Review, Pool] | None:
    """The review that a file tells whole; None where it holds judgments alone."""
    head = next(((where, row) for where, row in rows if row.get("kind") == "review"), None)
    if head is None:
        return None
    where, values = head
    if values.get("format") != str(FORMAT):
        raise ReviewError(
            f"{where}: it was written by another version of Second Look.",
            hint="Export it again with this version.",
        )
    try:
        review = from_dict(json.loads(values["review"]))
    except (ValueError, KeyError, TypeError, AttributeError, SecondLookError) as error:
        raise ReviewError(
            f"{where}: the review in it is damaged.", hint="Export it once more."
        ) from error
    if not _ID.fullmatch(review.id):
        review = replace(review, id=secrets.token_hex(8))
    kept: dict[str, list[dict[str, Any]]] = {"passage": [], "list": []}
    for place, row in rows:
        kind = row.get("kind", "")
        if kind in kept:
            try:
                kept[kind].append(_READERS[kind](row))
            except (ValueError, KeyError, TypeError):
                problems.add("damaged rows", place, "it is damaged and left out.")
    return review, Pool.of_rows(kept["passage"], kept["list"], review.notes)


def _passage_row(row: Mapping[str, str]) -> dict[str, Any]:
    """A row of the passages as the pool reads it; raises what ``json.loads`` does, or KeyError."""
    found = json.loads(row["found"])
    if not all(isinstance(rank, int) for rank in found.values()):
        raise TypeError(found)
    texts = ("item_id", "query_id", "document_id", "chunk_id", "title", "source", "text")
    return {
        **{name: row[name] for name in (*texts, "before", "after", "found")},
        "page": int(row["page"]) if row.get("page") else None,
        "heading": [str(one) for one in json.loads(row["heading"])],
    }


def _list_row(row: Mapping[str, str]) -> dict[str, Any]:
    for document, score in json.loads(row["documents"]):
        if not isinstance(document, str) or not isinstance(score, (int, float)):
            raise TypeError(document)
    return {name: row[name] for name in ("system", "query_id", "documents")}


_READERS = {"passage": _passage_row, "list": _list_row}


def _pieced_together(rows: Iterable[_Row], source: Source, person: Person) -> tuple[Review, Pool]:
    """The review that judgments alone tell of: its questions and passages, and no systems."""
    judged = [row for _, row in rows if row.get("kind") in KINDS]
    if any(row["kind"] == "prefer" for row in judged):
        raise ReviewError(
            f"{source.name} holds preferences without the lists they are about.",
            hint="Bring in the JSON Lines of that review.",
        )
    questions: dict[str, ReviewQuestion] = {}
    passages: dict[str, PooledPassage] = {}
    for row in judged:
        query, task, text = (row.get(name, "") for name in ("query_id", "task_id", "text"))
        if query.strip() and task and text:
            asked = row.get("query", "").strip() or query
            questions.setdefault(query, ReviewQuestion(query, asked, row.get("need", "")))
            shown = Passage(task, row.get("title", ""), text)
            found = PooledPassage(
                query, row.get("document_id", ""), row.get("chunk_id", ""), shown, {}
            )
            passages.setdefault(task, found)
    if not passages:
        raise ReviewError(
            f"{source.name} holds no judgment that can be used.",
            hint="Choose what “Judgments” wrote, as JSON Lines or as CSV.",
        )
    first = judged[0]
    name = first.get("review") or PurePosixPath(source.name).stem
    scale: Scale = SCALES.get(first.get("scale", ""), SCALES["graded"])
    review = Review(
        id=secrets.token_hex(8),
        draft=Draft(name[:LONGEST_NAME], tuple(questions.values()), scale),
        collection_id="",
        collection="",
        version=0,
        encoder="",
        systems=(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        created_by=person.name,
        notes=("It was brought in from judgments alone, without the systems' lists.",),
    )
    return review, Pool(tuple(passages.values()), {}, review.notes)


def _events(rows: Iterable[_Row], review: Review, pool: Pool, problems: Problems) -> list[Event]:
    tasks, found = frozenset(task_ids(review, pool)), []
    for where, row in rows:
        kind = row.get("kind", "")
        if kind in {"review", *_READERS}:
            continue
        try:
            event = event_of(row, review.scale)
        except RowError as error:
            problems.add("rows that cannot be used", where, f"{error}; it is left out.")
            continue
        if event.task_id in tasks:
            found.append(event)
        else:
            reason = f"the review has no task {named(event.task_id)}; it is left out."
            problems.add("rows about unknown passages", where, reason)
    return found
