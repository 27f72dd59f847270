"""Dense score against rerank score: where two readers of the same passage disagree."""

from __future__ import annotations

from typing import NamedTuple

from pages.parts.charts.frame import Chart, margin, plain_layout
from pages.parts.charts.moving import Drawing
from pages.parts.looks import ANSWER_COLOUR, QUIET_COLOUR, STAGE_LOOKS, show_score
from pages.parts.safe_text import html_text, one_line
from retrieval.stages.blending import rerank_unit
from retrieval.types import Trace
from retrieval.wording import counted

_HEIGHT_PX = 400
_ROOM = 0.14


class _Point(NamedTuple):
    """A candidate with both scores."""

    chunk_id: str
    cosine: float
    read: float
    rank: int


def score_pairs(trace: Trace, answer: str | None) -> Chart:
    """One point for each candidate that both the bi-encoder and the reranker scored."""
    points = _points(trace)
    drawing = Drawing(
        data=[_markers(trace, points, answer)],
        layout=plain_layout(
            _HEIGHT_PX,
            margin=margin(left=56, bottom=48),
            xaxis={"title": {"text": "cosine (bi-encoder)"}, "zeroline": False},
            yaxis={"title": {"text": f"{_unit(trace)} (reranker)"}, "range": _range(points)},
            annotations=[
                _corner(0.99, 0.02, "topical but not answering"),
                _corner(0.99, 0.98, "topical and answering"),
                _corner(0.01, 0.98, "answering, though<br>far by cosine"),
            ],
        ),
    )
    caption = _caption(trace, points)
    return Chart("pairs", "Dense score against rerank score", drawing, caption)


def _unit(trace: Trace) -> str:
    found = trace.rankings.get("rerank")
    return found.unit if found else rerank_unit(trace.settings.blend)


def _points(trace: Trace) -> list[_Point]:
    if "dense" not in trace.rankings or "rerank" not in trace.rankings:
        return []
    cosines = {hit.chunk_id: hit.score for hit in trace.rankings["dense"].hits}
    return [
        _Point(hit.chunk_id, cosines[hit.chunk_id], hit.score, hit.rank)
        for hit in trace.rankings["rerank"].hits
        if hit.chunk_id in cosines
    ]


def _range(points: list[_Point]) -> list[float] | None:
    """The reach of the rerank scores, with room above and below for the words in the corners."""
    if not points:
        return None
    low, high = min(p.read for p in points), max(p.read for p in points)
    room = _ROOM * max(high - low, 1.0)
    return [low - room, high + room]


def _markers(trace: Trace, points: list[_Point], answer: str | None) -> dict[str, object]:
    def colour(point: _Point) -> str:
        if point.chunk_id == answer:
            return ANSWER_COLOUR
        shown = point.rank <= trace.settings.top
        return STAGE_LOOKS["rerank"].colour if shown else QUIET_COLOUR

    return {
        "type": "scatter",
        "x": [point.cosine for point in points],
        "y": [point.read for point in points],
        "mode": "markers",
        "customdata": [point.chunk_id for point in points],
        "hovertext": [_hover(trace, point) for point in points],
        "hoverinfo": "text",
        "marker": {
            "color": [colour(point) for point in points],
            "symbol": [
                STAGE_LOOKS["rerank"].symbol if point.rank <= trace.settings.top else "circle"
                for point in points
            ],
            "size": [
                20 if p.chunk_id == answer else 13 if p.rank <= trace.settings.top else 8
                for p in points
            ],
            "line": {"width": 1, "color": "rgba(128,128,128,0.5)"},
        },
    }


def _hover(trace: Trace, point: _Point) -> str:
    title = html_text(_title(trace, point, 60))
    unit = _unit(trace)
    cosine, read = show_score(point.cosine, "cosine"), show_score(point.read, unit)
    return f"<b>{title}</b><br>cosine {cosine}, {unit} {read}<br>number {point.rank} reranked"


def _corner(x: float, y: float, text: str) -> dict[str, object]:
    return {
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "text": text,
        "align": "left",
        "showarrow": False,
        "xanchor": "left" if x < 0.5 else "right",  # noqa: PLR2004  (the middle of the picture)
        "yanchor": "bottom" if y < 0.5 else "top",  # noqa: PLR2004
        "font": {"size": 13, "color": QUIET_COLOUR},
    }


def _caption(trace: Trace, points: list[_Point]) -> str:
    if not points:
        return "No candidate has both scores: choose the stages dense and rerank."
    middle_x = (min(p.cosine for p in points) + max(p.cosine for p in points)) / 2
    middle_y = (min(p.read for p in points) + max(p.read for p in points)) / 2
    fooling = [p for p in points if p.cosine > middle_x and p.read < middle_y]
    sentence = (
        f"{len(fooling)} of {counted(len(points), 'candidate')} with both scores "
        f"{'is' if len(fooling) == 1 else 'are'} in the upper half by "
        "cosine and in the lower half by the reranker"
    )
    if fooling:
        top, unit = max(fooling, key=lambda p: p.cosine), _unit(trace)
        named = "logits" if unit == "logit" else unit
        sentence += (
            f"; the closest of them is “{_title(trace, top, 50)}” "
            f"({show_score(top.cosine, 'cosine')}, {show_score(top.read, unit)} {named})"
        )
    return f"{sentence}. Stars are the results shown."


def _title(trace: Trace, point: _Point, most: int) -> str:
    chunk = trace.chunks[point.chunk_id]
    return one_line(chunk.title or chunk.document_id, most)
