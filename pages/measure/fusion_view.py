"""Alpha and k: the answer's rank with its break points, and the maps over both and N."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.parts.charts.frame import draw_chart
from pages.parts.charts.fusion_path import Turning, fusion_path
from pages.parts.charts.heat_map import heat_chart
from pages.parts.errors import show_note
from pages.parts.safe_text import html_text
from retrieval.evaluation.heat import HeatMap
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.paths import FusionParameter, rank_path
from retrieval.settings import SearchSettings
from retrieval.types import Chunk

_PARAMETERS: tuple[FusionParameter, ...] = ("alpha", "rrf_k")


def show_paths(
    legs: Legs, answer: str | None, asked: SearchSettings, chunks: Mapping[str, Chunk]
) -> None:
    """Both curves of the answer's rank, side by side.

    Args:
        legs: The question's first-stage lists.
        answer: The answer's chunk; None where neither list returned it.
        asked: Where the sliders stand.
        chunks: All chunks of the lists.
    """
    st.subheader("Fusion: alpha and k", divider="gray")
    if answer is None:
        show_note(
            "Neither first list returned the answer, so no alpha and no k can.",
            "It shares no word with the question, or its vector is too far away.",
        )
        return
    for parameter, column in zip(_PARAMETERS, st.columns(2, gap="medium"), strict=True):
        path = rank_path(legs, answer, parameter)
        if path is None:
            continue
        value = asked.alpha if parameter == "alpha" else asked.rrf_k
        turning = Turning(path, value, path.rank_at(legs, value), chunks)
        with column:
            draw_chart(fusion_path(turning))
            with st.expander(f"All break points ({len(path.breaks)})"):
                st.html(breaks_html(turning))


def breaks_html(turning: Turning) -> str:
    """Every break point as a row: where, who, and from which rank to which."""
    if not turning.path.breaks:
        return f'<p class="sl-quiet">No passage changes places with it at any {turning.label}.</p>'
    rows = "".join(
        f"<tr><td>{turning.show(found.at)}</td><td>{html_text(turning.happening(found))}</td>"
        f"<td>{found.before} → {found.after}</td></tr>"
        for found in turning.path.breaks
    )
    return (
        '<div class="sl-table-wrap"><table class="sl-table sl-words"><thead><tr>'
        f'<th scope="col">{turning.label}</th><th scope="col">what happens</th>'
        f'<th scope="col">rank</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def show_maps(maps: tuple[HeatMap, ...], asked: SearchSettings) -> None:
    """The maps side by side."""
    for heat, column in zip(maps, st.columns(len(maps), gap="medium"), strict=True):
        with column:
            draw_chart(heat_chart(heat, asked))
