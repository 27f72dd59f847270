"""The passages of one stage's lists: how long they are, and where they stand."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.looks import ANSWER_COLOUR, STAGE_LOOKS
from pages.parts.safe_text import html_text
from retrieval.evaluation.length import Point, StageLengths
from retrieval.wording import counted

_HEIGHT_PX = 430
MOST_POINTS = 3000
_UNREAD_COLOUR = "#D55E5E"
_SEED = 2009

Axis = Literal["rank", "score"]


@dataclass(frozen=True, slots=True)
class Named:
    """What the chart needs to know of a passage besides its place.

    Attributes:
        title: What a person calls it, by its question's place and its chunk id.
        is_answer: Whether it belongs to a right answer.
    """

    title: Callable[[Point], str]
    is_answer: Callable[[Point], bool]


def length_scatter(lengths: StageLengths, axis: Axis, named: Named) -> Chart:
    """Tokens of each passage against its rank or score, with those that were not read whole."""
    look = STAGE_LOOKS[lengths.stage]
    points = _drawn(lengths.points)
    plain = [one for one in points if one.whole and not named.is_answer(one)]
    answers = [one for one in points if one.whole and named.is_answer(one)]
    unread = [one for one in points if not one.whole]
    label = f"{look.label}: {axis}"
    figure = go.Figure(
        data=[
            _markers("passage", plain, axis, named, {"color": look.colour, "size": 8}),
            _markers("right answer", answers, axis, named, {"color": ANSWER_COLOUR, "size": 13}),
            _markers(
                "not read whole",
                unread,
                axis,
                named,
                {"color": _UNREAD_COLOUR, "size": 11, "symbol": "x"},
            ),
        ],
        layout=plain_layout(
            _HEIGHT_PX,
            showlegend=True,
            legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            xaxis={"title": {"text": "tokens of the passage"}, "rangemode": "tozero"},
            yaxis={
                "title": {"text": label if axis == "rank" else f"{label} ({lengths.unit})"},
                "autorange": "reversed" if axis == "rank" else True,
                "zeroline": False,
            },
        ),
    )
    return Chart("lengths", f"Length against {axis}", figure, _caption(lengths, len(points)))


def _drawn(points: Sequence[Point]) -> list[Point]:
    """All points, or as many as a browser draws with ease: a sample by a fixed seed."""
    if len(points) <= MOST_POINTS:
        return list(points)
    return random.Random(_SEED).sample(list(points), MOST_POINTS)  # noqa: S311


def _markers(
    name: str, points: Sequence[Point], axis: Axis, named: Named, marker: dict[str, object]
) -> go.Scatter:
    return go.Scatter(
        x=[one.tokens for one in points],
        y=[one.rank if axis == "rank" else one.score for one in points],
        name=name,
        mode="markers",
        visible=True if points else "legendonly",
        showlegend=bool(points),
        marker={"opacity": 0.75, "line": {"width": 1, "color": "rgba(128,128,128,.5)"}, **marker},
        hovertext=[
            f"<b>{html_text(named.title(one))}</b><br>{counted(one.tokens, 'token')}, "
            f"number {one.rank}, score {one.score:.3f}"
            for one in points
        ],
        hoverinfo="text",
    )


def correlation_text(lengths: StageLengths) -> str:
    """Spearman's correlation, with its interval where it is a mean."""
    found = lengths.correlation
    if found is None:
        return "–"
    rho, low, high = (
        f"{value:+.2f}".replace("-", "−") for value in (found.mean, found.low, found.high)
    )
    return rho if found.n == 1 else f"{rho} [{low}, {high}]"


def _caption(lengths: StageLengths, drawn: int) -> str:
    if not lengths.points:
        return f"{STAGE_LOOKS[lengths.stage].label} has no list here, so 0 passages are shown."
    found = lengths.correlation
    if found is None:
        said = "No rank correlation of length and score can be told"
    else:
        over = "" if found.n == 1 else f", the mean of {found.n} questions"
        said = f"Spearman’s correlation of length and score is {correlation_text(lengths)}{over}"
        said += f": {_meaning(found.mean)}"
    unread = sum(not one.whole for one in lengths.points)
    limit = (
        "this stage reads every word"
        if lengths.limit is None
        else f"its model reads {lengths.limit} tokens at once"
    )
    sample = "" if drawn == len(lengths.points) else f" {drawn:,} of them are drawn."
    return (
        f"{said}. The first ten have {lengths.leading_tokens:.0f} tokens in the middle, all "
        f"{lengths.median_tokens:.0f}; {unread:,} of {counted(len(lengths.points), 'passage')} "
        f"could not be read whole ({limit}).{sample}"
    )


def _meaning(rho: float) -> str:
    if abs(rho) < 0.1:  # noqa: PLR2004  (a small effect by Cohen's convention)
        return "length hardly matters"
    more = "longer" if rho > 0 else "shorter"
    return f"{more} passages tend to score higher"
