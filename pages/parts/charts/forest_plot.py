"""Systems side by side: each mean as a point on its 95 % interval."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.looks import ANSWER_COLOUR, STAGE_LOOKS
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.significance import Interval
from retrieval.wording import counted

_ROW_PX = 38
_FOOT_PX = 62
_LONGEST_NAME = 26


def forest_plot(means: Mapping[str, Interval], measure: str) -> Chart:
    """One row a system, the first on top."""
    names = [html_text(one_line(name, _LONGEST_NAME)) for name in means]
    looks = {str(stage): look for stage, look in STAGE_LOOKS.items()}
    colours = [looks[name].colour if name in looks else ANSWER_COLOUR for name in means]
    symbols = [looks[name].symbol if name in looks else "circle-open" for name in means]
    found = list(means.values())
    figure = go.Figure(
        data=[_row(place, one, colours[place], symbols[place]) for place, one in enumerate(found)],
        layout=plain_layout(
            _FOOT_PX + _ROW_PX * len(found),
            xaxis={
                "range": [-0.02, 1.02],
                "title": {"text": measure, "standoff": 6},
                "fixedrange": True,
                "zeroline": False,
            },
            yaxis={
                "range": [len(found) - 0.5, -0.5],
                "tickvals": list(range(len(found))),
                "ticktext": names,
                "fixedrange": True,
                "automargin": True,
                "zeroline": False,
            },
        ),
    )
    best = max(means, key=lambda name: means[name].mean)
    least = min(means, key=lambda name: means[name].mean)
    ends = f"{best} is highest with {_figures(means[best])}, {least} lowest with "
    ends += _figures(means[least])
    if f"{means[best].mean:.3f}" == f"{means[least].mean:.3f}":
        ends = f"All have {means[best].mean:.3f}"
    over = counted(found[0].n, "question")
    caption = f"{ends}; a bar is the 95 % bootstrap interval over {over}."
    return Chart("forest", f"{measure} by system", figure, caption)


def _row(place: int, found: Interval, colour: str, symbol: str) -> go.Scatter:
    return go.Scatter(
        x=[found.mean],
        y=[place],
        mode="markers",
        marker={"color": colour, "size": 13, "symbol": symbol, "line": {"width": 2}},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [found.high - found.mean],
            "arrayminus": [found.mean - found.low],
            "color": colour,
            "thickness": 4,
            "width": 0,
        },
        hovertemplate=f"{_figures(found)}<extra></extra>",
    )


def _figures(found: Interval) -> str:
    return f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"
