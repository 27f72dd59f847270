"""A file of triples as examples: read as a stream, and of very many questions a sample is kept.

A row has a ``query`` with ``positive`` and ``negative`` (or ``pos`` and ``neg``, each a text or a
list). All rows of one question are one example, whatever their order: what is sampled is questions,
by a hash of their text, so that memory does not grow with the file and the same file always gives
the same sample.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.errors import TrainingError
from retrieval.training.data import labelled_rows
from retrieval.training.examples import Example, Examples, Passage
from retrieval.training.groups import Group
from retrieval.types import Question

MOST_QUESTIONS = 5_000
"""Questions kept of a file: a fine-tuning reads some tens of thousands of pairs at the most."""
MOST_RIGHT, MOST_WRONG = 8, 24
"""Passages kept of a question; a step reads fewer."""
_NOTES = 5


@dataclass(slots=True)
class _Gathered:
    """What the rows of one question hold."""

    text: str
    right: dict[str, None] = field(default_factory=dict)
    wrong: dict[str, None] = field(default_factory=dict)


class _Sample:
    """The questions with the lowest hashes; one that was dropped can never come back."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, _Gathered] = {}
        self._highest: list[tuple[int, str]] = []
        self.dropped = False

    def add(self, group: Group) -> None:
        query = group.pairs[0][0]
        key = query.casefold()
        gathered = self._kept.get(key)
        if gathered is None:
            number = int(hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:16], 16)
            if len(self._kept) >= self._most:
                self.dropped = True
                if -self._highest[0][0] <= number:
                    return
                del self._kept[heapq.heappop(self._highest)[1]]
            heapq.heappush(self._highest, (-number, key))
            gathered = self._kept[key] = _Gathered(query)
        for (_, passage), flag in zip(group.pairs, group.relevant, strict=True):
            place, most = (gathered.right, MOST_RIGHT) if flag else (gathered.wrong, MOST_WRONG)
            if len(place) < most:
                place[passage] = None

    def questions(self) -> list[_Gathered]:
        return [self._kept[key] for key in sorted(self._kept)]


def read_triples(path: Path, name: str = "") -> Examples:
    """The examples of a file; nothing but the sample stays in memory.

    Args:
        path: JSON Lines (gzipped or not), CSV or TSV.
        name: What a person calls it; the file's name by default.

    Raises:
        TrainingError: If the file cannot be read, or no row holds a right and a wrong passage.
    """
    name = name or path.name
    sample, notes = _Sample(MOST_QUESTIONS), []
    refused = rows = 0
    for row, found in labelled_rows(path):
        rows += 1
        if isinstance(found, Group):
            sample.add(found)
            continue
        refused += 1
        if refused <= _NOTES:
            notes.append(f"{name}, row {row}: {found}")
    if refused > _NOTES:
        notes.append(f"{name}: {refused - _NOTES:,} more rows could not be used")
    examples = tuple(_examples(sample))
    if sample.dropped:
        notes.append(
            f"{name}: of {rows:,} rows, {MOST_QUESTIONS:,} questions are used, drawn by a fixed "
            "rule; more would not be read in one fine-tuning"
        )
    _check_labels(name, examples, notes)
    with path.open("rb") as stream:
        fingerprint = hashlib.file_digest(stream, "sha256").hexdigest()
    return Examples(name, examples, fingerprint, tuple(notes))


def _examples(sample: _Sample) -> Iterator[Example]:
    for place, one in enumerate(sample.questions()):
        passages = [Passage(text, 1, _origin(text)) for text in one.right]
        # What one row calls right and another wrong is right: somebody has found an answer in it.
        passages += [Passage(text, 0, _origin(text)) for text in one.wrong if text not in one.right]
        yield Example(Question(f"t{place:05}", one.text), tuple(passages))


def _origin(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _check_labels(name: str, examples: tuple[Example, ...], notes: list[str]) -> None:
    labels = {one.grade > 0 for example in examples for one in example.passages}
    if len(labels) == 2:
        return
    lacking = "wrong" if True in labels else "right"
    first = f" The first row that could not be used: {notes[0]}." if notes else ""
    raise TrainingError(
        f"{name} has one label only: no row with a {lacking} passage.{first}"
        if labels
        else f"{name} holds no row that can be used.{first}",
        hint="Give rows of query, positive and negative; or query, pos and neg, as lists.",
    )
