"""Milliseconds a question for each way to answer it, from the dearest to the cheapest."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.looks import QUIET_COLOUR, STAGE_LOOKS
from retrieval.evaluation.amounts import time_text
from retrieval.evaluation.cost import Estimate

_HEIGHT_PX = 270
_UNITS = (
    (0.001, "1 µs"),
    (1, "1 ms"),
    (1000, "1 s"),
    (60_000, "1 min"),
    (3_600_000, "1 h"),
    (86_400_000, "1 day"),
    (30 * 86_400_000, "30 days"),
    (365 * 86_400_000, "1 year"),
    (100 * 365 * 86_400_000, "100 years"),
)
_COLOURS = (
    STAGE_LOOKS["rerank"].colour,
    STAGE_LOOKS["hybrid"].colour,
    STAGE_LOOKS["dense"].colour,
)


def scale_bars(found: Estimate) -> Chart:
    """A bar for each way on a scale of powers of ten, with the latency limit across."""
    limit = found.corpus.latency
    ends = [way.question_ms.high for way in found.ways]
    low = min(*(way.question_ms.low for way in found.ways), limit) / 3
    high = max(*ends, limit) * 30
    figure = go.Figure(
        data=[
            go.Bar(
                x=ends,
                y=list(range(len(ends))),
                orientation="h",
                marker={"color": list(_COLOURS)},
                text=[time_text(way.question_ms) for way in found.ways],
                textposition="outside",
                cliponaxis=False,
                hoverinfo="skip",
            )
        ],
        layout=plain_layout(
            _HEIGHT_PX,
            bargap=0.35,
            xaxis={
                "type": "log",
                "range": [math.log10(low), math.log10(high)],
                "tickvals": [value for value, _ in _UNITS if low <= value <= high],
                "ticktext": [name for value, name in _UNITS if low <= value <= high],
                "fixedrange": True,
            },
            yaxis={
                "range": [len(ends) - 0.5, -0.5],
                "tickvals": list(range(len(ends))),
                "ticktext": [way.name for way in found.ways],
                "fixedrange": True,
                "automargin": True,
                "showgrid": False,
            },
            annotations=[
                {
                    "x": math.log10(limit),
                    "y": 1,
                    "yref": "paper",
                    "yanchor": "bottom",
                    "text": f"limit {limit:,.0f} ms",
                    "showarrow": False,
                }
            ],
            margin={"l": 8, "r": 8, "t": 28, "b": 8},
            shapes=[
                {
                    "type": "line",
                    "xref": "x",
                    "yref": "paper",
                    "x0": limit,
                    "x1": limit,
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": QUIET_COLOUR, "width": 2, "dash": "dash"},
                }
            ],
        ),
    )
    return Chart("scale", "Time a question, by powers of ten", figure, _caption(found))


def _caption(found: Estimate) -> str:
    everything, two, one = (time_text(way.question_ms) for way in found.ways)
    within = [way.name for way in found.ways if way.within]
    keep = f"{' and '.join(within)} keep to it" if within else "none keeps to it"
    if len(within) == 1:
        keep = f"{within[0]} keeps to it"
    return (
        f"Over {found.corpus.chunks:,} passages a question takes {everything} if the reranker "
        f"reads all, {two} if it reads {found.two_stages.pairs}, and {one} without it; of the "
        f"limit of {found.corpus.latency:,.0f} ms (dashed), {keep}."
    )
