"""The rank flow: each passage as a line through the stages, from where it entered to where it ends.

Ranks 1 to 10 have equal steps; 11 to 200 share a band below, and what a stage did not return runs
in a lane of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pages.parts.charts.frame import Chart, margin, plain_layout
from pages.parts.charts.moving import Drawing
from pages.parts.looks import ANSWER_COLOUR, QUIET_COLOUR, STAGE_LOOKS, show_score
from pages.parts.safe_text import html_text, one_line
from retrieval.settings import DEPTH, STAGE_ORDER, StageName
from retrieval.types import Trace
from retrieval.wording import counted

FLOW_HEIGHT_PX = 480
_EQUAL_STEPS = 10
_BAND = 4.0
_BEND = 0.4
_LANE = _EQUAL_STEPS + _BAND + 1.5
_TICKS = (*range(1, _EQUAL_STEPS + 1), 20, 50, 100, DEPTH)
_LABEL_CHARACTERS = 30
_LABEL_GAP = 0.1


class _Look(NamedTuple):
    """How a passage's line is drawn; widths and sizes in pixels."""

    colour: str
    width: float
    opacity: float
    size: int


_ANSWER = _Look(ANSWER_COLOUR, 6, 1.0, 13)
_RISING = _Look(STAGE_LOOKS["rerank"].colour, 2.6, 1.0, 10)
_OTHER = _Look(QUIET_COLOUR, 1.3, 0.75, 10)


def rank_flow(trace: Trace, answer: str | None, twin: str | None = None) -> Chart:
    """The rank flow of the passages that lead the hybrid list or the last one.

    Args:
        trace: The search.
        answer: The passage whose line is thick.
        twin: The passage whose line is dashed, each piece in the colour of the stage it comes to.
    """
    stages = tuple(stage for stage in trace.settings.shown if stage in trace.rankings)
    ranks = {stage: trace.rankings[stage].ranks for stage in stages}
    passages = _leading(trace, stages, answer, twin)
    looks = {one: _look(trace, one, answer) for one in passages if one != twin}
    traces = [
        _lines(ranks, (one for one in looks if looks[one] == look), look)
        for look in (_OTHER, _RISING, _ANSWER)
    ]
    traces.append(_points(trace, ranks, looks))
    if twin in passages:
        traces += _dashed(trace, stages, ranks, str(twin))
    traces.append(_end_labels(trace, stages, answer, twin))
    drawing = Drawing(
        data=traces,
        layout=plain_layout(
            FLOW_HEIGHT_PX,
            margin=ranks_margin(rows=1 if _fit_one_row(stages) else 2),
            xaxis=_stage_axis(stages),
            yaxis=ranks_axis(),
            shapes=[unequal_band()],
        ),
    )
    return Chart("flow", "Rank flow", drawing, _caption(trace, passages, answer))


def rank_height(rank: int | None) -> float:
    """Where a rank stands on the axis, downwards: equal steps to 10, then a band, then the lane."""
    if rank is None:
        return _LANE
    if rank <= _EQUAL_STEPS:
        return float(rank)
    share = min((rank - _EQUAL_STEPS) / (DEPTH - _EQUAL_STEPS), 1.0)
    return _EQUAL_STEPS + _BAND * math.pow(share, _BEND)


def _leading(
    trace: Trace, stages: tuple[StageName, ...], answer: str | None, twin: str | None
) -> tuple[str, ...]:
    shown = min(trace.settings.top, _EQUAL_STEPS)
    leaders: dict[str, None] = {}
    for stage in dict.fromkeys((stages[-1], "hybrid")):
        if stage in trace.rankings:
            leaders.update((hit.chunk_id, None) for hit in trace.rankings[stage].hits[:shown])
    leaders.update((str(one), None) for one in (answer, twin) if one in trace.chunks)
    return tuple(leaders)


def _dashed(
    trace: Trace,
    stages: tuple[StageName, ...],
    ranks: dict[StageName, dict[str, int]],
    twin: str,
) -> list[dict[str, object]]:
    """A twin's line in pieces, one for each stage, because a line has one colour."""
    places = [ranks[stage].get(twin) for stage in stages]
    pieces: list[dict[str, object]] = []
    for at, stage in enumerate(stages):
        look, here = STAGE_LOOKS[stage], [max(at - 1, 0), at]
        pieces.append(
            {
                "type": "scatter",
                "x": here,
                "y": [rank_height(places[one]) for one in here],
                "mode": "lines+markers",
                "customdata": [twin] * 2,
                "hovertext": [_hover(trace, stages[one], places[one], twin) for one in here],
                "hoverinfo": "text",
                "line": {"color": look.colour, "width": 4, "dash": "dash"},
                "marker": {
                    "color": look.colour,
                    "symbol": f"{look.symbol}-open",
                    "size": [0, 14],
                    "line": {"width": 2.5},
                    "opacity": 0.45 if places[at] is None else 1.0,
                },
            }
        )
    return pieces


def _lines(
    ranks: Mapping[StageName, Mapping[str, int]], passages: Iterable[str], look: _Look
) -> dict[str, object]:
    """The lines of all passages of one look, with a gap after each: one trace draws quicker."""
    x: list[int | None] = []
    y: list[float | None] = []
    for passage in passages:
        x += [*range(len(ranks)), None]
        y += [*(rank_height(places.get(passage)) for places in ranks.values()), None]
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "hoverinfo": "skip",
        "opacity": look.opacity,
        "line": {"color": look.colour, "width": look.width},
    }


def _points(
    trace: Trace,
    ranks: Mapping[StageName, Mapping[str, int]],
    looks: Mapping[str, _Look],
) -> dict[str, object]:
    """A mark in the colour and shape of the stage wherever a line passes one."""
    points = [
        (at, stage, places.get(passage), passage)
        for passage in looks
        for at, (stage, places) in enumerate(ranks.items())
    ]
    return {
        "type": "scatter",
        "x": [at for at, _, _, _ in points],
        "y": [rank_height(rank) for _, _, rank, _ in points],
        "mode": "markers",
        "customdata": [passage for _, _, _, passage in points],
        "hovertext": [_hover(trace, stage, rank, one) for _, stage, rank, one in points],
        "hoverinfo": "text",
        "marker": {
            "color": [STAGE_LOOKS[stage].colour for _, stage, _, _ in points],
            "symbol": [STAGE_LOOKS[stage].symbol for _, stage, _, _ in points],
            "size": [looks[one].size for _, _, _, one in points],
            "opacity": [
                looks[one].opacity * (0.35 if rank is None else 1.0) for _, _, rank, one in points
            ],
        },
    }


def _look(trace: Trace, passage: str, answer: str | None) -> _Look:
    if passage == answer:
        return _ANSWER
    return _RISING if _climb(trace, passage) > 0 else _OTHER


def _climb(trace: Trace, passage: str) -> int:
    """Places won from hybrid to the reranked list; 0 where it is not in both."""
    hybrid, rerank = trace.rankings.get("hybrid"), trace.rankings.get("rerank")
    if hybrid is None or rerank is None:
        return 0
    before, after = hybrid.find(passage), rerank.find(passage)
    return before.rank - after.rank if before and after else 0


def _hover(trace: Trace, stage: StageName, rank: int | None, passage: str) -> str:
    chunk = trace.chunks[passage]
    title = html_text(one_line(chunk.title or chunk.document_id, 60))
    label = STAGE_LOOKS[stage].label
    if rank is None:
        return f"<b>{title}</b><br>{label}: not retrieved"
    ranking = trace.rankings[stage]
    score = show_score(ranking.hits[rank - 1].score, ranking.unit)
    return f"<b>{title}</b><br>{label}: number {rank}, {score} {html_text(ranking.unit)}"


def _end_labels(
    trace: Trace, stages: tuple[StageName, ...], answer: str | None, twin: str | None
) -> dict[str, object]:
    """The titles of the last list's leaders, to the right of where their lines end."""
    hits = trace.rankings[stages[-1]].hits[: min(trace.settings.top, _EQUAL_STEPS)]
    chunks = [trace.chunks[hit.chunk_id] for hit in hits]
    titles = [one_line(chunk.title or chunk.document_id, _LABEL_CHARACTERS) for chunk in chunks]
    return {
        "type": "scatter",
        "x": [len(stages) - 1 + _LABEL_GAP] * len(hits),
        "y": [rank_height(hit.rank) for hit in hits],
        "mode": "text",
        "text": [
            _emphasised(html_text(title), is_answer=chunk.id == answer, is_twin=chunk.id == twin)
            for title, chunk in zip(titles, chunks, strict=True)
        ],
        "textposition": "middle right",
        "textfont": {"size": 13},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _emphasised(title: str, *, is_answer: bool, is_twin: bool) -> str:
    if is_twin:
        return f"<i>Twin</i> of {title}"
    return f"<b>{title}</b>" if is_answer else title


def _fit_one_row(stages: tuple[StageName, ...]) -> bool:
    return len(stages) <= len(STAGE_ORDER)


def _stage_axis(stages: tuple[StageName, ...]) -> dict[str, object]:
    # Six names do not fit side by side with their icons, and plotly would turn them.
    between = " " if _fit_one_row(stages) else "<br>"
    return {
        "tickvals": list(range(len(stages))),
        "ticktext": [f"{STAGE_LOOKS[s].icon}{between}{STAGE_LOOKS[s].label}" for s in stages],
        "tickangle": 0,
        "range": [-0.2, len(stages) - 1 + 0.5 * max(len(stages) - 1, 1)],
        "side": "top",
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"size": 14 if between == " " else 12},
    }


def ranks_axis() -> dict[str, object]:
    """Ranks from the top down, as ``rank_height`` puts them."""
    return {
        "tickvals": [*(rank_height(rank) for rank in _TICKS), _LANE],
        "ticktext": [*(str(rank) for rank in _TICKS), "not<br>retrieved"],
        "range": [_LANE + 0.6, 0.4],
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"size": 13},
    }


def ranks_margin(*, rows: int = 1) -> dict[str, int]:
    """Room for the ranks at the left, and for names above in one row or more."""
    return margin(left=64, top=8 + 22 * rows)


def unequal_band() -> dict[str, object]:
    """A quiet ground under the ranks whose steps are not equal."""
    return {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": _EQUAL_STEPS + 0.5,
        "y1": _LANE + 0.6,
        "fillcolor": QUIET_COLOUR,
        "opacity": 0.09,
        "line": {"width": 0},
        "layer": "below",
    }


def _caption(trace: Trace, passages: tuple[str, ...], answer: str | None) -> str:
    climbs = {passage: _climb(trace, passage) for passage in passages}
    if "rerank" not in trace.rankings or "hybrid" not in trace.rankings:
        lead = "passage that leads" if len(passages) == 1 else "passages that lead"
        return f"{len(passages)} {lead} a list, with the rank in each stage."
    risen = sum(climb > 0 for climb in climbs.values())
    fallen = sum(climb < 0 for climb in climbs.values())
    farthest = max(climbs, key=lambda passage: climbs[passage])
    sentence = f"Of {counted(len(passages), 'leading passage')} the reranker lifts {risen}"
    sentence += f" and lowers {fallen}"
    if climbs[farthest] > 0:
        hybrid = trace.rankings["hybrid"].ranks[farthest]
        title = one_line(trace.chunks[farthest].title, 50)
        sentence += f"; the farthest is “{title}”, from {hybrid} to {hybrid - climbs[farthest]}"
    thick = " The thick line is the answer." if answer in passages else ""
    return f"{sentence}.{thick}"
