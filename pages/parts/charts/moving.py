"""Charts that follow a slider: Plotly is handed the next figure, and keeps what has not changed.

With each change of its figure Streamlit's own chart becomes another element: the old one leaves the
page, and the new one is drawn from nothing, twice. That takes a browser several times as long as
bringing a chart up to date. So the element on the page is an empty frame that never changes; it
brings the theme, the width and Plotly itself, and an invisible component puts each figure into it.
Where it does not find Plotly, it asks for whole charts. A chart that nobody can see keeps its last
picture, and gets the newest one shortly before it is scrolled to or printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import plotly.graph_objects as go
import streamlit as st

_SCRIPT = """
let count = 0
const turns = new WeakMap()

// Lists that are equal stay the same ones: by that Plotly knows what it need not draw again.
const keep = (before, after) => {
  if (!before || !after || typeof before !== "object" || typeof after !== "object") return after
  for (const name of Object.keys(after)) after[name] = keep(before[name], after[name])
  const equal = Array.isArray(after) && after.length === before.length &&
    after.every((value, at) => value === before[at])
  return equal ? before : after
}

// How far outside of the window a chart is brought up to date, in pixels.
const NEAR = 200
const isNear = ({ top, bottom }, height) => bottom > -NEAR && top < height + NEAR

const leave = (turn) => {
  if (!turn) return
  cancelAnimationFrame(turn.frame)
  clearTimeout(turn.waiting)
  turn.sight?.disconnect()
  turn.over?.abort()
}

export default function ({ data, parentElement, setStateValue }) {
  const page = parentElement.ownerDocument
  const stamp = `second-look-${++count}`
  if (data.whole) return
  const turn = { waiting: 0 }
  leave(turns.get(parentElement))
  turns.set(parentElement, turn)

  const bringOnceSeen = (frame) => {
    const seen = () => {
      turn.seen = true
      leave(turn)
      bring()
    }
    leave(turn)
    turn.sight = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) seen()
    }, { scrollMargin: `${NEAR}px` })
    turn.sight.observe(frame)
    turn.over = new AbortController()
    page.defaultView.addEventListener("beforeprint", seen, { signal: turn.over.signal })
  }

  const bring = () => {
    const frame = page.querySelector(`.st-key-${data.key} .stPlotlyChart`)
    const graph = frame?.querySelector(".js-plotly-plot")
    const { Plotly } = page.defaultView
    if (!graph?.calcdata || !graph.layout.width) {
      turn.waiting = setTimeout(bring, 25)
      return
    }
    if (!Plotly) {
      setStateValue("whole", true)
      return
    }
    frame.setAttribute("aria-label", data.alt)
    // Streamlit draws what it knows once more when the width or the theme has changed.
    if (!graph.secondLook) graph.on("plotly_react", () => graph.secondLook())
    graph.secondLook = bring
    const { template, width, stamp: before } = graph.layout
    if (before === stamp) return
    const { innerHeight } = page.defaultView
    if (before && !turn.seen && !isNear(frame.getBoundingClientRect(), innerHeight)) {
      bringOnceSeen(frame)
      return
    }
    const told = structuredClone({ data: data.data, layout: data.layout })
    const { data: traces, layout } = keep(graph, told)
    Object.assign(layout, { template, width, stamp })
    const drawn = Plotly.react(graph, traces, layout)
    // By this event it learns of the first figure, so that it never goes back to an empty frame.
    if (!before) drawn.then(() => graph.emit("plotly_redraw"))
  }
  turn.frame = requestAnimationFrame(bring)
  return () => leave(turns.get(parentElement))
}
"""

_AXIS = re.compile(r"[xy]axis\d*")
_UNMEASURED = {"ticklabeloverflow": "allow", "automargin": False}
_MOVER = st.components.v2.component("second_look_moving", html="<i\nhidden></i>", js=_SCRIPT)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure as plain values: to check each of them takes longer than all that is drawn of it.

    Attributes:
        data: The traces.
        layout: The layout; it has a height, which stays, and margins with room for all labels.
    """

    data: Sequence[Mapping[str, object]]
    layout: Mapping[str, Any]

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.layout["height"])

    @property
    def figure(self) -> go.Figure:
        """The same, checked by plotly."""
        return go.Figure(data=list(self.data), layout=self.layout)


def draw_moving(
    key: str, drawing: Drawing, *, title: str, alt: str, config: dict[str, object]
) -> None:
    """Draw what is to follow a slider.

    Args:
        key: Names the chart in the page; the frame lies in a container of this key.
        drawing: What it shows now.
        title: What it is, whatever it shows.
        alt: What it shows now, in words.
        config: How Plotly behaves.
    """
    whole = bool(st.session_state.get(f"{key}_moving", {}).get("whole"))
    if whole:
        st.plotly_chart(drawing.figure, key=f"{key}_figure", config=config, alt=alt)
    else:
        st.plotly_chart(_frame(drawing.height), key=f"{key}_figure", config=config, alt=title)
    _MOVER(
        key=f"{key}_moving",
        data={
            "key": key,
            "alt": alt,
            "data": drawing.data,
            "layout": _light(drawing.layout),
            "whole": whole,
        },
        on_whole_change=lambda: None,
        height=1,
    )


def _light(layout: Mapping[str, Any]) -> dict[str, Any]:
    """The layout with axes whose labels are not measured.

    Where they are, to hide some or to make room, a figure is drawn a second time for each label
    that has become wider.
    """
    return {
        name: {**_UNMEASURED, **value} if _AXIS.fullmatch(name) else value
        for name, value in layout.items()
    }


@cache
def _frame(height: int) -> go.Figure:
    """Nothing, in this height."""
    hidden = {"visible": False}
    return go.Figure(layout={"height": height, "dragmode": False, "xaxis": hidden, "yaxis": hidden})
