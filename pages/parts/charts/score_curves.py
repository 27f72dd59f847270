"""Score against rank: how sharply each stage tells its first hits from the rest."""

from __future__ import annotations

from typing import NamedTuple

from pages.parts.charts.frame import Chart, margin, plain_layout
from pages.parts.charts.moving import Drawing
from pages.parts.looks import ANSWER_COLOUR, STAGE_LOOKS, show_score
from pages.parts.safe_text import html_text
from retrieval.settings import StageName
from retrieval.types import Ranking, Trace

_HEIGHT_PX = 270
_GAP = 0.045


def score_curves(trace: Trace, answer: str | None) -> Chart:
    """One panel a stage, each in its own unit."""
    stages = [stage for stage in trace.settings.shown if stage in trace.rankings]
    width = (1 - _GAP * (len(stages) - 1)) / max(len(stages), 1)
    panels = [
        _Panel(trace.rankings[stage], number, number * (width + _GAP), width)
        for number, stage in enumerate(stages)
    ]
    # In one piece: to add traces one by one takes plotly ten times as long, at every slider move.
    drawing = Drawing(
        data=[curve for panel in panels for curve in panel.curves(answer)],
        layout=plain_layout(
            _HEIGHT_PX,
            margin=margin(left=44, top=30, bottom=48),
            annotations=[panel.title for panel in panels],
            **{name: axis for panel in panels for name, axis in panel.axes.items()},
        ),
    )
    return Chart("scores", "Score by rank", drawing, _caption(trace, stages))


class _Panel(NamedTuple):
    """One stage's part of the picture: its place, from left, and its width, both shares of 1."""

    ranking: Ranking
    number: int
    left: float
    width: float

    @property
    def suffix(self) -> str:
        """What plotly adds to the names of a panel's axes; nothing for the first."""
        return "" if self.number == 0 else str(self.number + 1)

    @property
    def axes(self) -> dict[str, dict[str, object]]:
        """Ranks from left to right, scores upwards."""
        span = [self.left, min(self.left + self.width, 1.0)]
        return {
            f"xaxis{self.suffix}": {
                "domain": span,
                "anchor": f"y{self.suffix}",
                "title": {"text": "rank"},
            },
            f"yaxis{self.suffix}": {"anchor": f"x{self.suffix}", "nticks": 5, "zeroline": False},
        }

    @property
    def title(self) -> dict[str, object]:
        """The stage and its unit, above the panel."""
        look = STAGE_LOOKS[self.ranking.stage]
        return {
            "x": self.left,
            "y": 1.0,
            "xref": "paper",
            "yref": "paper",
            "text": f"{look.icon} {look.label} · {html_text(self.ranking.unit)}",
            "showarrow": False,
            "xanchor": "left",
            "yanchor": "bottom",
            "font": {"size": 14},
        }

    def curves(self, answer: str | None) -> list[dict[str, object]]:
        """The scores as a line, with a mark on the answer where the stage returned it."""
        look = STAGE_LOOKS[self.ranking.stage]
        axes = {"type": "scatter", "xaxis": f"x{self.suffix}", "yaxis": f"y{self.suffix}"}
        unit = html_text(self.ranking.unit)
        line: dict[str, object] = {
            "x": [hit.rank for hit in self.ranking.hits],
            "y": [hit.score for hit in self.ranking.hits],
            "mode": "lines",
            "line": {"color": look.colour, "width": 2.5, "dash": look.dash},
            "hovertemplate": f"{look.label} %{{x}}: %{{y:.4g}} {unit}<extra></extra>",
            **axes,
        }
        marked = self.ranking.find(answer) if answer else None
        if marked is None:
            return [line]
        mark: dict[str, object] = {
            "x": [marked.rank],
            "y": [marked.score],
            "mode": "markers",
            "marker": {"color": ANSWER_COLOUR, "size": 14, "symbol": look.symbol},
            "hovertemplate": "the answer: %{x}<extra></extra>",
            **axes,
        }
        return [line, mark]


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
