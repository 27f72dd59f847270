"""The rank of the answer against alpha or k: steps, with a mark wherever it changes places."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pages.parts.charts.frame import Chart, margin, plain_layout
from pages.parts.charts.moving import Drawing
from pages.parts.looks import ANSWER_COLOUR, QUIET_COLOUR, STAGE_LOOKS
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.paths import Break, RankPath
from retrieval.settings import PARAMETERS
from retrieval.types import Chunk

_HEIGHT_PX = 300
_TITLE_CHARACTERS = 48
_MOST_NAMED = 3
_LABELS = {"alpha": "alpha", "rrf_k": "k"}


@dataclass(frozen=True, slots=True)
class Turning:
    """A path with the place where the slider stands.

    Attributes:
        path: The answer's rank over the parameter.
        value: The parameter now.
        rank: The answer's rank there, ties included.
        chunks: The passages by id, for their titles.
    """

    path: RankPath
    value: float
    rank: int
    chunks: Mapping[str, Chunk]

    @property
    def label(self) -> str:
        """What the parameter is called in a sentence."""
        return _LABELS[self.path.parameter]

    def show(self, value: float) -> str:
        """A value of the parameter, with as many decimals as it deserves."""
        return f"{value:.3f}" if self.path.parameter == "alpha" else f"{value:.0f}"

    def happening(self, found: Break) -> str:
        """Who changes places at a break, in words."""
        parts = []
        if found.overtaken_by:
            verb = "overtakes" if len(found.overtaken_by) == 1 else "overtake"
            parts.append(f"{self._names(found.overtaken_by)} {verb} the answer")
        if found.overtakes:
            parts.append(f"the answer overtakes {self._names(found.overtakes)}")
        return "; ".join(parts)

    def _names(self, chunk_ids: tuple[str, ...]) -> str:
        names = [f"“{_title(self.chunks[one])}”" for one in chunk_ids[:_MOST_NAMED]]
        more = len(chunk_ids) - len(names)
        return ", ".join(names) + (f" and {more} more" if more else "")


def fusion_path(turning: Turning) -> Chart:
    """The chart of one parameter."""
    path, parameter = turning.path, PARAMETERS[turning.path.parameter]
    drawing = Drawing(
        data=[_steps(turning), _breaks(turning), _here(turning)],
        layout=plain_layout(
            _HEIGHT_PX,
            margin=margin(left=56, right=16, bottom=46),
            xaxis={
                "title": {"text": parameter.label, "standoff": 6},
                "fixedrange": True,
                "zeroline": False,
                **_value_axis(path),
            },
            yaxis={
                "title": {"text": "rank of the answer"},
                "range": _rank_range(path),
                "fixedrange": True,
                "zeroline": False,
                "nticks": 7,
                "tickformat": "d",
            },
        ),
    )
    title = "The answer’s hybrid rank by alpha (weighted sum)"
    if path.parameter == "rrf_k":
        title = "The answer’s hybrid rank by k (reciprocal ranks)"
    return Chart(f"path_{path.parameter}", title, drawing, _caption(turning))


def _value_axis(path: RankPath) -> dict[str, object]:
    """Alpha in equal steps; k by its logarithm, because small values do most."""
    bounds = PARAMETERS[path.parameter]
    if path.parameter == "alpha":
        return {"range": [bounds.minimum, bounds.maximum]}
    ends = [math.log10(bounds.minimum), math.log10(bounds.maximum)]
    return {"type": "log", "range": ends, "tickvals": [1, 2, 5, 10, 20, 60, 200, 500]}


def _rank_range(path: RankPath) -> list[float]:
    """Rank 1 on top, with some room, and never less than a few ranks."""
    low, high = path.best.rank, max(path.worst.rank, path.best.rank + 4)
    room = 0.08 * (high - low)
    return [high + room, low - room]


def _steps(turning: Turning) -> dict[str, object]:
    x, y = [], []
    for step in turning.path.steps:
        x += [step.start, step.end]
        y += [step.rank, step.rank]
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": STAGE_LOOKS["hybrid"].colour, "width": 3, "shape": "hv"},
        "hovertemplate": f"{turning.label} %{{x:.3~f}}: number %{{y}}<extra></extra>",
    }


def _breaks(turning: Turning) -> dict[str, object]:
    breaks = turning.path.breaks
    return {
        "type": "scatter",
        "x": [found.at for found in breaks],
        "y": [found.after for found in breaks],
        "mode": "markers",
        "marker": {
            "symbol": STAGE_LOOKS["hybrid"].symbol,
            "size": 8,
            "color": QUIET_COLOUR,
            "line": {"width": 1, "color": STAGE_LOOKS["hybrid"].colour},
        },
        "hovertext": [
            f"{turning.label} {turning.show(found.at)}: {html_text(turning.happening(found))}"
            f"<br>from number {found.before} to {found.after}"
            for found in breaks
        ],
        "hoverinfo": "text",
    }


def _here(turning: Turning) -> dict[str, object]:
    return {
        "type": "scatter",
        "x": [turning.value],
        "y": [turning.rank],
        "mode": "markers",
        "marker": {"symbol": "circle", "size": 15, "color": ANSWER_COLOUR},
        "hovertemplate": (
            f"you are here: {turning.label} {turning.show(turning.value)}, number %{{y}}"
            "<extra></extra>"
        ),
    }


def _caption(turning: Turning) -> str:
    path = turning.path
    here = f"At {turning.label} {turning.show(turning.value)} the answer is number {turning.rank}"
    if not path.breaks:
        return f"{here}, and so it is at every {turning.label}."
    nearest = min(path.breaks, key=lambda found: abs(found.at - turning.value))
    best = path.best
    return (
        f"{here}; its best is number {best.rank}, from {turning.show(best.start)} to "
        f"{turning.show(best.end)}. Of {len(path.breaks)} break points the nearest is "
        f"{turning.label} {turning.show(nearest.at)}, where {turning.happening(nearest)}."
    )


def _title(chunk: Chunk) -> str:
    return one_line(chunk.title or chunk.document_id, _TITLE_CHARACTERS)
