"""The cost ledger: what each stage spent on this question."""

from __future__ import annotations

import plotly.graph_objects as go

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.looks import STAGE_LOOKS
from pages.parts.safe_text import html_text
from retrieval.settings import STAGE_ORDER, StageName
from retrieval.types import Cost, Trace

_HEIGHT_PX = 130
_COLUMNS = ("stage", "ms", "forward passes", "pairs scored", "pairs from cache")


def cost_chart(trace: Trace) -> Chart:
    """Milliseconds of each stage, end to end."""
    figure = go.Figure(
        data=[_part(stage, trace.rankings[stage].cost) for stage in _stages(trace)],
        layout=plain_layout(
            _HEIGHT_PX,
            barmode="stack",
            bargap=0.3,
            xaxis={
                "title": {"text": "milliseconds", "standoff": 12},
                "rangemode": "tozero",
                "fixedrange": True,
            },
            yaxis={"visible": False, "fixedrange": True},
        ),
    )
    return Chart("costs", "Cost", figure, _caption(trace))


def cost_table_html(trace: Trace) -> str:
    """The ledger as a table: one row a stage, their sum, and the loading apart."""
    rows = "".join(
        f'<tr class="sl-stage-{stage}"><td><b class="sl-sign">'
        f"{STAGE_LOOKS[stage].icon}</b> {STAGE_LOOKS[stage].label}</td>"
        f"{_cells(trace.rankings[stage].cost)}</tr>"
        for stage in _stages(trace)
    )
    loading = "".join(
        f"<tr><td>loading {html_text(model)}</td><td>{ms:,.0f}</td><td></td><td></td><td></td></tr>"
        for model, ms in trace.loading_ms.items()
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    return (
        f'<div class="sl-table-wrap"><table class="sl-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}{loading}</tbody><tfoot><tr><td>all stages</td>{_cells(trace.cost)}</tr>"
        "</tfoot></table></div>"
    )


def _stages(trace: Trace) -> list[StageName]:
    return [stage for stage in STAGE_ORDER if stage in trace.rankings]


def _part(stage: StageName, cost: Cost) -> go.Bar:
    look = STAGE_LOOKS[stage]
    return go.Bar(
        x=[cost.elapsed_ms],
        y=[""],
        orientation="h",
        marker={"color": look.colour},
        hovertemplate=f"{look.label}: %{{x:,.1f}} ms<extra></extra>",
    )


def _cells(cost: Cost) -> str:
    values = (f"{cost.elapsed_ms:,.1f}", cost.forward_passes, cost.pairs_scored, cost.pairs_cached)
    return "".join(f"<td>{value}</td>" for value in values)


def _caption(trace: Trace) -> str:
    total = trace.cost
    stages = _stages(trace)
    dearest = max(stages, key=lambda stage: trace.rankings[stage].cost.elapsed_ms)
    cost = trace.rankings[dearest].cost
    share = 100 * cost.elapsed_ms / total.elapsed_ms if total.elapsed_ms else 0
    return (
        f"{STAGE_LOOKS[dearest].label} took {cost.elapsed_ms:,.0f} of {total.elapsed_ms:,.0f} ms "
        f"({share:.0f} %); all stages together scored {total.pairs_scored:,} pairs in "
        f"{total.forward_passes:,} forward passes, and {total.pairs_cached:,} pairs came from "
        "the cache."
    )
