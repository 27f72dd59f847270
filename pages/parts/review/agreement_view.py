"""How far the reviewers agree: coefficients with intervals, and a confusion matrix of two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.agreement import Coefficient, PairAgreement
from retrieval.review.accord import CHOICES, Agreement
from retrieval.review.types import Review
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.review.lead import Lead

_LONGEST_NAME = 40
_METRICS = {
    "nominal": "any two different grades count alike",
    "ordinal": "grades have an order",
    "interval": "grades have equal distances",
}


def show_agreement(lead: Lead) -> None:
    """Draw the sentence, the tables and the matrix."""
    with st.spinner("Resampling for the intervals …"):
        found = lead.agreement()
    st.html(
        f'<div class="sl-strip" role="status"><p class="sl-happened">{html_text(found.sentence)}'
        "</p></div>"
    )
    if not found.tasks:
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.html(alphas_html(found))
        if found.pairs:
            st.html(pairs_html(found.pairs))
    with right:
        if found.pairs:
            names = {f"{one.a} and {one.b}": one for one in found.pairs}
            picked = st.selectbox("Two reviewers", list(names), key="review_pair")
            st.html(confusion_html(names[picked or next(iter(names))], grade_words(lead.review)))


def grade_words(review: Review) -> tuple[str, ...]:
    """What each row of a confusion matrix stands for."""
    if review.draft.mode == "passages":
        return review.scale.words
    return ("first system", "second system", "tie", "both bad")[: len(CHOICES)]


def alphas_html(found: Agreement) -> str:
    """Krippendorff's alpha by metric."""
    rows = "".join(
        f"<tr><td>{name}</td><td>{coefficient_html(one)}</td><td>{_METRICS[name]}</td></tr>"
        for name, one in found.alphas.items()
    )
    return (
        '<h3 class="sl-chart-title">Krippendorff’s alpha, all reviewers</h3>'
        '<div class="sl-table-wrap"><table class="sl-table sl-words sl-alphas"><thead><tr>'
        '<th scope="col">metric</th><th scope="col">alpha</th><th scope="col"></th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        f'<p class="sl-caption">Over {counted(found.tasks, "shared judgment")}, with 95 % '
        "bootstrap intervals. 1 is full agreement, 0 what chance alone would give. Final grades of "
        "a lead have no part in it.</p>"
    )


def pairs_html(pairs: tuple[PairAgreement, ...]) -> str:
    """Cohen's kappa of every two reviewers."""
    heads = ("reviewers", "both", "same", "kappa", "linear", "quadratic")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    rows = "".join(
        f"<tr><td>{_name(one.a)}<br>{_name(one.b)}</td><td>{one.both:,}</td><td>{one.same:.0%}</td>"
        + "".join(
            f"<td>{coefficient_html(found)}</td>"
            for found in (one.kappa, one.linear, one.quadratic)
        )
        + "</tr>"
        for one in pairs
    )
    return (
        '<h3 class="sl-chart-title">Cohen’s kappa, two at a time</h3>'
        f'<div class="sl-table-wrap"><table class="sl-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        '<p class="sl-caption">Weighted kappa counts a disagreement by its distance, or by the '
        "square of it.</p>"
    )


def confusion_html(pair: PairAgreement, words: tuple[str, ...]) -> str:
    """How often each pair of grades was given; the diagonal is agreement."""
    most = max(max(row) for row in pair.table) or 1
    head = "".join(f'<th scope="col">{html_text(word)}</th>' for word in words)
    rows = "".join(
        f'<tr><th scope="row">{html_text(words[place])}</th>'
        + "".join(
            f'<td style="--share:{count / most:.3f}"{_same(place == other)}>{count:,}</td>'
            for other, count in enumerate(row)
        )
        + "</tr>"
        for place, row in enumerate(pair.table)
    )
    return (
        f'<div class="sl-table-wrap"><table class="sl-table sl-confusion"><caption>Rows: '
        f"{_name(pair.a)}, columns: {_name(pair.b)}</caption><thead><tr><td></td>{head}</tr>"
        f"</thead><tbody>{rows}</tbody></table></div>"
        f'<p class="sl-caption">The same grade in {pair.same:.0%} of {pair.both:,}; the '
        "stronger a cell’s colour, the more often it was given.</p>"
    )


def coefficient_html(found: Coefficient) -> str:
    """A coefficient with its interval; a dash where it is undefined."""
    if math.isnan(found.value):
        return '<span title="all grades are the same, so chance explains everything">–</span>'
    interval = "" if math.isnan(found.low) else f"[{found.low:.2f}, {found.high:.2f}]"
    return f'<b>{found.value:.2f}</b> <span class="sl-quiet">{interval}</span>'


def _same(is_same: bool) -> str:  # noqa: FBT001
    return ' class="sl-same"' if is_same else ""


def _name(name: str) -> str:
    return html_text(one_line(name, _LONGEST_NAME))
