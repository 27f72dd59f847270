"""Where right answers are lost: one stacked bar for each way to choose the candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import plotly.graph_objects as go

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.looks import ANSWER_COLOUR, QUIET_COLOUR, STAGE_LOOKS
from retrieval.evaluation.lost_answers import Losses, Part
from retrieval.wording import counted

_ROW_PX = 42
_FOOT_PX = 150
_FEW_ANSWERS = 10
"""Of so few, every whole number has its tick."""
_SHARE_WITH_ROOM = 0.035
"""A narrower piece has no room for its number."""


@dataclass(frozen=True, slots=True)
class PartLook:
    """How a part of a bar is called and drawn: in the colour of the stage that lost the answer."""

    label: str
    colour: str
    pattern: str = ""


PART_LOOKS: Mapping[Part, PartLook] = MappingProxyType(
    {
        "found": PartLook("found", ANSWER_COLOUR),
        "sure": PartLook("could not be lost", ANSWER_COLOUR, "/"),
        "no_room": PartLook("no place left", STAGE_LOOKS["rerank"].colour, "."),
        "buried": PartLook("buried by the reranker", STAGE_LOOKS["rerank"].colour),
        "fused_out": PartLook("not among the first N", STAGE_LOOKS["hybrid"].colour),
        "never_a_candidate": PartLook("never a candidate", QUIET_COLOUR),
    }
)


def loss_bars(losses: Sequence[Losses]) -> Chart:
    """One bar a setting, the setting of now on top; a piece can be clicked."""
    rows = list(range(len(losses)))
    figure = go.Figure(
        data=[_pieces(part, losses) for part in PART_LOOKS if any(one.of(part) for one in losses)],
        layout=plain_layout(
            _FOOT_PX + _ROW_PX * len(losses),
            barmode="stack",
            bargap=0.22,
            showlegend=True,
            legend={
                "orientation": "h",
                "traceorder": "normal",
                "x": 0,
                "y": -0.19,
                "yanchor": "top",
                "font": {"size": 13},
                "itemclick": False,
                "itemdoubleclick": False,
            },
            xaxis={
                "title": {"text": "right answers", "standoff": 6},
                "fixedrange": True,
                "rangemode": "tozero",
                "dtick": 1 if len(losses[0].answers) < _FEW_ANSWERS else None,
            },
            yaxis={
                "range": [len(losses) - 0.5, -0.5],
                "tickvals": rows,
                "ticktext": [one.setting.name for one in losses],
                "fixedrange": True,
                "automargin": True,
                "showgrid": False,
            },
        ),
    )
    return Chart("losses", "What becomes of the right answers", figure, _caption(losses[0]))


def _pieces(part: Part, losses: Sequence[Losses]) -> go.Bar:
    look = PART_LOOKS[part]
    counts = [one.counts[part] for one in losses]
    shares = [count / max(1, len(one.answers)) for count, one in zip(counts, losses, strict=True)]
    return go.Bar(
        x=counts,
        y=list(range(len(losses))),
        orientation="h",
        name=look.label,
        customdata=[[place, part] for place in range(len(losses))],
        text=[
            f"{count}" if share >= _SHARE_WITH_ROOM else ""
            for count, share in zip(counts, shares, strict=True)
        ],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": "#FFFFFF", "size": 13},
        marker={
            "color": look.colour,
            "pattern": {"shape": look.pattern, "solidity": 0.25, "fgcolor": "#FFFFFF"},
            "line": {"width": 1, "color": "rgba(255,255,255,0.7)"},
        },
        hovertext=[
            f"{look.label}: {count} ({share:.0%})"
            for count, share in zip(counts, shares, strict=True)
        ],
        hoverinfo="text",
    )


def _caption(now: Losses) -> str:
    counts = now.counts
    return (
        f"Of {counted(len(now.answers), 'right answer')} to {counted(now.questions, 'question')}, "
        f"{counts['found'] + counts['sure']} are among the first {now.setting.asked.top} with the "
        f"setting of now; {counts['never_a_candidate']} were in neither first list, "
        f"{counts['fused_out']} not among the first {now.setting.asked.candidates}, and the "
        f"reranker buried {counts['buried']}, {now.demoted} of which stood among the first "
        f"{now.setting.asked.top} before it, while it brought up {now.lifted}."
    )
