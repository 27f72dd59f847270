"""A passage as HTML: escaped, its telling words marked, cut to where it meets the question."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pages.parts.safe_text import html_text, without_controls
from retrieval.explain.words import Span, mark_words

ROW_CHARACTERS = 1300
"""About four lines across the page; the lists share them."""
_LEAD_CHARACTERS = 30

WORD_KEY_HTML = (
    '<div class="sl-key"><span><mark class="sl-match">word</mark> of the question</span>'
    '<span><mark class="sl-negator">not</mark> turns a statement around</span>'
    '<span><mark class="sl-swap">name</mark> in the other order than asked</span></div>'
)
"""What the marks mean."""


@lru_cache(maxsize=4096)
def snippet_html(query: str, passage: str, length: int) -> str:
    """The part of a passage that says most about the question, about ``length`` characters."""
    start = _snippet_start(passage, mark_words(query, passage), length)
    shown = passage[start : start + length]
    ellipsis = "…" if start else ""
    more = "…" if start + len(shown) < len(passage) else ""
    return f"{ellipsis}{marked_html(query, shown)}{more}"


def marked_html(query: str, passage: str) -> str:
    """The whole passage, escaped and marked."""
    return "".join(_pieces(passage, mark_words(query, passage)))


def plain_html(passage: str) -> str:
    """The whole passage, escaped."""
    return html_text(without_controls(passage))


def _pieces(passage: str, spans: Iterable[Span]) -> Iterable[str]:
    behind = 0
    for span in spans:
        yield html_text(passage[behind : span.start])
        word = html_text(passage[span.start : span.end])
        yield f'<mark class="sl-{span.kind}">{word}</mark>'
        behind = span.end
    yield html_text(passage[behind:])


def _snippet_start(passage: str, spans: tuple[Span, ...], length: int) -> int:
    """Where the window with the most distinct marked words begins, at the start of a word."""
    if len(passage) <= length or not spans:
        return 0
    best = max(spans, key=lambda first: (_distinct(passage, spans, first, length), -first.start))
    opening = min(best.start - _LEAD_CHARACTERS, len(passage) - length)
    if opening <= 0:
        return 0
    sentence = max(passage.rfind(mark, opening, best.start) for mark in (". ", "? ", "! ", "\n"))
    if sentence >= 0 and len(passage) - sentence > length:
        opening = sentence + 1
        return opening + len(passage[opening:]) - len(passage[opening:].lstrip())
    return passage.rfind(" ", 0, opening) + 1


def _distinct(passage: str, spans: tuple[Span, ...], first: Span, length: int) -> int:
    end = first.start + length - _LEAD_CHARACTERS
    inside = (span for span in spans if first.start <= span.start and span.end <= end)
    return len({passage[span.start : span.end].casefold() for span in inside})
