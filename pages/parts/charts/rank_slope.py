"""Two rankings of the same passages: one line a passage, from its place in one to its other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

from pages.parts.charts.frame import Chart, plain_layout
from pages.parts.charts.moving import Drawing
from pages.parts.charts.rank_flow import (
    FLOW_HEIGHT_PX,
    rank_height,
    ranks_axis,
    ranks_margin,
    unequal_band,
)
from pages.parts.looks import ANSWER_COLOUR, QUIET_COLOUR, StageLook, show_score
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.disagreement import Comparison
from retrieval.types import Chunk, Ranking

_LOUD = 3
"""So many of the largest disagreements are drawn in colour and named."""
_LABEL_CHARACTERS = 24
_NAME_CHARACTERS, _NAME_ROWS = 16, 2
_TITLE_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Side:
    """One of two rankings.

    Attributes:
        label: What it is called.
        look: Its colour and shape.
        ranking: Its hits.
    """

    label: str
    look: StageLook
    ranking: Ranking


def rank_slope(
    key: str,
    sides: tuple[Side, Side],
    found: Comparison,
    chunks: Mapping[str, Chunk],
    answer: str | None,
) -> Chart:
    """The passages that lead either ranking, and where the other has them.

    Args:
        key: Names the chart in the page.
        sides: The two rankings.
        found: How they compare.
        chunks: The passages that lead either.
        answer: The passage whose line is thick.
    """
    loud = [one.chunk_id for one in found.disagreements[:_LOUD]]
    leading = dict.fromkeys(
        hit.chunk_id for side in sides for hit in side.ranking.hits[: found.top]
    )
    lines = [_line(sides, chunks[one], is_loud=one in loud, answer=answer) for one in leading]
    drawing = Drawing(
        data=lines,
        layout=plain_layout(
            FLOW_HEIGHT_PX,
            margin=ranks_margin(rows=_NAME_ROWS),
            xaxis=_sides_axis(sides),
            yaxis=ranks_axis(),
            shapes=[unequal_band()],
            annotations=[_label(sides[1], chunks[one]) for one in loud],
        ),
    )
    return Chart(key, "From one to the other", drawing, _caption(sides, found, chunks))


def _line(
    sides: tuple[Side, Side], chunk: Chunk, *, is_loud: bool, answer: str | None
) -> dict[str, object]:
    ranks = [side.ranking.ranks.get(chunk.id) for side in sides]
    is_answer = chunk.id == answer
    loud_colour = sides[1].look.colour if is_loud else QUIET_COLOUR
    return {
        "type": "scatter",
        "x": [0, 1],
        "y": [rank_height(rank) for rank in ranks],
        "mode": "lines+markers",
        "customdata": [chunk.id] * 2,
        "hovertext": [_hover(side, chunk, rank) for side, rank in zip(sides, ranks, strict=True)],
        "hoverinfo": "text",
        "opacity": 1.0 if is_answer or is_loud else 0.7,
        "line": {
            "color": ANSWER_COLOUR if is_answer else loud_colour,
            "width": 6 if is_answer else 3 if is_loud else 1.3,
        },
        "marker": {
            "color": [side.look.colour for side in sides],
            "symbol": [side.look.symbol for side in sides],
            "size": 13 if is_answer else 10,
            "opacity": [0.35 if rank is None else 1.0 for rank in ranks],
        },
    }


def _hover(side: Side, chunk: Chunk, rank: int | None) -> str:
    title = html_text(one_line(chunk.title or chunk.document_id, _TITLE_CHARACTERS))
    label = html_text(side.label)
    if rank is None:
        return f"<b>{title}</b><br>{label}: not retrieved"
    score = show_score(side.ranking.hits[rank - 1].score, side.ranking.unit)
    return f"<b>{title}</b><br>{label}: number {rank}, {score} {html_text(side.ranking.unit)}"


def _label(side: Side, chunk: Chunk) -> dict[str, object]:
    """The title of a passage, to the right of where its line ends."""
    return {
        "x": 1,
        "y": rank_height(side.ranking.ranks.get(chunk.id)),
        "text": html_text(one_line(chunk.title or chunk.document_id, _LABEL_CHARACTERS)),
        "showarrow": False,
        "xanchor": "left",
        "xshift": 12,
        "font": {"size": 13},
    }


def _sides_axis(sides: tuple[Side, Side]) -> dict[str, object]:
    return {
        "tickvals": [0, 1],
        "ticktext": [_name(side) for side in sides],
        "tickangle": 0,
        "range": [-0.3, 1.9],
        "side": "top",
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"size": 13},
    }


def _name(side: Side) -> str:
    """A side's icon and name, in rows that leave room for the other's."""
    words = f"{side.look.icon} {one_line(side.label, 60)}"
    rows = wrap(words, _NAME_CHARACTERS, max_lines=_NAME_ROWS, placeholder="…")
    return "<br>".join(map(html_text, rows))


def _caption(sides: tuple[Side, Side], found: Comparison, chunks: Mapping[str, Chunk]) -> str:
    first, second = (side.label for side in sides)
    if not found.disagreements:
        return f"{first} and {second} place the leading passages alike."
    largest = found.disagreements[0]
    title = one_line(chunks[largest.chunk_id].title or largest.chunk_id, 50)
    return (
        f"{len(found.disagreements)} of the passages that lead either list stand elsewhere in the "
        f"other; the sharpest is “{title}”: {_place(largest.first)} in {first}, "
        f"{_place(largest.second)} in {second}. The {min(_LOUD, len(found.disagreements))} "
        "sharpest are drawn in colour."
    )


def _place(rank: int | None) -> str:
    return "not retrieved" if rank is None else f"number {rank}"
