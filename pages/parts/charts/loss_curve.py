"""A training as it goes: the loss over what is learned from, and over what says when to end."""

from __future__ import annotations

import plotly.graph_objects as go

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.looks import ANSWER_COLOUR, QUIET_COLOUR
from retrieval.wording import counted

_HEIGHT_PX = 280
Curve = tuple[tuple[int, float], ...]
"""(pairs read, mean loss of a group) over time."""


def loss_curve(losses: Curve, checks: Curve, best: int | None = None) -> Chart:
    """Both curves over the pairs that were read.

    Args:
        losses: Over what is learned from, old lessons included.
        checks: Over questions that are not learned from.
        best: Where the second was lowest, once it is over.
    """
    lowest = min(checks, key=lambda one: one[1]) if checks else None
    marked = [one for one in checks if one[0] == best] if best is not None else []
    figure = go.Figure(
        data=[
            _line("learned from", losses, {"color": QUIET_COLOUR, "width": 1.6}, "lines"),
            _line(
                "not learned from", checks, {"color": ANSWER_COLOUR, "width": 3}, "lines+markers"
            ),
            go.Scatter(
                x=[one[0] for one in marked],
                y=[one[1] for one in marked],
                name="kept",
                mode="markers",
                marker={"color": ANSWER_COLOUR, "size": 16, "symbol": "circle-open"},
                hoverinfo="skip",
                showlegend=bool(marked),
            ),
        ],
        layout=plain_layout(
            _HEIGHT_PX,
            showlegend=True,
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            xaxis={"title": {"text": "pairs read"}, "rangemode": "tozero", "fixedrange": True},
            yaxis={"title": {"text": "loss"}, "rangemode": "tozero", "fixedrange": True},
        ),
    )
    return Chart("loss_curve", "Loss by pairs read", figure, _caption(losses, checks, lowest, best))


def _line(name: str, curve: Curve, line: dict[str, object], mode: str) -> go.Scatter:
    return go.Scatter(
        x=[pairs for pairs, _ in curve],
        y=[loss for _, loss in curve],
        name=name,
        mode=mode,
        line=line,
        hovertemplate="%{x:,} pairs: %{y:.3f}<extra></extra>",
    )


def _caption(
    losses: Curve, checks: Curve, lowest: tuple[int, float] | None, best: int | None
) -> str:
    if not losses:
        return "Nothing has been read yet; the first point comes with the first step."
    said = (
        f"After {counted(losses[-1][0], 'pair')} the loss over what is learned from is "
        f"{losses[-1][1]:.3f}, from {losses[0][1]:.3f} at first."
    )
    if lowest is None:
        return said
    said += f" On questions that are not learned from it began at {checks[0][1]:.3f}"
    if best == 0:
        return f"{said} and never fell below that, so nothing is kept."
    kept = "; those weights are kept" if best is not None else ""
    return f"{said} and was lowest, {lowest[1]:.3f}, after {lowest[0]:,} pairs{kept}."
