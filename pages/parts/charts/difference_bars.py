"""Two systems question by question: each difference as a bar, greatest gain first."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.looks import ANSWER_COLOUR, QUIET_COLOUR, STAGE_LOOKS
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.significance import Comparison

_HEIGHT_PX = 300
_LONGEST = 90


def difference_bars(
    compared: Comparison, differences: Sequence[float], questions: Sequence[str]
) -> Chart:
    """The bars of all questions.

    Args:
        compared: The two systems.
        differences: b - a, the greatest first.
        questions: Their texts, in the same order.
    """
    gain, loss = _colours(compared)
    reach = 1.08 * max((abs(one) for one in differences), default=0.0) or 1.0
    figure = go.Figure(
        data=[
            go.Bar(
                x=list(range(1, len(differences) + 1)),
                y=list(differences),
                marker={"color": [gain if one > 0 else loss for one in differences]},
                customdata=[html_text(one_line(one, _LONGEST)) for one in questions],
                hovertemplate="%{y:+.3f}<br>%{customdata}<extra></extra>",
            )
        ],
        layout=plain_layout(
            _HEIGHT_PX,
            bargap=0.15,
            xaxis={
                "title": {"text": "questions, by difference", "standoff": 6},
                "fixedrange": True,
                "showgrid": False,
                "range": [0.4, len(differences) + 0.6],
            },
            yaxis={"range": [-reach, reach], "fixedrange": True, "tickformat": "+.2f"},
        ),
    )
    caption = (
        f"{compared.b} is better than {compared.a} on {compared.wins}, equal on {compared.ties} "
        f"and worse on {compared.losses} of {compared.difference.n} questions; the mean "
        "difference in "
        f"{compared.measure} is {compared.difference.mean:+.3f} "
        f"[{compared.difference.low:+.3f}, {compared.difference.high:+.3f}]."
    )
    title = f"{compared.measure}: {compared.b} minus {compared.a}"
    return Chart("differences", title, figure, caption)


def _colours(compared: Comparison) -> tuple[str, str]:
    """Gains in the colour of the second system, losses in that of the first."""
    colours = {str(stage): look.colour for stage, look in STAGE_LOOKS.items()}
    gain, loss = (colours.get(name, ANSWER_COLOUR) for name in (compared.b, compared.a))
    return gain, QUIET_COLOUR if loss == gain else loss
