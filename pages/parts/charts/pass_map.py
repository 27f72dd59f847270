"""Pairwise accuracy by stage and by what the items turn on, as a map and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.looks import STAGE_LOOKS
from pages.parts.safe_text import html_text, one_line
from retrieval.contrast.pairwise import CHANCE, ProbeReport, Tally
from retrieval.contrast.phenomena import PHENOMENA
from retrieval.settings import STAGE_ORDER, StageName
from retrieval.wording import counted

MOST_ROWS = 40
"""Rows of the picture; the table below has all."""
_ROW_PX = 44
_HEAD_PX = 64
_LONGEST_LABEL = 34
_MEASURE_LABELS = {"accuracy": "All with four cells", "preference": "All with one question"}


@dataclass(frozen=True, slots=True)
class MapRow:
    """One row of the map.

    Attributes:
        label: What the items of the row have in common.
        chance: The share that scores drawn by chance would pass.
        tallies: What each stage passes.
    """

    label: str
    chance: float
    tallies: Mapping[StageName, Tally]


def map_rows(report: ProbeReport, *, by_kind: bool = False) -> list[MapRow]:
    """All items, and then each phenomenon or each way in which it is worded."""
    rows = [
        MapRow(_MEASURE_LABELS[measure], chance, found)
        for measure, chance in CHANCE.items()
        if (found := report.tallies(measure))
    ]
    kinds = report.by_kind if by_kind else {}
    for name, found in report.by_phenomenon.items():
        chance = CHANCE["accuracy" if report.tallies("accuracy", name) else "preference"]
        rows.append(MapRow(phenomenon_label(name), chance, found))
        rows += [
            MapRow(f"– {wording.replace('_', ' ')}", chance, inside)
            for wording, inside in kinds.get(name, {}).items()
        ]
    return rows


def phenomenon_label(name: str) -> str:
    """What a person reads for a phenomenon; one that a file made up is called as it is there."""
    known = PHENOMENA.get(name)
    return known.label if known else one_line(name, _LONGEST_LABEL)


def pass_map(rows: Sequence[MapRow]) -> Chart:
    """The map: a cell says the share in percent, and its interval."""
    shown = list(rows[:MOST_ROWS])
    figure = go.Figure(
        data=go.Heatmap(
            z=[[_share(row, stage) for stage in STAGE_ORDER] for row in shown],
            x=[STAGE_LOOKS[stage].label for stage in STAGE_ORDER],
            y=list(range(len(shown))),
            text=[[_cell(row.tallies.get(stage)) for stage in STAGE_ORDER] for row in shown],
            texttemplate="%{text}",
            customdata=[[_hover(row, stage) for stage in STAGE_ORDER] for row in shown],
            hovertemplate="%{customdata}<extra></extra>",
            colorscale="Cividis",
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
        ),
        layout=plain_layout(
            _HEAD_PX + _ROW_PX * len(shown),
            xaxis={
                "side": "top",
                "tickangle": 0,
                "tickfont": {"size": 13},
                "fixedrange": True,
                "showgrid": False,
            },
            yaxis={
                "tickvals": list(range(len(shown))),
                "ticktext": [_label(row) for row in shown],
                "tickfont": {"size": 13},
                "autorange": "reversed",
                "fixedrange": True,
                "showgrid": False,
                "automargin": True,
            },
        ),
    )
    return Chart("pass_map", "Pairwise accuracy by stage", figure, _caption(rows))


def pass_table_html(rows: Sequence[MapRow]) -> str:
    """The same numbers as a table, with how many items of how many."""
    heads = "".join(f"<th>{STAGE_LOOKS[stage].label}</th>" for stage in STAGE_ORDER)
    body = "".join(
        f"<tr><td>{html_text(row.label)}</td><td>{_items(row)}</td><td>{row.chance:.0%}</td>"
        + "".join(f"<td>{_table_cell(row.tallies.get(stage))}</td>" for stage in STAGE_ORDER)
        + "</tr>"
        for row in rows
    )
    return (
        '<div class="sl-table-wrap"><table class="sl-table"><thead><tr><th>items</th><th>n</th>'
        f"<th>chance</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def percent(tally: Tally) -> str:
    """A share and its interval: ``61 % (55–66 %)``."""
    return f"{tally.share:.0%} ({_span(tally)})".replace("%", " %")


def _span(tally: Tally) -> str:
    return f"{100 * tally.low:.0f}–{tally.high:.0%}"


def _items(row: MapRow) -> int:
    return max((tally.n for tally in row.tallies.values()), default=0)


def _share(row: MapRow, stage: StageName) -> float | None:
    tally = row.tallies.get(stage)
    return tally.share if tally else None


def _label(row: MapRow) -> str:
    return f"{html_text(row.label)}<br>{_small(row)}"


def _small(row: MapRow) -> str:
    return f'<span style="font-size:11px">n {_items(row)}, chance {row.chance:.0%}</span>'


def _cell(tally: Tally | None) -> str:
    if tally is None:
        return ""
    return f"<b>{tally.share:.0%}</b><br>{100 * tally.low:.0f}–{100 * tally.high:.0f}"


def _hover(row: MapRow, stage: StageName) -> str:
    tally = row.tallies.get(stage)
    if tally is None:
        return ""
    return (
        f"{STAGE_LOOKS[stage].label}, {html_text(row.label)}<br>{tally.passed} of {tally.n} pass: "
        f"{percent(tally)}, chance {row.chance:.0%}"
    )


def _table_cell(tally: Tally | None) -> str:
    return "–" if tally is None else f"{tally.passed} · {percent(tally)}"


def _caption(rows: Sequence[MapRow]) -> str:
    sentences = []
    for row in rows:
        if row.label not in _MEASURE_LABELS.values() or not row.tallies:
            continue
        best = max(row.tallies, key=lambda stage: row.tallies[stage].share)
        worst = min(row.tallies, key=lambda stage: row.tallies[stage].share)
        shape = "four cells" if row.label == _MEASURE_LABELS["accuracy"] else "one question"
        sentences.append(
            f"Of {counted(_items(row), 'item')} with {shape}, "
            f"{STAGE_LOOKS[best].label} passes {percent(row.tallies[best])} and "
            f"{STAGE_LOOKS[worst].label} {percent(row.tallies[worst])}; chance is "
            f"{100 * row.chance:.0f} %."
        )
    sentences.append("In brackets and in the second line of a cell: the 95 % interval.")
    if len(rows) > MOST_ROWS:
        sentences.append(f"The first {MOST_ROWS} of {len(rows)} rows; the table has all.")
    return " ".join(sentences)
