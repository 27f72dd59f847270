"""Cuts a text into sentences with their offsets; headings and list marks stay outside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.contrast.twins.types import Sentence

_BLOCK = re.compile(
    r"\n[^\S\n]*(?:\n\s*)+|\n(?=[^\S\n]*(?:[#>|]|[-*+•–][^\S\n]|\d{1,3}[.)][^\S\n]))"
)
_MARK = re.compile(r"\s*(?:[#>|]+|[-*+•–]|\d{1,3}[.)]|\d{1,2}(?:\.\d{1,2})+(?=\s+[A-Z]))\s+")
_HEADING = re.compile(r"\s*#+\s[^\n]*(?:\n|$)")
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*(?=\s)|\n(?=\s*\S)")
_SHORTENED = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|Nos|vs|etc|approx|Inc|Ltd|Co|Corp|Jr|Sr|Fig|Sec|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|e\.g|i\.e|a\.m|p\.m|U\.S|U\.K|ca|cf|max|min))\.$"
)
_SHORT_LINE = 5
_LONG_LINE = 8


def sentences(text: str) -> tuple[Sentence, ...]:
    """All sentences in order; a heading is one of its own, and so is a line of a list.

    A line break ends a sentence if its line is short, or if an empty line or a list mark follows;
    otherwise the line is taken for a wrapped one, and the sentence goes on.
    """
    spans = [span for start, end in _blocks(text) for span in _cut(text, start, end)]
    return tuple(
        Sentence(number, start, end, text[start:end]) for number, (start, end) in enumerate(spans)
    )


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for match in _BLOCK.finditer(text):
        yield at, match.start()
        at = match.end()
    yield at, len(text)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    heading = _HEADING.match(text, start, end)
    pieces = [(start, heading.end()), (heading.end(), end)] if heading else [(start, end)]
    for first, last in pieces:
        mark = _MARK.match(text, first, last)
        at = mark.end() if mark else first
        for match in _END.finditer(text, at, last):
            if text[match.start()] == "\n":
                if not text[at : match.start()].rstrip().endswith((".", "!", "?", ":", ";")):
                    words = text[at : match.start()].rsplit("\n", 1)[-1].split()
                    following = text[match.end() : last].lstrip()
                    if _goes_on(words, following):
                        continue
            elif _is_shortened(text, at, match):
                continue
            yield from _trimmed(text, at, match.end())
            at = match.end()
        yield from _trimmed(text, at, last)


def _goes_on(words: list[str], following: str) -> bool:
    """Whether a line that ends without a full stop is wrapped: it is long, or ends in a comma."""
    if not words or not following:
        return False
    longest = _SHORT_LINE if following[0].islower() else _LONG_LINE
    return len(words) >= longest or words[-1].endswith(",")


def _is_shortened(text: str, at: int, match: re.Match[str]) -> bool:
    following = text[match.end() :].lstrip()
    if following[:1].islower():
        return True
    if match.group() != ".":
        return False
    before = text[max(at, match.start() - 12) : match.start() + 1]
    initial = re.search(r"(\S*)\s*(?<!\w)[^\W\d_]\.$", before)
    if initial:
        return bool(initial[1][:1].isupper()) or not initial[1]
    return bool(_SHORTENED.search(before))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    inside = text[start:end]
    start += len(inside) - len(inside.lstrip())
    end = start + len(inside.strip())
    if any(character.isalnum() for character in text[start:end]):
        yield start, end
