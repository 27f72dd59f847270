"""Every item of a probe set, open to inspection: the failures first, with scores and margins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from pages.parts.charts.pass_map import phenomenon_label
from pages.parts.library.cells import cell_text
from pages.parts.looks import STAGE_LOOKS, show_score
from pages.parts.safe_text import html_text, one_line
from retrieval.contrast.pairwise import Outcome, ProbeReport
from retrieval.contrast.probes import Probe
from retrieval.settings import STAGE_ORDER, StageName
from retrieval.wording import counted

EVERY = "all"
_HEIGHT_PX = 420
_ROW_PX = 35
_LONGEST_TEXT = 2_000
_LONGEST_ADDRESS = 4_000
_UNITS: dict[StageName, str] = {
    "bm25": "bm25",
    "dense": "cosine",
    "hybrid": "rrf",
    "late": "maxsim",
    "rerank": "logit",
}


class Item(NamedTuple):
    """One item with what each stage made of it."""

    probe: Probe
    outcomes: dict[StageName, Outcome]

    def weakest(self, stage: StageName) -> float:
        """The smaller margin of a stage: it fails at 0 and below."""
        return min(self.outcomes[stage].margins)

    @property
    def failures(self) -> int:
        """How many stages fail it."""
        return sum(not outcome.passed for outcome in self.outcomes.values())


def items_of(report: ProbeReport) -> list[Item]:
    """The items of a report in their own order."""
    found: list[Item] = []
    for outcome in report.outcomes:
        if not found or found[-1].probe is not outcome.probe:
            found.append(Item(outcome.probe, {}))
        found[-1].outcomes[outcome.stage] = outcome
    return found


def chosen_items(
    items: Sequence[Item], stage: str, phenomenon: str, *, failed_only: bool
) -> list[Item]:
    """The items of a filter, the failures first.

    Args:
        items: All items.
        stage: Whose failures come first, the worst margin leading; ``EVERY`` for the items that
            most stages fail.
        phenomenon: What the items turn on, or ``EVERY``.
        failed_only: Leave out what that stage passes, or what all stages pass.
    """
    stages = [one for one in STAGE_ORDER if stage in (EVERY, one)]
    kept = [
        item
        for item in items
        if phenomenon in (EVERY, item.probe.phenomenon)
        and not (failed_only and all(item.outcomes[one].passed for one in stages))
    ]
    if stage == EVERY:
        return sorted(kept, key=lambda item: -item.failures)
    return sorted(kept, key=lambda item: item.weakest(stages[0]))


def show_items(report: ProbeReport) -> None:
    """The filters, the table, and the item that is picked in it."""
    st.subheader("Item by item", divider="gray")
    items = items_of(report)
    stage, phenomenon, failed_only = _filters(items)
    chosen = chosen_items(items, stage, phenomenon, failed_only=failed_only)
    table = item_table(chosen, stage)
    picked = st.dataframe(
        table,
        hide_index=True,
        height=min(_HEIGHT_PX, _ROW_PX * (len(table) + 1) + 3),
        key="probe_items",
        on_select="rerun",
        selection_mode="single-row",
        column_config={"question": st.column_config.TextColumn(width="medium")},
        alt=f"{counted(len(table), 'item')}, the failures first",
    )
    st.html(
        f'<p class="sl-caption">{counted(len(chosen), "item")} of {len(items):,}. ✓ passes, ✗ '
        "fails, = is a tie, which fails too; behind it stands the smaller margin of the item’s "
        "questions. A click on a row shows the item’s texts and all its scores.</p>"
    )
    rows = picked["selection"]["rows"]
    if rows and rows[0] < len(chosen):
        with st.container(border=True, key="probe_item", gap="small"):
            st.html(item_html(chosen[rows[0]]))
            link_to_cells(chosen[rows[0]].probe)


def link_to_cells(probe: Probe) -> None:
    """The way to the four-cell view of an item, where it can be edited and scored anew."""
    values = {
        "query": probe.queries[0],
        "twin_question": probe.queries[-1] if probe.is_four_cell else "",
        "passage_text": probe.passages[0],
        "edited_twin": probe.passages[1],
        "control_text": probe.control,
    }
    if sum(map(len, values.values())) > _LONGEST_ADDRESS:
        return
    if reranker := st.session_state.get("reranker"):
        values["reranker"] = str(reranker)
    pages = (st.context.url or "").partition("?")[0].rpartition("/")[0]
    st.link_button(
        "Open in the four-cell view",
        f"{pages}/failures?{urlencode(values)}",
        icon=":material/compare:",
        help="In a tab beside this one, where every text can be changed. Keywords and fusion "
        "are weighed among the passages of a collection there, and of the set here.",
    )


def item_table(items: Sequence[Item], stage: str) -> pd.DataFrame:
    """One row an item; all text is safe in a cell and in a file made of the table."""
    stages = [one for one in STAGE_ORDER if stage in (EVERY, one)]
    rows = [
        {
            "item": cell_text(item.probe.id, 80),
            "phenomenon": cell_text(phenomenon_label(item.probe.phenomenon), 40),
            "kind": cell_text(item.probe.kind.replace("_", " "), 40),
            "question": cell_text(item.probe.queries[0]),
            **{STAGE_LOOKS[one].label: _mark(item, one) for one in stages},
        }
        for item in items
    ]
    heads = ["item", "phenomenon", "kind", "question"]
    return pd.DataFrame(rows, columns=[*heads, *(STAGE_LOOKS[one].label for one in stages)])


def item_html(item: Item) -> str:
    """The texts of an item, and a table of all scores and margins."""
    probe = item.probe
    texts = [
        *((f"Question {place}", text) for place, text in enumerate(probe.queries, start=1)),
        *((f"Passage {place}", text) for place, text in enumerate(probe.passages, start=1)),
    ]
    if probe.control:
        texts.append(("Control: passage 1 in other words", probe.control))
    lines = "".join(
        f'<p style="margin:.15rem 0"><b>{label}</b> · '
        f"{html_text(one_line(text, _LONGEST_TEXT))}</p>"
        for label, text in texts
    )
    if probe.is_control:
        lines += '<p class="sl-quiet">Both passages mean the same: reported, and never counted.</p>'
    return lines + _scores_html(item)


def _filters(items: Sequence[Item]) -> tuple[str, str, bool]:
    first, second, third = st.columns([6, 3, 2], vertical_alignment="bottom", gap="medium")
    stage = first.segmented_control(
        "Failures of",
        [EVERY, *STAGE_ORDER],
        format_func=lambda one: "all stages" if one == EVERY else STAGE_LOOKS[one].label,
        default=EVERY,
        key="probe_stage",
        required=True,
    )
    phenomena = [EVERY, *dict.fromkeys(item.probe.phenomenon for item in items)]
    if st.session_state.get("probe_phenomenon") not in phenomena:
        st.session_state["probe_phenomenon"] = EVERY
    phenomenon = second.selectbox(
        "Phenomenon",
        phenomena,
        format_func=lambda one: "all" if one == EVERY else phenomenon_label(one),
        key="probe_phenomenon",
    )
    failed = third.toggle("Only failures", key="probe_failed")
    return str(stage or EVERY), str(phenomenon), bool(failed)


def _mark(item: Item, stage: StageName) -> str:
    margin = item.weakest(stage)
    sign = "✓" if item.outcomes[stage].passed else "=" if margin == 0 else "✗"
    return f"{sign} {_signed(margin, stage)}"


def _signed(margin: float, stage: StageName) -> str:
    return f"{'+' if margin > 0 else ''}{show_score(margin, _UNITS[stage])}"


def _scores_html(item: Item) -> str:
    probe = item.probe
    heads = "".join(
        f"<th>Q{place}: passage 1</th><th>Q{place}: passage 2</th><th>margin {place}</th>"
        for place in range(1, len(probe.queries) + 1)
    )
    control = "<th>Q1: control</th><th>control above passage 2</th>" if probe.control else ""
    rows = "".join(_row_html(stage, outcome) for stage, outcome in item.outcomes.items())
    return (
        '<div class="sl-table-wrap"><table class="sl-table"><thead><tr><th>stage</th>'
        f"{heads}{control}<th></th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row_html(stage: StageName, outcome: Outcome) -> str:
    look = STAGE_LOOKS[stage]
    cells = "".join(
        f"<td>{show_score(row[0], _UNITS[stage])}</td><td>{show_score(row[1], _UNITS[stage])}</td>"
        f"<td><b>{_signed(margin, stage)}</b></td>"
        for row, margin in zip(outcome.scores, outcome.margins, strict=True)
    )
    if outcome.control_margin is not None:
        cells += (
            f"<td>{show_score(outcome.scores[0][2], _UNITS[stage])}</td>"
            f"<td>{_signed(outcome.control_margin, stage)}</td>"
        )
    return (
        f'<tr class="sl-stage-{stage}" data-outcome="{stage}"><td>'
        f'<span class="sl-sign" aria-hidden="true">{look.icon}</span>{look.label} '
        f'<span class="sl-quiet">{_UNITS[stage]}</span></td>{cells}'
        f"<td>{_verdict(outcome)}</td></tr>"
    )


def _verdict(outcome: Outcome) -> str:
    if outcome.passed:
        return "✓ passes"
    return "= tie, fails" if min(outcome.margins) == 0 else "✗ fails"
