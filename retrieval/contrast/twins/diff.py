"""Where a text and its twin differ, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from retrieval.contrast.twins.types import Change

_PIECE = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_PIECES = 4000


def changes_between(original: str, twin: str) -> tuple[Change, ...]:
    """The differing spans, in order and without overlap; whole words, never parts of one.

    What two texts share at both ends is set aside first, so that a long text with one edited
    sentence costs no more than the sentence. A difference of more than 4,000 words is given as one
    single change.
    """
    before, after = _PIECE.findall(original), _PIECE.findall(twin)
    head = _shared(before, after)
    tail = _shared(reversed(before[head:]), reversed(after[head:]))
    left, right = before[head : len(before) - tail], after[head : len(after) - tail]
    start = sum(map(len, before[:head]))
    if not left and not right:
        return ()
    if len(left) + len(right) > _MOST_PIECES:
        return (Change(start, start + _length(left), start, start + _length(right)),)
    here, there = _offsets(left, start), _offsets(right, start)
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    found = [
        Change(here[i], here[j], there[k], there[m]) for tag, i, j, k, m in codes if tag != "equal"
    ]
    return tuple(_joined(found, original))


def apply_changes(original: str, twin: str, changes: Iterable[Change]) -> str:
    """The twin, put together from the original and the inserted spans alone."""
    parts, at = [], 0
    for change in changes:
        parts += [original[at : change.start], twin[change.twin_start : change.twin_end]]
        at = change.end
    return "".join([*parts, original[at:]])


def _shared(left: Iterable[str], right: Iterable[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _length(pieces: Iterable[str]) -> int:
    return sum(map(len, pieces))


def _offsets(pieces: list[str], start: int) -> list[int]:
    offsets = [start]
    for piece in pieces:
        offsets.append(offsets[-1] + len(piece))
    return offsets


def _joined(changes: list[Change], original: str) -> Iterable[Change]:
    """Changes with nothing but blanks between them become one, so that a phrase stays whole."""
    waiting: Change | None = None
    for change in changes:
        if waiting is not None and original[waiting.end : change.start].isspace():
            waiting = Change(waiting.start, change.end, waiting.twin_start, change.twin_end)
            continue
        if waiting is not None:
            yield waiting
        waiting = change
    if waiting is not None:
        yield waiting
