"""Score against rank: how sharply each stage tells its first hits from the rest."""

from __future__ import annotations

import plotly.graph_objects as go

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.looks import ANSWER_COLOUR, STAGE_LOOKS, show_score
from pages.parts.safe_text import html_text
from retrieval.settings import STAGE_ORDER, StageName
from retrieval.types import Ranking, Trace

_HEIGHT_PX = 270
_GAP = 0.045


def score_curves(trace: Trace, answer: str | None) -> Chart:
    """One panel a stage, each in its own unit."""
    stages = [s for s in STAGE_ORDER if s in trace.rankings and s in trace.settings.stages]
    figure = go.Figure(layout=plain_layout(_HEIGHT_PX, margin={"l": 8, "r": 8, "t": 30, "b": 8}))
    width = (1 - _GAP * (len(stages) - 1)) / len(stages)
    for panel, stage in enumerate(stages, start=1):
        left = (panel - 1) * (width + _GAP)
        _add_panel(figure, trace.rankings[stage], panel, (left, left + width), answer)
    caption = _caption(trace, stages)
    return Chart("scores", "Score by rank", figure, caption)


def _add_panel(
    figure: go.Figure, ranking: Ranking, panel: int, span: tuple[float, float], answer: str | None
) -> None:
    look = STAGE_LOOKS[ranking.stage]
    suffix = "" if panel == 1 else str(panel)
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
    figure.add_scatter(
        x=[hit.rank for hit in ranking.hits],
        y=[hit.score for hit in ranking.hits],
        mode="lines",
        line={"color": look.colour, "width": 2.5},
        hovertemplate=f"{look.label} %{{x}}: %{{y:.4g}} {html_text(ranking.unit)}<extra></extra>",
        **axes,
    )
    marked = ranking.find(answer) if answer else None
    if marked:
        figure.add_scatter(
            x=[marked.rank],
            y=[marked.score],
            mode="markers",
            marker={"color": ANSWER_COLOUR, "size": 14, "symbol": look.symbol},
            hovertemplate="the answer: %{x}<extra></extra>",
            **axes,
        )
    figure.update_layout(
        {
            f"xaxis{suffix}": {"domain": list(span), "anchor": f"y{suffix}", "title": "rank"},
            f"yaxis{suffix}": {"anchor": f"x{suffix}", "nticks": 5, "zeroline": False},
        }
    )
    figure.add_annotation(
        x=span[0],
        y=1.0,
        xref="paper",
        yref="paper",
        text=f"{look.icon} {look.label} · {html_text(ranking.unit)}",
        showarrow=False,
        xanchor="left",
        yanchor="bottom",
        font={"size": 14},
    )


def _caption(trace: Trace, stages: list[StageName]) -> str:
    falls = []
    for stage in stages:
        ranking = trace.rankings[stage]
        hits = ranking.hits[: trace.settings.top]
        if hits:
            first, last = (show_score(hit.score, ranking.unit) for hit in (hits[0], hits[-1]))
            falls.append(f"{ranking.unit} {first} to {last}")
    if not falls:
        return "No stage returned anything."
    return f"From the first to the last result shown, the scores fall: {'; '.join(falls)}."
