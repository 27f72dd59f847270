"""Quality and cost against N, one above the other, with the values of N that matter."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pages.parts.charts.frame import Chart, candidates_axis, margin, plain_layout
from pages.parts.charts.moving import Drawing
from pages.parts.looks import ANSWER_COLOUR, QUIET_COLOUR, STAGE_LOOKS
from retrieval.evaluation.cost import Speed
from retrieval.evaluation.curve import CURVE_MEASURES, Curve, CurveMeasure
from retrieval.evaluation.entry import Entry
from retrieval.evaluation.knob import Reading
from retrieval.settings import DEPTH

_HEIGHT_PX = 560
_ROW_PX = 21
_UPPER = (0.36, 1.0)
_LOWER = (0.0, 0.26)
_PLAIN_PX = 2
_TURN = 0.55
"""From this share of the width on, words stand to the left of their line."""


@dataclass(frozen=True, slots=True)
class Knob:
    """All that the page knows of the curve, and where the slider stands.

    Attributes:
        curve: Quality against N.
        measure: The measure to read.
        reading: What the curve of that measure says.
        speed: Milliseconds of each part, measured.
        budget_ms: What one question may take.
        candidates: N now.
        entry: How the answer meets the knob; None for a question set.
    """

    curve: Curve
    measure: CurveMeasure
    reading: Reading
    speed: Speed
    budget_ms: float
    candidates: int
    entry: Entry | None = None

    @property
    def affordable(self) -> int:
        """The N that the budget allows."""
        return self.speed.affordable(self.budget_ms)

    def elapsed_ms(self, candidates: int) -> float:
        """What a question costs with this N."""
        return self.speed.elapsed_ms(self.curve.at(candidates).pairs)

    def value(self, candidates: int) -> float:
        """The measure after reranking this many."""
        return self.curve.values(self.measure)[candidates - 1]


@dataclass(frozen=True, slots=True)
class _Mark:
    """A value of N with its words."""

    n: int
    words: str
    dash: str
    colour: str = QUIET_COLOUR
    width: float = 1.5


def candidate_curve(knob: Knob) -> Chart:
    """The curve over N from 1 to 200, its cost below, and the lines that name a value of N."""
    marks = _marks(knob)
    drawing = Drawing(
        data=[*_quality(knob), _cost(knob)],
        layout=plain_layout(
            _HEIGHT_PX,
            margin=margin(left=56, right=14, top=8 + _ROW_PX * len(marks), bottom=46),
            showlegend=True,
            legend={"orientation": "h", "x": 0, "y": -0.13, "yanchor": "top", "font": {"size": 13}},
            hovermode="x unified",
            xaxis={**candidates_axis(), "anchor": "y2"},
            yaxis={
                "domain": list(_UPPER),
                "range": [-0.02, 1.04],
                "fixedrange": True,
                "zeroline": False,
            },
            yaxis2={
                "domain": list(_LOWER),
                "range": [0, _cost_ceiling(knob)],
                "title": {"text": "ms"},
                "fixedrange": True,
                "zeroline": False,
                "nticks": 4,
            },
            shapes=[*(_line(mark) for mark in marks), _budget_line(knob)],
            annotations=[_words(mark, row) for row, mark in enumerate(reversed(marks))],
        ),
    )
    return Chart("curve", f"{knob.measure} and cost by candidates", drawing, _caption(knob))


def _quality(knob: Knob) -> list[dict[str, object]]:
    ceiling = [point.recall for point in knob.curve.points]
    lines = [_trace("pool recall: the ceiling", ceiling, QUIET_COLOUR, "dash", 2)]
    for measure in sorted(CURVE_MEASURES, key=lambda one: one == knob.measure):
        chosen = measure == knob.measure
        flat = [knob.curve.without[measure]] * DEPTH
        hybrid, rerank = STAGE_LOOKS["hybrid"], STAGE_LOOKS["rerank"]
        dash = "solid" if chosen else "dot"
        before = f"{measure} without reranking"
        lines.append(_trace(before, flat, hybrid.colour, dash, 2 if chosen else 1.2))
        after = list(knob.curve.values(measure))
        lines.append(
            _trace(f"{measure} reranked", after, rerank.colour, dash, 3.5 if chosen else 1.4)
        )
    return lines


def _trace(
    name: str, values: list[float], colour: str, dash: str, width: float
) -> dict[str, object]:
    return {
        "type": "scatter",
        "x": list(range(1, len(values) + 1)),
        "y": values,
        "name": name,
        "mode": "lines",
        "line": {"color": colour, "dash": dash, "width": width, "shape": "hv"},
        "hovertemplate": "%{y:.3f}",
    }


def _cost(knob: Knob) -> dict[str, object]:
    return {
        "type": "scatter",
        "x": list(range(1, DEPTH + 1)),
        "y": [knob.elapsed_ms(n) for n in range(1, DEPTH + 1)],
        "yaxis": "y2",
        "name": "milliseconds a question",
        "mode": "lines",
        "fill": "tozeroy",
        "fillcolor": "rgba(213,94,0,0.13)",
        "line": {"color": STAGE_LOOKS["rerank"].colour, "width": 2},
        "showlegend": False,
        "hovertemplate": "%{y:,.0f} ms",
    }


def _cost_ceiling(knob: Knob) -> float:
    """Room for the whole line, and for the budget where it is not far above it."""
    dearest = max(knob.elapsed_ms(DEPTH), 1.0)
    return 1.12 * (max(dearest, knob.budget_ms) if knob.budget_ms < 2 * dearest else dearest)


def _marks(knob: Knob) -> list[_Mark]:
    """The marks from the top row down, in an order in which no line runs through words."""
    reading = knob.reading
    marks = [_Mark(knob.candidates, f"you are here: {knob.candidates}", "solid", width=3)]
    if reading.shape != "stays at 0":
        marks.append(_Mark(reading.near, f"within 1 %: {reading.near}", "dot"))
        marks.append(_Mark(reading.best, f"best: {reading.best}", "dash"))
    if knob.affordable:
        words = f"{knob.budget_ms:,.0f} ms allow: {knob.affordable}"
        marks.append(_Mark(knob.affordable, words, "dashdot"))
    if knob.entry and knob.entry.enters and knob.entry.enters <= DEPTH:
        words = f"the answer enters: {knob.entry.enters}"
        marks.append(_Mark(knob.entry.enters, words, "solid", ANSWER_COLOUR, 2))
    turned = sorted(filter(_is_turned, marks), key=lambda mark: -mark.n)
    return [*turned, *sorted((m for m in marks if not _is_turned(m)), key=lambda mark: mark.n)]


def _is_turned(mark: _Mark) -> bool:
    """Whether its words stand to the left of its line, to stay inside the picture."""
    return math.log(mark.n, DEPTH) > _TURN


def _line(mark: _Mark) -> dict[str, object]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": mark.n,
        "x1": mark.n,
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"color": mark.colour, "width": mark.width, "dash": mark.dash},
    }


def _budget_line(knob: Knob) -> dict[str, object]:
    height = min(knob.budget_ms, _cost_ceiling(knob))
    return {
        "type": "line",
        "xref": "paper",
        "yref": "y2",
        "x0": 0,
        "x1": 1,
        "y0": height,
        "y1": height,
        "line": {"color": QUIET_COLOUR, "width": 1.5, "dash": "dashdot"},
        "visible": knob.budget_ms <= _cost_ceiling(knob),
    }


def _words(mark: _Mark, row: int) -> dict[str, object]:
    """The words of a mark in a row of their own above the picture, so that none cover others."""
    turned = _is_turned(mark)
    return {
        "x": math.log10(mark.n),
        "y": 1,
        "yref": "paper",
        "ax": 0,
        "ay": -_ROW_PX * (row + 0.6),
        "xanchor": "right" if turned else "left",
        "text": f"<b>{mark.words}</b>" if mark.width > _PLAIN_PX else mark.words,
        "showarrow": True,
        "arrowhead": 0,
        "arrowcolor": mark.colour,
        "arrowwidth": mark.width,
        "borderpad": 2,
        "font": {"size": 13},
    }


def _caption(knob: Knob) -> str:
    here = knob.curve.at(knob.candidates)
    plain = knob.curve.without[knob.measure]
    over = "" if knob.curve.questions == 1 else f", mean of {knob.curve.questions} questions"
    return (
        f"With {knob.candidates} candidates {knob.measure} is {knob.value(knob.candidates):.3f} "
        f"after reranking and {plain:.3f} without{over}; the pool holds {here.recall:.0%} of the "
        f"right documents, and a question takes {knob.elapsed_ms(knob.candidates):,.0f} ms for "
        f"{here.pairs:,.0f} pairs."
    )
