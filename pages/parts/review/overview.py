"""How far a review has come: the whole of it, and each reviewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors, show_note
from pages.parts.review.judging import time_left
from pages.parts.safe_text import html_text, one_line
from retrieval.review.types import ReviewerProgress, ReviewProgress
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.review.lead import Lead

_EVERY_SECONDS = 5.0
_LONGEST_NAME = 60
_HEADS = ("reviewer", "judged", "could not", "skipped", "left", "each", "time left")


def show_overview(lead: Lead) -> None:
    """Draw the figures and the table, and look again every few seconds while people judge."""
    st.fragment(_draw, run_every=_EVERY_SECONDS)(lead)


def _draw(lead: Lead) -> None:
    with clear_errors():
        _show(lead)


def _show(lead: Lead) -> None:
    found = lead.progress()
    st.html(figures_html(found, lead.review.draft.needed))
    if not found.reviewers:
        show_note(
            "Nobody has judged anything yet.", "Make a link under Share and settings, and send it."
        )
        return
    st.html(reviewers_html(found.reviewers))


def figures_html(found: ReviewProgress, needed: int) -> str:
    """The review as a whole, in four figures."""
    seconds = sum(one.seconds for one in found.reviewers)
    by = counted(needed, "reviewer")
    judges = "person who judged" if len(found.reviewers) == 1 else "people who judged"
    figures = {
        f"complete, judged by {by} each": f"{found.complete:,} of {found.tasks:,}",
        "judgments of those needed": f"{found.judgments:,} of {found.needed:,}",
        judges: f"{len(found.reviewers):,}",
        "spent on judging": spent(seconds),
    }
    cells = "".join(
        f'<div class="sl-figure"><b>{value}</b><span>{label}</span></div>'
        for label, value in figures.items()
    )
    share = found.judgments / found.needed if found.needed else 0.0
    bar = f'<span class="sl-bar"><i style="width:{min(share, 1):.1%}"></i></span>'
    return f'<div class="sl-figures">{cells}</div><div class="sl-progress">{bar}</div>'


def reviewers_html(reviewers: tuple[ReviewerProgress, ...]) -> str:
    """One row a reviewer."""
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEADS)
    rows = "".join(_row(one) for one in reviewers)
    return (
        f'<div class="sl-table-wrap"><table class="sl-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        '<p class="sl-caption">Left is what somebody will still be handed: passages that enough '
        "others have judged are not.</p>"
    )


def spent(seconds: float) -> str:
    """Time that was spent, in minutes or hours."""
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"  # noqa: PLR2004


def _row(one: ReviewerProgress) -> str:
    each = f"{one.seconds / one.done:.0f} s" if one.done and one.seconds else "–"
    left = "–" if one.seconds_left is None or not one.left else time_left(one.seconds_left)
    cells = (f"{one.judged:,}", f"{one.cannot:,}", f"{one.skipped:,}", f"{one.left:,}", each, left)
    name = html_text(one_line(one.reviewer, _LONGEST_NAME))
    return f"<tr><td>{name}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
