"""Two systems chosen, and every other one against the first of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.charts.difference_bars import difference_bars
from pages.parts.charts.frame import draw_chart
from pages.parts.evaluation.bench_view import View
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.evaluate import Evaluation
from retrieval.evaluation.measures import Measure
from retrieval.evaluation.significance import Comparison
from retrieval.evaluation.statements import comparison_sentence, shown_p
from retrieval.wording import counted

_LONGEST_NAME = 40


def pick_pair(names: Sequence[str]) -> tuple[str, str]:
    """The two systems to compare: what everything is measured against, and one other."""
    a = "hybrid" if "hybrid" in names else names[0]
    first, second = st.columns(2, gap="medium")
    with first:
        a = _pick("Compare", "system_a", names, a)
    others = [name for name in names if name != a]
    b = next((name for name in ("rerank", "hybrid") if name in others), others[-1])
    with second:
        return a, _pick("with", "system_b", others, b)


def _pick(label: str, key: str, names: Sequence[str], default: str) -> str:
    if st.session_state.get(key) not in (None, *names):
        del st.session_state[key]
    picked = st.selectbox(
        label, list(names), index=list(names).index(default), key=key, bind="query-params"
    )
    return str(picked)


def show_comparison(view: View, evaluation: Evaluation, b: str) -> None:
    """The chosen comparison in words and as bars, and the table of all against the first."""
    chosen = next(one for one in evaluation.comparisons if one.b == b)
    before, after = values_of(evaluation, view.measures[0], (chosen.a, chosen.b))
    differences = differences_of(before, after)
    texts = {one.id: one.text for one in view.bench.asked.questions}
    ordered = sorted(differences, key=lambda one: -differences[one])
    draw_chart(
        difference_bars(
            chosen, [differences[one] for one in ordered], [texts[one] for one in ordered]
        )
    )
    with st.expander(
        f"Every system against {chosen.a}", icon=":material/compare_arrows:", key="against"
    ):
        st.html(comparisons_html(evaluation.comparisons, b))


def values_of(
    evaluation: Evaluation, measure: Measure, pair: tuple[str, str]
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """By question, what both systems of a pair got."""
    by_system = evaluation.values
    return by_system[pair[0]][measure], by_system[pair[1]][measure]


def differences_of(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """By question, what the second has more than the first."""
    return {question: after[question] - before[question] for question in before}


def comparisons_html(comparisons: Sequence[Comparison], chosen: str) -> str:
    """One row a comparison; all are corrected together."""
    rows = "".join(_row(one, is_chosen=one.b == chosen) for one in comparisons)
    heads = ("system", "difference", "p", "p corrected", "effect", "wins", "ties", "losses")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        f'<div class="sl-table-wrap"><table class="sl-table sl-systems"><thead><tr>{head}'
        f'<th scope="col">in words</th></tr></thead><tbody>{rows}</tbody></table></div>'
        '<p class="sl-caption">Paired permutation test (sign flips, two-sided, seeded), corrected '
        f"by Holm over the {counted(len(comparisons), 'comparison')} shown. "
        "Effect: mean difference over its standard deviation.</p>"
    )


def _row(one: Comparison, *, is_chosen: bool) -> str:
    found = one.difference
    cells = (
        f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]",
        shown_p(one.p),
        shown_p(one.p_corrected),
        f"{one.effect_size:+.2f}",
        str(one.wins),
        str(one.ties),
        str(one.losses),
    )
    body = "".join(f"<td>{cell}</td>" for cell in cells)
    mark = ' class="sl-chosen"' if is_chosen else ""
    return (
        f"<tr{mark}><td>{html_text(one_line(one.b, _LONGEST_NAME))}</td>{body}"
        f'<td class="sl-words-cell">{html_text(comparison_sentence(one))}</td></tr>'
    )
