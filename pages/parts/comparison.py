"""Two rankings of one question: how far they agree, their flow, and where they part first."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.parts.charts.frame import draw_chart
from pages.parts.charts.rank_slope import Side, rank_slope
from pages.parts.looks import STAGE_LOOKS, short_name, show_score
from pages.parts.passages import snippet_html
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.disagreement import Comparison, Disagreement, compare
from retrieval.settings import StageName
from retrieval.types import Chunk, Trace

_MOST_COMPARED = 10
"""Leading passages of either side; fewer where the lists show fewer."""
_MOST_CARDS = 6
_SNIPPET_CHARACTERS = 230


def compare_models(trace: Trace, answer: str | None) -> None:
    """The two encoders and the two rerankers of a trace, where it has both."""
    asked = trace.settings
    if {"dense", "dense_2"} <= set(trace.rankings):
        show_comparison(
            "encoders",
            "Two encoders, the same documents",
            (_side(trace, "dense", trace.encoder), _side(trace, "dense_2", asked.collection_2)),
            trace=trace,
            answer=answer,
        )
    if {"rerank", "rerank_2"} <= set(trace.rankings):
        show_comparison(
            "rerankers",
            "Two rerankers, the same candidates",
            (
                _side(trace, "rerank", short_name(asked.reranker)),
                _side(trace, "rerank_2", short_name(asked.reranker_2)),
            ),
            trace=trace,
            answer=answer,
        )


def _side(trace: Trace, stage: StageName, label: str) -> Side:
    return Side(label, STAGE_LOOKS[stage], trace.rankings[stage])


def show_comparison(
    key: str,
    heading: str,
    sides: tuple[Side, Side],
    *,
    trace: Trace,
    answer: str | None,
) -> None:
    """Two rankings side by side.

    Args:
        key: Names the part of the page.
        heading: What is compared.
        sides: The two rankings.
        trace: Of which they are; it has the passages that its lists show.
        answer: The passage marked as the answer.
    """
    leading = min(_MOST_COMPARED, trace.settings.top, len(trace.chunks))
    found = compare(sides[0].ranking, sides[1].ranking, leading)
    with st.container(key=f"compare_{key}", gap="small"):
        st.html(
            f'<h2 class="sl-compare-title">{html_text(heading)}</h2>'
            f'<p class="sl-quiet sl-agree">{html_text(_agreement(sides, found))}</p>'
        )
        flow, cards = st.columns([1, 1], gap="medium")
        with flow:
            draw_chart(rank_slope(f"slope_{key}", sides, found, trace.chunks, answer))
        cards.html(_cards_html(sides, found, trace.query, trace.chunks))


def _agreement(sides: tuple[Side, Side], found: Comparison) -> str:
    first, second = (side.label for side in sides)
    alike = ""
    if found.ordered_alike is not None:
        alike = (
            f", and put {found.ordered_alike:.0%} of the pairs of {found.common} passages in the "
            "same order"
        )
    return f"{first} and {second} share {found.shared} of their first {found.top}{alike}."


def _cards_html(
    sides: tuple[Side, Side], found: Comparison, query: str, chunks: Mapping[str, Chunk]
) -> str:
    if not found.disagreements:
        return '<div class="sl-vacant">They agree on every leading passage.</div>'
    cards = "".join(
        _card_html(sides, one, query, chunks[one.chunk_id])
        for one in found.disagreements[:_MOST_CARDS]
    )
    more = len(found.disagreements) - _MOST_CARDS
    rest = f'<p class="sl-quiet">and {more} more, less sharp</p>' if more > 0 else ""
    return (
        '<h3 class="sl-chart-title">Where they part, the sharpest first</h3>'
        f'<ol class="sl-list sl-parted">{cards}</ol>{rest}'
    )


def _card_html(sides: tuple[Side, Side], one: Disagreement, query: str, chunk: Chunk) -> str:
    places = "".join(
        _place_html(side, rank) for side, rank in zip(sides, (one.first, one.second), strict=True)
    )
    title = one_line(chunk.title or chunk.document_id, 90)
    snippet = snippet_html(query, chunk.text, _SNIPPET_CHARACTERS)
    return (
        f'<li data-chunk="{html_text(chunk.id)}" data-passage="{html_text(chunk.id)}">'
        f'<div class="sl-places">{places}</div><button type="button" class="sl-title">'
        f'{html_text(title)}</button><p class="sl-text">{snippet}</p></li>'
    )


def _place_html(side: Side, rank: int | None) -> str:
    label = html_text(one_line(side.label, 40))
    shown, score = "–", "not retrieved"
    if rank is not None:
        shown = str(rank)
        value = side.ranking.hits[rank - 1].score
        score = f"{show_score(value, side.ranking.unit)} {side.ranking.unit}"
    return (
        f'<span title="{label}"><b class="sl-sign" style="color:{side.look.colour}">'
        f"{side.look.icon}</b><b>{shown}</b> <span>{html_text(score)}</span></span>"
    )
