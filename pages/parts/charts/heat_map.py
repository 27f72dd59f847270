"""A measure over N and one fusion parameter, as a map with the best cell and the present one."""

from __future__ import annotations

import math

from pages.parts.charts.frame import Chart, candidates_axis, candidates_share, margin, plain_layout
from pages.parts.charts.moving import Drawing
from pages.parts.looks import STAGE_LOOKS
from retrieval.evaluation.heat import HeatMap
from retrieval.settings import DEPTH, SearchSettings

_HEIGHT_PX = 380
_RING_PX = 8
_LABELS = {"alpha": "alpha", "rrf_k": "k"}
_TITLES = {"alpha": "alpha × N (weighted sum)", "rrf_k": "k × N (reciprocal ranks)"}
_MOST_TICKS = 11


def heat_chart(heat: HeatMap, asked: SearchSettings) -> Chart:
    """The map, with a ring where the sliders stand and a star on the best cell."""
    label = _LABELS[heat.parameter]
    value, n, _ = heat.best
    rows = list(range(len(heat.values)))
    drawing = Drawing(
        data=[
            {
                "type": "heatmap",
                "z": [list(row) for row in heat.cells],
                "x": list(range(1, DEPTH + 1)),
                "y": rows,
                "customdata": [[show_value(heat, one)] * DEPTH for one in heat.values],
                "colorscale": "Cividis",
                "colorbar": {"thickness": 10, "tickfont": {"size": 12}, "nticks": 6},
                "hovertemplate": (
                    f"{label} %{{customdata}}, N %{{x}}: {heat.measure} %{{z:.3f}}<extra></extra>"
                ),
            },
            _best(n, heat.values.index(value)),
        ],
        layout=plain_layout(
            _HEIGHT_PX,
            margin=margin(left=58, bottom=46),
            xaxis={**candidates_axis(), "showgrid": False},
            yaxis={
                "title": {"text": label},
                "tickvals": rows[:: _stride(heat)],
                "ticktext": [show_value(heat, one) for one in heat.values[:: _stride(heat)]],
                "fixedrange": True,
                "range": [-0.5, len(rows) - 0.5],
                "showgrid": False,
                "zeroline": False,
            },
            **_here(heat, asked),
        ),
    )
    return Chart(f"heat_{heat.parameter}", _TITLES[heat.parameter], drawing, _caption(heat, asked))


def show_value(heat: HeatMap, value: float) -> str:
    """A value of the parameter as its slider shows it."""
    return f"{value:.2f}" if heat.parameter == "alpha" else f"{value:.0f}"


def _stride(heat: HeatMap) -> int:
    return 1 + (len(heat.values) - 1) // _MOST_TICKS


def _present(heat: HeatMap, asked: SearchSettings) -> float | None:
    """The row where the sliders stand; None if they fuse by the other rule."""
    if (asked.fusion == "weighted") != (heat.parameter == "alpha"):
        return None
    return heat.nearest(asked.alpha if heat.parameter == "alpha" else asked.rrf_k)


def _here(heat: HeatMap, asked: SearchSettings) -> dict[str, object]:
    """Two rings, a light one on a dark one, to be seen on every colour of the map.

    They are shapes, because a moved shape leaves the cells as they are drawn.
    """
    present = _present(heat, asked)
    if present is None:
        return {}
    n, row = asked.candidates, heat.values.index(present)
    words = {
        "x": math.log10(n),
        "y": row,
        "text": " ",
        "width": 2 * _RING_PX,
        "height": 2 * _RING_PX,
        "showarrow": False,
        "hovertext": "you are here",
    }
    rings = [_ring(n, row, colour, width) for colour, width in (("#1E2030", 7), ("#FFFFFF", 3))]
    return {"shapes": rings, "annotations": [words]}


def _ring(n: int, row: int, colour: str, width: float) -> dict[str, object]:
    return {
        "type": "circle",
        "xref": "paper",  # on an axis of logarithms plotly draws pixels too narrow
        "xsizemode": "pixel",
        "ysizemode": "pixel",
        "xanchor": candidates_share(n),
        "yanchor": row,
        "x0": -_RING_PX,
        "x1": _RING_PX,
        "y0": -_RING_PX,
        "y1": _RING_PX,
        "line": {"color": colour, "width": width},
    }


def _best(n: int, row: int) -> dict[str, object]:
    look = STAGE_LOOKS["rerank"]
    return {
        "type": "scatter",
        "x": [n],
        "y": [row],
        "mode": "markers",
        "cliponaxis": False,
        "marker": {
            "symbol": look.symbol,
            "size": 17,
            "color": look.colour,
            "line": {"width": 1.5, "color": "#FFFFFF"},
        },
        "hovertemplate": "best<extra></extra>",
    }


def _caption(heat: HeatMap, asked: SearchSettings) -> str:
    label = _LABELS[heat.parameter]
    value, n, best = heat.best
    lowest = min(min(row) for row in heat.cells)
    sentence = (
        f"The best {heat.measure} is {best:.3f}, at {label} {show_value(heat, value)} with {n} "
        f"candidates (star); the lowest is {lowest:.3f}."
    )
    present = _present(heat, asked)
    if present is None:
        return f"{sentence} The sliders fuse by the other rule, so they stand nowhere on this map."
    here = heat.cells[heat.values.index(present)][asked.candidates - 1]
    return (
        f"{sentence} Where the sliders stand (ring, row {show_value(heat, present)}, "
        f"{asked.candidates} candidates) it is {here:.3f}."
    )
