"""One judgment as one flat row, for files; and back from a row, with every field checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from retrieval.review.draft import storable
from retrieval.review.pool import Pair, Pool
from retrieval.review.scale import Scale
from retrieval.review.seat import LONGEST_COMMENT, LONGEST_SECONDS
from retrieval.review.standing import Standing
from retrieval.review.types import Event, Kind, Review

CHOICES = ("a", "b", "tie", "bad")
KINDS: tuple[Kind, ...] = get_args(Kind)
EVENT_COLUMNS = (
    *("kind", "reviewer", "at", "query_id", "query", "document_id", "task_id", "grade", "word"),
    *("choice", "system_a", "system_b", "left", "comment", "seconds", "stands"),
    *("event_id", "target", "text_hash"),
)
CSV_COLUMNS = (*EVENT_COLUMNS, "review", "scale", "need", "chunk_id", "title", "text")
_SAME = ("kind", "reviewer", "at", "query_id", "task_id", "grade", "choice", "left", "comment")
_ALSO = ("seconds", "target", "text_hash")


class RowError(ValueError):
    """What is wrong with one row, in words that follow its number."""


class EventRows:
    """Writes the events of one review as rows.

    Args:
        review: The review.
        pool: Its passages.
        standing: Its events.
    """

    def __init__(self, review: Review, pool: Pool, standing: Standing) -> None:
        self._review = review
        self._pool = pool
        self._standing = standing
        self._questions = {one.id: one for one in review.questions}
        self._pairs: dict[str, Pair] = {one.id: one for one in pool.pairs(review.systems)}
        self._stands = {one.id for answers in standing.answers.values() for one in answers.values()}
        self._stands |= {one.id for one in standing.finals.values()}

    def row(self, event: Event) -> dict[str, Any]:
        """An event with what a reader of the file needs beside it."""
        passage, pair = self._pool.by_id.get(event.task_id), self._pairs.get(event.task_id)
        question = self._questions.get(event.query_id)
        scale = self._review.scale
        found = {
            **{name: getattr(event, name) for name in (*_SAME, *_ALSO)},
            "event_id": event.id,
            "query": question.text if question else "",
            "document_id": passage.document_id if passage else "",
            "word": "" if event.grade is None else scale.word(event.grade),
            "system_a": pair.a if pair else "",
            "system_b": pair.b if pair else "",
            "stands": event.id in self._stands,
        }
        return {name: found[name] for name in EVENT_COLUMNS}

    def csv_row(self, event: Event) -> dict[str, Any]:
        """The row with the passage and the question whole, so that the file stands alone."""
        passage = self._pool.by_id.get(event.task_id)
        question = self._questions.get(event.query_id)
        return {
            **self.row(event),
            "review": self._review.name,
            "scale": self._review.scale.id,
            "need": question.need if question else "",
            "chunk_id": passage.chunk_id if passage else "",
            "title": passage.passage.title if passage else "",
            "text": passage.passage.text if passage else "",
        }


def event_of(row: Mapping[str, str], scale: Scale) -> Event:
    """The event of a row.

    Args:
        row: Values as text, by column; what is missing counts as empty.
        scale: The scale that grades are of.

    Raises:
        RowError: If a field has no such value.
    """
    kind = row.get("kind", "")
    if kind not in KINDS:
        raise RowError(f"there is no kind “{kind[:40]}”")
    for name in ("event_id", "reviewer", "task_id", "query_id"):
        if not row.get(name, "").strip():
            raise RowError(f"it has no {name}")
    if kind == "prefer" and row.get("choice") not in CHOICES:
        raise RowError(f"the choice “{row.get('choice', '')[:40]}” is unknown")
    if len(row.get("comment", "")) > LONGEST_COMMENT:
        raise RowError(f"its comment has more than {LONGEST_COMMENT:,} characters")
    return Event(
        id=row["event_id"],
        at=_time(row.get("at", "")),
        reviewer=row["reviewer"],
        kind=kind,
        task_id=row["task_id"],
        query_id=row["query_id"],
        grade=_grade(row.get("grade", ""), kind, scale),
        choice=row.get("choice", "") if kind == "prefer" else "",
        left="b" if row.get("left") == "b" else "a" if kind == "prefer" else "",
        comment=storable(row.get("comment", "")),
        seconds=_seconds(row.get("seconds", "")),
        text_hash=row.get("text_hash", ""),
        target=row.get("target", ""),
    )


def _grade(text: str, kind: str, scale: Scale) -> int | None:
    if kind not in {"grade", "final"} or (kind == "final" and text in {"", "null"}):
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if value not in scale.grades:
        raise RowError(f"the grade “{text[:40]}” is not of the scale 0 to {scale.grades[-1]}")
    return int(value)


def _time(text: str) -> str:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise RowError(f"the time “{text[:40]}” is not in ISO form with its zone")
    return text


def _seconds(text: str) -> float:
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return min(max(value, 0.0), LONGEST_SECONDS) if math.isfinite(value) else 0.0
