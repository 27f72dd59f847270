"""The cost ledger: what each stage spent on this question."""

from __future__ import annotations

from itertools import accumulate

from pages.parts.charts.frame import Chart, margin, plain_layout
from pages.parts.charts.moving import Drawing
from pages.parts.looks import STAGE_LOOKS
from pages.parts.safe_text import html_text
from retrieval.settings import StageName
from retrieval.stages import STAGES
from retrieval.types import Cost, Trace
from retrieval.wording import counted

_HEIGHT_PX = 130
_COLUMNS = ("stage", "ms", "forward passes", "pairs scored", "pairs from cache")
_ELSEWHERE = ("calls", "kB sent", "tokens", "price")
"""Shown where a service was asked."""


def cost_chart(trace: Trace) -> Chart:
    """Milliseconds of each stage, end to end."""
    drawing = Drawing(
        data=[_parts(trace)],
        layout=plain_layout(
            _HEIGHT_PX,
            margin=margin(bottom=50),
            bargap=0.3,
            xaxis={
                "title": {"text": "milliseconds", "standoff": 12},
                "rangemode": "tozero",
                "fixedrange": True,
            },
            yaxis={"visible": False, "fixedrange": True},
        ),
    )
    return Chart("costs", "Cost", drawing, _caption(trace))


def cost_table_html(trace: Trace) -> str:
    """The ledger as a table: one row a stage, their sum, and the loading apart."""
    elsewhere = trace.cost.calls > 0
    rows = "".join(
        f'<tr class="sl-stage-{stage}"><td><b class="sl-sign">'
        f"{STAGE_LOOKS[stage].icon}</b> {STAGE_LOOKS[stage].label}</td>"
        f"{_cells(trace.rankings[stage].cost, elsewhere=elsewhere)}</tr>"
        for stage in _stages(trace)
    )
    columns = _COLUMNS + _ELSEWHERE * elsewhere
    empty = "<td></td>" * (len(columns) - 2)
    loading = "".join(
        f"<tr><td>loading {html_text(model)}</td><td>{ms:,.0f}</td>{empty}</tr>"
        for model, ms in trace.loading_ms.items()
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in columns)
    return (
        f'<div class="sl-table-wrap"><table class="sl-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}{loading}</tbody><tfoot><tr><td>all stages</td>"
        f"{_cells(trace.cost, elsewhere=elsewhere)}</tr>"
        "</tfoot></table></div>"
    )


def _stages(trace: Trace) -> list[StageName]:
    return [stage for stage in STAGES if stage in trace.rankings]


def _parts(trace: Trace) -> dict[str, object]:
    """One bar of pieces; each begins where the one before it ends."""
    stages = _stages(trace)
    spent = [trace.rankings[stage].cost.elapsed_ms for stage in stages]
    looks = [STAGE_LOOKS[stage] for stage in stages]
    return {
        "type": "bar",
        "x": spent,
        "base": [0.0, *accumulate(spent[:-1])],
        "y": [""] * len(stages),
        "orientation": "h",
        "marker": {
            "color": [look.colour for look in looks],
            "pattern": {"shape": [look.pattern for look in looks]},
        },
        "hovertext": [f"{look.label}: {ms:,.1f} ms" for look, ms in zip(looks, spent, strict=True)],
        "hoverinfo": "text",
    }


def _cells(cost: Cost, *, elsewhere: bool) -> str:
    values = [f"{cost.elapsed_ms:,.1f}", cost.forward_passes, cost.pairs_scored, cost.pairs_cached]
    if elsewhere:
        sent = f"{cost.bytes_sent / 1000:,.1f}" if cost.calls else "–"
        price = f"{cost.price:.4f}" if cost.price else "–"
        values += [cost.calls, sent, f"{cost.tokens:,}" if cost.tokens else "–", price]
    return "".join(f"<td>{value}</td>" for value in values)


def _caption(trace: Trace) -> str:
    total = trace.cost
    stages = _stages(trace)
    dearest = max(stages, key=lambda stage: trace.rankings[stage].cost.elapsed_ms)
    cost = trace.rankings[dearest].cost
    share = 100 * cost.elapsed_ms / total.elapsed_ms if total.elapsed_ms else 0
    return (
        f"{STAGE_LOOKS[dearest].label} took {cost.elapsed_ms:,.0f} of {total.elapsed_ms:,.0f} ms "
        f"({share:.0f} %); all stages together scored "
        f"{counted(total.pairs_scored, 'pair')} in "
        f"{counted(total.forward_passes, 'forward pass', 'forward passes')}, and "
        f"{counted(total.pairs_cached, 'pair')} came from the cache.{_called(total)}"
    )


def _called(total: Cost) -> str:
    """What was sent elsewhere, if anything was."""
    if not total.calls:
        return ""
    return f" {counted(total.calls, 'call')} sent {total.bytes_sent / 1000:,.1f} kB elsewhere."
