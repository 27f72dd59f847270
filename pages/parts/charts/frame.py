"""What all charts share: a title, a figure of fixed height, and a caption with the numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from pages.parts.charts.moving import Drawing, draw_moving
from pages.parts.safe_text import html_text
from retrieval.settings import DEPTH

_CONFIG: dict[str, object] = {"displayModeBar": False, "scrollZoom": False, "doubleClick": "reset"}
_FIRST, _LAST = 0.93, 1.03 * DEPTH
"""Where the axis of N begins and ends."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture and its words.

    Attributes:
        key: Names it in the page.
        title: What it is.
        picture: A figure, or a drawing that is not checked as one yet; all text in it is escaped.
        caption: One plain sentence: what it shows now, with the numbers.
    """

    key: str
    title: str
    picture: go.Figure | Drawing
    caption: str

    @property
    def figure(self) -> go.Figure:
        """The picture, checked by plotly."""
        return self.picture.figure if isinstance(self.picture, Drawing) else self.picture


def draw_chart(chart: Chart, on_select: Callable[[], None] | None = None) -> None:
    """Draw the chart with its title above and its caption below.

    Args:
        chart: The chart.
        on_select: Called when a mark is clicked; the page finds it under the figure's key. In a
            drawing, which is to follow a slider, nothing can be selected.
    """
    alt = f"{chart.title}. {chart.caption}"
    with st.container(key=chart.key, gap="xsmall"):
        st.html(f'<h3 class="sl-chart-title">{html_text(chart.title)}</h3>')
        if isinstance(chart.picture, Drawing):
            draw_moving(chart.key, chart.picture, title=chart.title, alt=alt, config=_CONFIG)
        else:
            st.plotly_chart(
                chart.figure,
                key=f"{chart.key}_figure",
                config=_CONFIG,
                on_select=on_select or "ignore",
                selection_mode="points",
                alt=alt,
            )
        st.html(f'<p class="sl-caption">{html_text(chart.caption)}</p>')


def candidates_share(n: int) -> float:
    """Where N stands on that axis, as a share of its length."""
    return math.log(n / _FIRST) / math.log(_LAST / _FIRST)


def candidates_axis() -> dict[str, object]:
    """The axis of N from 1 to 200 by its logarithm, because the first candidates matter most."""
    return {
        "title": {"text": "candidates N", "standoff": 6},
        "type": "log",
        "range": [math.log10(_FIRST), math.log10(_LAST)],
        "tickvals": [1, 2, 5, 10, 20, 50, 100, DEPTH],
        "fixedrange": True,
        "zeroline": False,
    }


def margin(*, left: int = 8, right: int = 8, top: int = 8, bottom: int = 8) -> dict[str, int]:
    """Room around a figure in pixels; a drawing's must hold the labels of its axes."""
    return {"l": left, "r": right, "t": top, "b": bottom}


def plain_layout(height: int, **settings: object) -> dict[str, object]:
    """Layout that all figures begin with."""
    return {
        "height": height,
        "margin": margin(),
        "showlegend": False,
        "hovermode": "closest",
        "font": {"size": 14},
        "dragmode": False,
        **settings,
    }
