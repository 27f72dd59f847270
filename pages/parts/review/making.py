"""A new review: what is asked, whose results are judged, how, and by whom."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.controls import Choices, pool_settings
from pages.parts.errors import clear_errors
from pages.parts.library.background import background
from pages.parts.model_choice import model_uses
from pages.parts.question_bar import open_picked
from pages.parts.resources import Engine, engine
from pages.parts.review.making_work import began, made_review, show_makings
from pages.parts.review.question_table import pick_questions
from retrieval.access import Person
from retrieval.settings import DEPTH
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.evaluation.table import Entry
    from retrieval.review.scale import Scale
    from retrieval.review.types import Draft, Mode
    from retrieval.store import Collection

GUIDELINES = """\
**Judge the passage, not the document, and only for the question above it.**

- Ask: does somebody who needs this get it from this passage?
- A passage that says the opposite of what was asked is *not relevant*, however alike it sounds.
- Judge each passage by itself. How good the others are does not matter.
- If you cannot tell, for want of knowledge or because the text is broken, say *Cannot judge*.
"""
MODES: dict[Mode, str] = {
    "passages": "One passage at a time, with a grade",
    "lists": "Two whole lists side by side, with a preference",
}
_SCALES = {"graded": "0 to 3", "binary": "Yes or no"}
_AT_FIRST = ("bm25", "dense", "rerank")
_PATIENCE_SECONDS = 1.5


def show_making(person: Person, strip: DeltaGenerator) -> None:
    """Draw the form of a new review, and make it."""
    from retrieval.review.draft import MOST_NEEDED
    from retrieval.review.types import Draft

    st.html(
        '<h1 class="sl-brand">New review</h1><p>What is asked, whose results are judged, and '
        "by whom.</p>"
    )
    made = engine(strip)
    work = background(made).makings
    jobs = work.list()
    if review_id := made_review(jobs):
        st.query_params["review"] = review_id
        st.rerun()
    if show_makings(work, jobs):
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        collection = open_picked(made, strip, strip)
        if collection is None:
            return
        strip.empty()
        questions = pick_questions(made, collection)
        entries = _pick_systems(made, collection)
        guidelines = st.text_area(
            "Guidelines for reviewers (Markdown)", GUIDELINES, key="review_guidelines", height=190
        )
    with right:
        title = st.text_input(
            "Name",
            f"{collection.name}: relevance",
            key=f"review_name_{collection.id}",
            max_chars=80,
        )
        mode = st.radio(
            "What reviewers judge", list(MODES), format_func=MODES.__getitem__, key="review_mode"
        )
        scale = _pick_scale(is_used=mode == "passages")
        depth = st.number_input(
            "Depth",
            1,
            DEPTH,
            10,
            key="review_depth",
            help="How many passages of each system's list are judged. nDCG@10 needs 10.",
        )
        needed = st.number_input(
            "Reviewers a passage needs",
            1,
            MOST_NEEDED,
            2,
            key="review_needed",
            help="Two or more let you see how far people agree.",
        )
        invited = _pick_reviewers()
        most = len(questions) * len(entries) * depth
        st.caption(
            f"{counted(len(questions), 'question')}, {counted(len(entries), 'system')}: at most "
            f"{counted(most, 'passage')}, fewer where systems agree."
        )
        draft = Draft(title, questions, scale, guidelines, int(depth), int(needed), mode, invited)
        if st.button(
            "Make the review", type="primary", icon=":material/rate_review:", key="make_review"
        ):
            with clear_errors():
                _make(person, made, collection, draft, entries)


def _pick_systems(made: Engine, collection: Collection) -> dict[str, Entry]:
    """The stages at the settings of the sidebar, and the saved systems, as far as picked."""
    from retrieval.evaluation.recipes import stage_recipes
    from retrieval.evaluation.table import Entry

    snapshot = collection.snapshot()
    with st.expander("Settings of the stages", icon=":material/tune:", key="review_settings"):
        rerankers = model_uses("reranker")
        asked = pool_settings(Choices({}, rerankers, snapshot.facets(), snapshot.encoder))
    work = background(made).evaluations
    entries = {name: Entry(name, recipe) for name, recipe in stage_recipes(asked).items()}
    for system in work.systems.list(collection.id):
        run = work.systems.run(system) if system.is_run else None
        entries[system.name] = Entry(system.name, system.recipe, system, run)
    picked = st.pills(
        "Systems to pool",
        list(entries),
        default=[name for name in _AT_FIRST if name in entries],
        selection_mode="multi",
        key=f"review_systems_{collection.id}",
        help="Reviewers never see which system brought a passage, nor at which rank.",
    )
    return {name: entries[name] for name in picked}


def _pick_scale(*, is_used: bool) -> Scale:
    from retrieval.review.scale import SCALES

    if not is_used:
        return SCALES["graded"]
    picked = st.segmented_control(
        "Grades",
        list(_SCALES),
        format_func=_SCALES.__getitem__,
        default="graded",
        key="review_scale",
        required=True,
    )
    scale = SCALES[picked or "graded"]
    with st.expander("Words on the buttons", key="review_words"):
        words = [
            st.text_input(f"Grade {grade}", scale.word(grade), key=f"word_{scale.id}_{grade}")
            for grade in reversed(scale.grades)
        ]
    return scale.worded(words[::-1])


def _pick_reviewers() -> tuple[str, ...]:
    typed = st.text_area(
        "Reviewers",
        key="review_people",
        height=80,
        placeholder="ann@example.org, @example.org, or * for every reviewer",
        help="Who signs in and may judge. A share link, made afterwards, invites anybody else; "
        "the team may judge in any case.",
    )
    return tuple(part.strip() for part in typed.replace(",", "\n").split("\n") if part.strip())


def _make(
    person: Person,
    made: Engine,
    collection: Collection,
    draft: Draft,
    entries: Mapping[str, Entry],
) -> None:
    from retrieval.review.types import PooledSystem

    systems = [PooledSystem(name, entry.recipe) for name, entry in entries.items()]
    work = background(made).makings
    job = work.submit(person, collection, draft, systems)
    began(job)
    # A small one is made before the page is drawn again.
    work.wait(job.id, _PATIENCE_SECONDS)
    st.rerun()
