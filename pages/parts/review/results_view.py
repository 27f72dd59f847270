"""What the judgments say of the systems: measures with intervals, or win rates of whole lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.charts.forest_plot import forest_plot
from pages.parts.charts.frame import draw_chart
from pages.parts.errors import show_note
from pages.parts.evaluation.comparison import comparisons_html
from pages.parts.evaluation.systems_table import sign_of
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.evaluate import Evaluation
from retrieval.evaluation.statements import comparison_sentence, leading_sentence, shown_p
from retrieval.review.consensus import AGGREGATES
from retrieval.review.preferences import WinRate
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.review.lead import Lead, Results

_LONGEST_NAME = 40


def show_results(lead: Lead) -> None:
    """Draw the results of either mode."""
    is_lists = lead.review.draft.mode == "lists"
    how = "median" if is_lists else pick_aggregate()
    with st.spinner("Measuring …"):
        found = lead.results(how)
    if is_lists:
        _show_rates(found)
    elif found.evaluation is None:
        show_note("Nothing has been judged yet.", "Results appear with the first grade.")
    else:
        _show_measures(found, found.evaluation)
    if found.notes:
        st.html(f"<ul>{''.join(f'<li>{html_text(one)}</li>' for one in found.notes)}</ul>")


def pick_aggregate() -> str:
    """How the grades of several reviewers become one."""
    picked = st.selectbox(
        "Where reviewers differ, count",
        list(AGGREGATES),
        format_func=lambda one: AGGREGATES[one].label,
        key="review_how",
        bind="query-params",
        width=420,
        help="A final grade that a lead has set counts in any case.",
    )
    return str(picked)


def _show_measures(found: Results, evaluation: Evaluation) -> None:
    first = next(iter(next(iter(evaluation.systems.values()))))
    means = {name: by[first] for name, by in evaluation.systems.items()}
    best = max(means, key=lambda name: means[name].mean)
    lead = leading_sentence({name: one.mean for name, one in means.items()}, str(first))
    said = [comparison_sentence(one) for one in evaluation.comparisons if best in (one.a, one.b)]
    st.html(
        f'<div class="sl-strip" role="status"><p class="sl-happened"><strong>{html_text(lead)}'
        "</strong></p>"
        f'<p class="sl-more">{html_text(" ".join(said))}</p></div>'
    )
    left, right = st.columns(2, gap="large")
    with left:
        draw_chart(forest_plot(means, str(first)))
    with right:
        st.html(measures_html(found, evaluation))
    if evaluation.comparisons:
        with st.expander("Every comparison", icon=":material/compare_arrows:", key="review_tests"):
            st.html(comparisons_html(evaluation.comparisons, ""))


def measures_html(found: Results, evaluation: Evaluation) -> str:
    """Each system with its means, their intervals, and what nobody has judged yet."""
    measures = list(next(iter(evaluation.systems.values())))[:1]
    head = "".join(f'<th scope="col">{html_text(str(one))}</th>' for one in measures)
    rows = ""
    for name, by in evaluation.systems.items():
        sign, colour = sign_of(name)
        cells = "".join(
            f"<td><b>{by[one].mean:.3f}</b> "
            f'<span class="sl-quiet">[{by[one].low:.3f}, {by[one].high:.3f}]</span></td>'
            for one in measures
        )
        rows += (
            f'<tr style="--sl-stage:{colour}"><td><span class="sl-sign">{sign}</span>'
            f"{html_text(one_line(name, _LONGEST_NAME))}</td>{cells}"
            f"<td>{found.unjudged[name]:.0%}</td></tr>"
        )
    return (
        f'<div class="sl-table-wrap"><table class="sl-table"><thead><tr><th scope="col">system</th>'
        f'{head}<th scope="col">unjudged in the first ten</th></tr></thead><tbody>{rows}</tbody>'
        f'</table></div><p class="sl-caption">From {found.judgments:,} judged documents of this '
        "review alone, with 95 % bootstrap intervals. An unjudged document counts as not "
        "relevant.</p>"
    )


def _show_rates(found: Results) -> None:
    voted = [one for one in found.win_rates if one.votes]
    if not voted:
        show_note("Nobody has compared two lists yet.", "Win rates appear with the first answer.")
        return
    st.html(
        '<div class="sl-strip" role="status">'
        + "".join(f'<p class="sl-happened">{html_text(one.sentence)}</p>' for one in voted)
        + "</div>"
        + "".join(rate_html(one) for one in voted)
    )


def rate_html(one: WinRate) -> str:
    """Two systems as one bar: preferred, tie, both bad, preferred."""
    parts = (
        (one.a, one.votes_a, sign_of(one.a)[1]),
        ("equally good", one.ties, "color-mix(in srgb, currentColor 28%, transparent)"),
        ("both bad", one.bad, "color-mix(in srgb, currentColor 14%, transparent)"),
        (one.b, one.votes_b, sign_of(one.b)[1]),
    )
    bar = "".join(
        f'<i style="flex:{count} 0 0;background:{colour}"></i>'
        for _, count, colour in parts
        if count
    )
    words = " · ".join(
        f"{html_text(one_line(name, _LONGEST_NAME))} <b>{count:,}</b> ({count / one.votes:.0%})"
        for name, count, _ in parts
    )
    decided = counted(one.questions_a + one.questions_b, "decided question")
    return (
        f'<div class="sl-rate"><div class="sl-rate-bar" aria-hidden="true">{bar}</div>'
        f'<p>{words}</p><p class="sl-quiet">Of {decided} {one.questions_a:,} went '
        f"to {html_text(one.a)} (95 % interval {one.low:.0%} to {one.high:.0%}), "
        f"{one.questions_even:,} to neither. Sign test p = {shown_p(one.p)}, corrected "
        f"{shown_p(one.p_corrected)}.</p></div>"
    )
