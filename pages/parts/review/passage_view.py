"""A passage as a reviewer reads it, and a whole list of them, without a hint of who brought it."""

from __future__ import annotations

from collections.abc import Sequence

from pages.parts.passages import plain_html
from pages.parts.safe_text import html_text
from retrieval.review.types import Passage, ReviewQuestion


def question_html(question: ReviewQuestion) -> str:
    """The question, and under it what the person who asks wants to know."""
    need = f'<p class="sl-need">{html_text(question.need)}</p>' if question.need else ""
    return f'<div class="sl-ask"><h2>{html_text(question.text)}</h2>{need}</div>'


def passage_html(passage: Passage) -> str:
    """A passage with its document's title, and what stands around it one click away."""
    return (
        f'<article class="sl-passage"><header><h3>{html_text(passage.title or "Untitled")}</h3>'
        f"{_place_html(passage)}</header>{_around_html(passage.before, 'before')}"
        f'<div class="sl-judged" dir="auto">{plain_html(passage.text)}</div>'
        f"{_around_html(passage.after, 'after')}</article>"
    )


def list_html(passages: Sequence[Passage], label: str) -> str:
    """A whole list, best first; each passage opens at a click."""
    items = "".join(f"<li>{_item_html(one)}</li>" for one in passages)
    empty = '<p class="sl-quiet">This list is empty: nothing was found.</p>'
    return (
        f'<section class="sl-side" aria-label="{label}"><h3>{label}</h3>'
        f"{f'<ol>{items}</ol>' if passages else empty}</section>"
    )


def _item_html(passage: Passage) -> str:
    return (
        f"<details><summary><b>{html_text(passage.title or 'Untitled')}</b>"
        f'<span dir="auto">{plain_html(passage.text)}</span></summary>'
        f'{_place_html(passage)}<div class="sl-rest" dir="auto">{plain_html(passage.text)}</div>'
        "</details>"
    )


def _place_html(passage: Passage) -> str:
    facts = [
        passage.source,
        f"page {passage.page}" if passage.page else "",
        " › ".join(one for one in passage.heading if one != passage.title),
    ]
    shown = " · ".join(html_text(fact) for fact in facts if fact)
    return f'<p class="sl-from">{shown}</p>' if shown else ""


def _around_html(text: str, side: str) -> str:
    if not text.strip():
        return ""
    summary = "Read what comes before" if side == "before" else "Read on"
    return (
        f'<details class="sl-around sl-{side}"><summary>{summary}</summary>'
        f'<div dir="auto">{plain_html(text)}</div></details>'
    )
