"""The review page: people judge results blind, and the team sees how far they agree."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.errors import clear_errors, show_note
from pages.parts.resources import engine
from pages.parts.review.desk import forget_reviewer, invitation, reviews
from pages.parts.review.sheet import apply_sheet
from pages.parts.safe_text import html_text, markdown_text
from pages.parts.sign_in import person_of_session
from retrieval.access import Person

if TYPE_CHECKING:
    from retrieval.review.types import Review

VIEWS = (
    *("Progress", "Judge", "Agreement", "Disagreements"),
    *("Results", "Learn", "Files", "Share and settings"),
)


def show_page() -> None:
    """Draw the list of reviews, or the one that the address names."""
    apply_sheet()
    strip = st.empty()
    with clear_errors(strip):
        person = person_of_session()
        with strip, st.spinner("Opening the reviews …"):
            reviews()
        strip.empty()
        show_notes()
        review_id = person.review_id or st.query_params.get("review", "")
        if not review_id and (share := invitation()):
            review_id = share.review_id
        if person.may("editor") and review_id:
            show_led(person, review_id, strip)
        elif review_id:
            show_seat(person, review_id)
        else:
            from pages.parts.review.shelf import show_shelf

            show_shelf(person)


def show_notes() -> None:
    """What came of a review that was brought in, told once."""
    if notes := st.session_state.pop("review_in_notes", None):
        st.html(f"<ul>{''.join(f'<li>{html_text(one)}</li>' for one in notes)}</ul>")


def show_led(person: Person, review_id: str, strip: DeltaGenerator) -> None:
    """A review as the team sees it, or the form of a new one."""
    from pages.parts.review.making import show_making
    from pages.parts.review.sharing import show_sharing
    from pages.parts.review.shelf import NEW, back_button, facts

    back_button()
    if review_id == NEW:
        show_making(person, strip)
        return
    review = reviews().get(person, review_id)
    st.html(f'<h1 class="sl-brand">{html_text(review.name)}</h1><p>{html_text(facts(review))}</p>')
    view = st.segmented_control(
        "View",
        VIEWS,
        default=VIEWS[0],
        key="review_view",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    if view == "Judge":
        show_seat(person, review_id)
    elif view == "Share and settings":
        show_sharing(person, review)
    else:
        show_behind(person, review_id, view or VIEWS[0])


def show_behind(person: Person, review_id: str, view: str) -> None:
    """What the team sees of the judgments."""
    from pages.parts.review.agreement_view import show_agreement
    from pages.parts.review.disputes import show_disputes
    from pages.parts.review.files_view import show_files
    from pages.parts.review.overview import show_overview
    from pages.parts.review.results_view import show_results

    lead = reviews().lead(person, review_id)
    if view == "Progress":
        show_overview(lead)
    elif view == "Agreement":
        show_agreement(lead)
    elif view == "Disagreements":
        show_disputes(person, lead)
    elif view == "Files":
        show_files(lead)
    elif view == "Learn":
        show_lessons(lead.review)
    else:
        show_results(lead)


def show_lessons(review: Review) -> None:
    """The way from judgments to a model."""
    from pages.parts.learning.learnings import REVIEW, Judgments
    from pages.parts.learning.section import show_learning

    if review.draft.mode == "lists":
        show_note(
            "Preferences between whole lists grade no passage.",
            "Make a review of passages, one at a time, to learn from it.",
        )
        return
    slot = st.empty()
    made = engine(slot)
    slot.empty()
    show_learning(made, Judgments(review.collection, f"{REVIEW}{review.id}", review.name))


def show_seat(person: Person, review_id: str) -> None:
    """A review as a reviewer sees it, once there is a name to judge under."""
    from pages.parts.review.judging import show_judging
    from pages.parts.review.shelf import back_button
    from pages.parts.review.welcome import ask_name

    review = reviews().get(person, review_id)
    if not person.name:
        title = "Who is judging?" if person.may("editor") else review.name
        ask_name(title, person, review_id)
        return
    if not person.may("editor"):
        st.html(f'<p class="sl-over">{html_text(review.name)}</p>')
        if not person.link:
            back_button()
    show_judging(reviews().seat(person, review_id))
    if not person.signed_in:
        st.button(
            f"Not {markdown_text(person.name)}?",
            type="tertiary",
            key="other_name",
            on_click=forget_reviewer,
        )


show_page()
