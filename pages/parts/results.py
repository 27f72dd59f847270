"""The results of a search, drawn as they arrive: first the cheap lists, then batch by batch."""

from __future__ import annotations

import time
from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.charts.costs import cost_chart, cost_table_html
from pages.parts.charts.frame import draw_chart
from pages.parts.charts.rank_flow import rank_flow
from pages.parts.charts.score_curves import score_curves
from pages.parts.charts.score_pairs import score_pairs
from pages.parts.comparison import compare_models
from pages.parts.looks import STAGE_LOOKS
from pages.parts.result_lists import Marks, list_html, tabs_html, waiting_html
from retrieval.explain.flags import FlagRule, hit_flags
from retrieval.settings import StageName
from retrieval.types import Ranking, Trace

_SECONDS_BETWEEN_DRAWINGS = 0.15

Flags = tuple[tuple[FlagRule, ...], ...]
"""The flags of each hit that is shown."""


class ResultLists:
    """The columns of the lists; each is drawn again only when its ranking or a flag has changed.

    Args:
        stages: The stages to show, one column each.
        waiting: Whether to draw waiting cards now; otherwise the lists of the last run stand
            until the first hits replace them.
    """

    def __init__(self, stages: tuple[StageName, ...], *, waiting: bool) -> None:
        self._slots: dict[StageName, DeltaGenerator] = {}
        self._drawn: dict[StageName, tuple[Ranking, Flags]] = {}
        self._columns: dict[StageName, DeltaGenerator] = {}
        self._failed: set[StageName] = set()
        with st.container(key="lists", gap=None):
            st.html(tabs_html(stages))
            row = st.container(horizontal=True, key="lists_row")
            for stage in stages:
                self._columns[stage] = row.container(key=f"list_{stage}", gap=None)
                if waiting:
                    self._put(stage, waiting_html(stage))

    def draw(self, trace: Trace, marks: Marks) -> None:
        """Bring every list up to date."""
        for stage in self._columns:
            ranking = trace.rankings.get(stage)
            if stage in trace.failed and stage not in self._failed:
                self._put(stage, list_html(trace, stage, marks))
                self._failed.add(stage)
            if ranking is None:
                continue
            # A flag of an early list may wait for the reranker's score.
            now = (ranking, _flags(trace, ranking))
            if self._drawn.get(stage) != now:
                self._put(stage, list_html(trace, stage, marks))
                self._drawn[stage] = now

    def _put(self, stage: StageName, body: str) -> None:
        place = self._slots.get(stage) or self._columns[stage]
        self._slots[stage] = place.html(body)


def _flags(trace: Trace, ranking: Ranking) -> Flags:
    return tuple(hit_flags(trace, hit.chunk_id) for hit in ranking.hits[: trace.settings.top])


def paced(traces: Iterator[Trace], *, again: bool = False) -> Iterator[Trace]:
    """The traces worth drawing: a new list at once, a growing one a few times a second.

    Args:
        traces: The search as it grows.
        again: Whether lists of the same question stand already. Then what follows within a blink
            is not drawn in steps, so that a moved slider draws each list once.
    """
    drawn_at, drawn_stages = (time.monotonic(), len(STAGE_LOOKS)) if again else (0.0, 0)
    skipped: Trace | None = None
    for trace in traces:
        now = time.monotonic()
        has_new_list = "hybrid" in trace.rankings and len(trace.rankings) > drawn_stages
        if has_new_list or now - drawn_at > _SECONDS_BETWEEN_DRAWINGS:
            yield trace
            drawn_at, drawn_stages, skipped = now, len(trace.rankings), None
        else:
            skipped = trace
    if skipped is not None:
        yield skipped


def draw_charts(trace: Trace, answer: str | None) -> None:
    """The charts under the lists; on narrow screens they stack."""
    flow, pairs = st.columns([3, 2], gap="medium")
    with flow:
        draw_chart(rank_flow(trace, answer))
    with pairs:
        draw_chart(score_pairs(trace, answer))
    compare_models(trace, answer)
    draw_chart(score_curves(trace, answer))
    chart, table = st.columns([2, 3], gap="medium")
    with chart:
        draw_chart(cost_chart(trace))
    with table:
        st.html(cost_table_html(trace))


def busy_label(trace: Trace | None, stages: tuple[StageName, ...]) -> str:
    """What the search is doing now, for the status line."""
    done = trace.rankings if trace else {}
    ahead = next((s for s in stages if s not in done or done[s].pending), stages[-1])
    return f"Loading and running: {STAGE_LOOKS[ahead].label} ({STAGE_LOOKS[ahead].reads}) …"
