"""Twins that a person makes: two spans swapped, or a text rewritten."""

from __future__ import annotations

from retrieval.contrast.twins.diff import changes_between
from retrieval.contrast.twins.types import Refusal, Twin

SpanOf = tuple[int, int]
"""Offsets of the first character and behind the last."""


def swap_spans(text: str, span_a: SpanOf, span_b: SpanOf) -> Twin | Refusal:
    """The text with two spans in each other's place; all else stays byte for byte.

    Blanks at the edges of a span stay where they are. If the text starts with one of the spans, the
    first letters are not changed: a person who picks spans sees what comes out.

    Args:
        text: The text.
        span_a: One span.
        span_b: The other; either may come first.
    """
    first, second = sorted((_trimmed(text, span_a), _trimmed(text, span_b)))
    reason = _why_not(text, first, second)
    if reason:
        return Refusal("swapped", reason)
    (a, b), (c, d) = first, second
    twin = text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]
    said = f"“{text[a:b]}” and “{text[c:d]}” were swapped by hand."
    return Twin("swapped", "swapped", said, text, twin, changes_between(text, twin))


def edited(text: str, twin: str) -> Twin | Refusal:
    """A twin that was written by hand, with its changes."""
    if not twin.strip():
        return Refusal("edited", "The edited twin is empty.")
    if twin == text:
        return Refusal("edited", "The edited twin is the text itself; change a word.")
    said = "The twin was edited by hand."
    return Twin("edited", "edited", said, text, twin, changes_between(text, twin))


def _trimmed(text: str, span: SpanOf) -> SpanOf:
    start, end = span
    if not 0 <= start <= end <= len(text):
        return span
    inside = text[start:end]
    start += len(inside) - len(inside.lstrip())
    return start, max(start, start + len(inside.strip()))


def _why_not(text: str, first: SpanOf, second: SpanOf) -> str:
    (a, b), (c, d) = first, second
    if min(a, c) < 0 or max(b, d) > len(text) or a > b or c > d:
        return f"A span lies outside the text, which has {len(text):,} characters."
    if a == b or c == d:
        return "A span is empty; pick at least one character for each."
    if c < b:
        return "The two spans overlap; pick two that do not touch."
    if text[a:b] == text[c:d]:
        return "The two spans hold the same words, so swapping them changes nothing."
    return ""
