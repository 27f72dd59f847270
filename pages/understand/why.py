"""Why a stage scored a passage as it did, word by word, and a second passage beside it."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.carried_view import carry_view
from pages.parts.controls import pick_reranker
from pages.parts.errors import clear_errors, show_note
from pages.parts.model_choice import model_uses
from pages.parts.question_bar import ask_of, open_picked
from pages.parts.resources import Engine, engine, models_ready
from pages.parts.safe_text import html_text
from pages.parts.why.sheet import apply_sheet
from retrieval.settings import SearchSettings

if TYPE_CHECKING:
    from retrieval.explain.explainer import Explainer, Passage
    from retrieval.store import Snapshot

BRAND_HTML = (
    '<h1 class="sl-brand">Why this score?</h1>'
    "<p>What each word does to a score, in every stage, for one passage or for two.</p>"
)
SHARED = ("collection", "query", "reranker")
SCRIPT = "pages/understand/why.py"


class Slots(NamedTuple):
    """Where the page speaks: the strip under the question, and the line above it."""

    strip: DeltaGenerator
    notice: DeltaGenerator


def show_page() -> None:
    """Draw the page from top to bottom."""
    carry_view(SCRIPT, "passage", SHARED, beside={"passage"})
    apply_sheet()
    notice = st.container()
    with st.container(key="bar"):
        bar = st.columns([2.6, 6.4, 2.2], vertical_alignment="bottom", gap="small")
    strip = st.empty()
    with clear_errors(strip):
        made = engine(strip)
        with bar[0]:
            collection = open_picked(made, notice, strip)
        if collection is None:
            return
        query, _ = ask_of(collection, bar[1], bar[2])
        with st.sidebar:
            st.html(BRAND_HTML)
            reranker = pick_reranker(model_uses("reranker"))
        snapshot = collection.snapshot()
        if not len(snapshot):
            show_note("This collection is empty.", "Open the Library and add some files.", strip)
            return
        asked = SearchSettings(reranker=reranker)
        explainer, passages = read_texts(made, snapshot, query, asked, Slots(strip, notice))
        explain(explainer, passages, strip)


def read_texts(
    made: Engine, snapshot: Snapshot, query: str, asked: SearchSettings, slots: Slots
) -> tuple[Explainer, tuple[Passage, ...]]:
    """Draw the two passages' boxes, and put together what is explained.

    Raises:
        QueryError: If the question or the passage is empty or has no word.
    """
    from pages.parts.why.inputs import copy_passage, find_leaders, pick_passages
    from retrieval.explain.explainer import Explainer, check_text

    explainer = Explainer(made.models, made.cache, snapshot, query, asked)
    boxes = st.columns(2, gap="medium")
    if not models_ready(made, snapshot.encoder, asked):
        slots.strip.status("Loading the models …")
    leaders = find_leaders(made, snapshot, explainer.query, asked.reranker)
    passages, missing = pick_passages(leaders, snapshot, boxes)
    with boxes[1]:
        st.button(
            "Start from the passage, and change a word",
            icon=":material/content_copy:",
            key="copy_passage",
            on_click=copy_passage,
        )
    for one in missing:
        show_note(
            f"There is no passage “{one}” in this collection.",
            "It may have changed since the address was made. This is another one.",
            slots.notice,
        )
    for name, passage in zip(("The passage", "The second text"), passages, strict=False):
        check_text(passage.text, name)
    return explainer, passages


def explain(explainer: Explainer, passages: tuple[Passage, ...], strip: DeltaGenerator) -> None:
    """The scores of all stages, and one stage's explanation."""
    from pages.parts.why.scene import Scene
    from pages.parts.why.sentences import headline
    from pages.parts.why.tables import score_table_html
    from pages.parts.why.views import show_stage
    from retrieval.explain.explainer import EXPLAINED

    table = st.container()
    stage = st.segmented_control(
        "Explain",
        list(EXPLAINED),
        default=EXPLAINED[-1],
        key="stage",
        bind="query-params",
        required=True,
    )
    scene = Scene(explainer, passages, st.empty())
    scores = {
        stage: [scene.score(stage, passage) for passage in passages] for stage in explainer.stages
    }
    table.html(score_table_html(scores))
    strip.html(
        f'<div class="sl-strip" role="status"><p class="sl-happened"><strong>'
        f"{html_text(headline(scores))}</strong></p></div>"
    )
    below = st.container(gap="small")
    with clear_errors(below), below:
        show_stage(scene, stage or EXPLAINED[-1])


show_page()
