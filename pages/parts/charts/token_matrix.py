"""Every question token against every passage token, the winner of each row in a frame."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.safe_text import html_text, one_line
from retrieval.explain.alignment import Alignment

_CELL_PX = 26
_WIDE_CELL_PX = 48
_FEW_TOKENS = 20
_ROW_PX = 25
_LABELS_PX = 170
_LABEL_CHARACTERS = 16
_COLOUR_KEY = {
    "orientation": "h",
    "x": 0,
    "xanchor": "left",
    "y": 0,
    "yanchor": "top",
    "ypad": 12,
    "lenmode": "pixels",
    "len": 260,
    "thickness": 10,
    "nticks": 5,
    "tickfont": {"size": 12},
    "title": {"text": "cosine", "side": "right", "font": {"size": 12}},
}
"""At the lower left, where it is seen without scrolling."""


def token_matrix(
    key: str, title: str, alignment: Alignment, place: int, scale: tuple[float, float]
) -> Chart:
    """The matrix of cosines.

    Args:
        key: Names the chart in the page.
        title: Whose matrix it is.
        alignment: The cosines.
        place: The question token that is looked at; its row is marked.
        scale: The lowest and the highest cosine of the colours, common to all matrices shown.
    """
    rows = [_label(piece.label) for piece in alignment.query]
    columns = [_label(piece.label) for piece in alignment.passage]
    figure = go.Figure(
        data=[
            _cells(alignment, rows, columns, scale),
            *_winners(alignment, [row for row in range(len(rows)) if row != place], 15, 2.0),
            *_winners(alignment, [place], 19, 3.5),
        ],
        layout=plain_layout(
            _ROW_PX * len(rows) + _LABELS_PX,
            xaxis=_axis(columns, tickangle=-60, side="top"),
            yaxis=_axis(rows, autorange="reversed"),
            shapes=[_row_frame(place, len(columns))],
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
        ),
    )
    return Chart(key, title, figure, _caption(alignment, place))


def matrix_width(alignment: Alignment) -> int:
    """Pixels that the matrix is wide: cells stay readable, and those of a short text no slabs."""
    tokens = max(len(alignment.passage), 1)
    return _LABELS_PX + tokens * (_WIDE_CELL_PX if tokens <= _FEW_TOKENS else _CELL_PX)


def common_cosines(alignments: Sequence[Alignment]) -> tuple[float, float]:
    """The lowest and the highest cosine in some matrices."""
    filled = [alignment.cosines for alignment in alignments if alignment.cosines.size]
    if not filled:
        return (0.0, 1.0)
    return (float(min(c.min() for c in filled)), float(max(c.max() for c in filled)))


def _cells(
    alignment: Alignment, rows: list[str], columns: list[str], scale: tuple[float, float]
) -> go.Heatmap:
    return go.Heatmap(
        z=[[round(float(value), 4) for value in row] for row in alignment.cosines],
        x=list(range(len(columns))),
        y=list(range(len(rows))),
        customdata=[[f"{row} × {column}" for column in columns] for row in rows],
        zmin=scale[0],
        zmax=scale[1],
        xgap=1,
        ygap=1,
        colorscale="Cividis",
        colorbar=_COLOUR_KEY,
        hovertemplate="%{customdata}: %{z:.3f}<extra></extra>",
    )


def _winners(alignment: Alignment, rows: list[int], size: int, width: float) -> list[go.Scatter]:
    """Two frames each, a light one on a dark one, to be seen on every colour."""
    winners = alignment.winners
    if not winners or not rows:
        return []
    return [
        go.Scatter(
            x=[winners[row] for row in rows],
            y=rows,
            mode="markers",
            hoverinfo="skip",
            cliponaxis=False,
            marker={"symbol": "square-open", "size": size, "color": colour, "line": {"width": w}},
        )
        for colour, w in (("#1E2030", width + 2.5), ("#FFFFFF", width))
    ]


def _row_frame(place: int, columns: int) -> dict[str, object]:
    return {
        "type": "rect",
        "x0": -0.5,
        "x1": columns - 0.5,
        "y0": place - 0.5,
        "y1": place + 0.5,
        "line": {"color": "#8672E0", "width": 2.5},
        "layer": "above",
    }


def _axis(labels: list[str], **settings: object) -> dict[str, object]:
    return {
        "tickvals": list(range(len(labels))),
        "ticktext": labels,
        "tickfont": {"size": 13},
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        **settings,
    }


def _label(label: str) -> str:
    return html_text(one_line(label, _LABEL_CHARACTERS)) or "␣"


def _caption(alignment: Alignment, place: int) -> str:
    if not alignment.cosines.size:
        return "One of the two texts has no token, so the score is 0."
    winner = alignment.passage[alignment.winners[place]].label
    return (
        f"{len(alignment.query)} question tokens by {len(alignment.passage)} passage tokens; each "
        f"row’s best cosine is framed, and their mean is the score, {alignment.total:.3f}. In the "
        f"marked row “{one_line(alignment.query[place].label, 40)}” wins "
        f"“{one_line(winner, 40)}” with {alignment.maxima[place]:.3f}."
    )
