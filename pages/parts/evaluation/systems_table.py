"""The table of systems, and the strip above it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.parts.evaluation.bench_view import View
from pages.parts.looks import STAGE_LOOKS
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.evaluate import Evaluation, Figures
from retrieval.evaluation.significance import Interval
from retrieval.evaluation.statements import comparison_sentence, leading_sentence
from retrieval.wording import counted

OTHER_SIGN, OTHER_COLOUR = "○", "#8672E0"
"""Of saved systems and runs: a stage's own colour is for the stage at the settings of now."""
_LONGEST_NAME = 40


def strip_html(view: View, evaluation: Evaluation, a: str, b: str) -> str:
    """Who is best, and what the chosen comparison says."""
    first = view.measures[0]
    means = {name: found[first].mean for name, found in evaluation.systems.items()}
    lead = leading_sentence(means, str(first))
    among = [one for one in evaluation.comparisons if one.a == a]
    chosen = next((one for one in among if one.b == b), None)
    said = comparison_sentence(chosen) if chosen else ""
    over = f"{counted(len(view.bench.asked.questions), 'judged question')}, "
    over += counted(view.bench.asked.judgments, "judgment")
    return (
        f'<div class="sl-strip" role="status"><p class="sl-happened"><strong>{html_text(lead)}'
        f'</strong> <span class="sl-quiet">{html_text(over)}.</span></p>'
        f'<p class="sl-more">{html_text(said)}</p></div>'
    )


def show_table(view: View, figures: Mapping[str, Figures], without: Mapping[str, str]) -> None:
    """Each system with its means and intervals, and what made its run."""
    head = "".join(f'<th scope="col">{html_text(str(one))}</th>' for one in view.measures)
    rows = "".join(
        _row(view, name, figures.get(name), without.get(name, "")) for name in view.entries
    )
    st.html(
        '<div class="sl-table-wrap"><table class="sl-table sl-systems"><thead><tr>'
        f'<th scope="col">system</th>{head}<th scope="col">settings</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        '<p class="sl-caption">Means with 95 % bootstrap intervals. Measures are by document: one '
        "scores as its best passage. An unjudged document counts as not relevant; judged@k says "
        "what share of the first k anybody has judged.</p>"
    )


def _row(view: View, name: str, found: Figures | None, why: str) -> str:
    entry = view.entries[name]
    sign, colour = sign_of(name)
    remark = entry.remark(view.bench)
    quiet = f'<br><span class="sl-danger-text">{html_text(remark)}</span>' if remark else ""
    if found is None:
        cells = f'<td colspan="{len(view.measures)}" class="sl-quiet">{html_text(why)}</td>'
    else:
        cells = "".join(_cell(found.means[measure]) for measure in view.measures)
    label = html_text(one_line(name, _LONGEST_NAME))
    return (
        f'<tr style="--sl-stage:{colour}"><td><span class="sl-sign">{sign}</span>{label}</td>'
        f'{cells}<td class="sl-words-cell">{html_text(entry.described)}{quiet}</td></tr>'
    )


def sign_of(name: str) -> tuple[str, str]:
    """Sign and colour of a system: a stage's own, or that of all others."""
    look = {str(stage): look for stage, look in STAGE_LOOKS.items()}.get(name)
    return (look.icon, look.colour) if look else (OTHER_SIGN, OTHER_COLOUR)


def _cell(found: Interval) -> str:
    return (
        f"<td><b>{found.mean:.3f}</b> "
        f'<span class="sl-quiet">[{found.low:.3f}, {found.high:.3f}]</span></td>'
    )
