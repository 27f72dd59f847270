"""The reviews that somebody may see, and for the team the way to a new one."""

from __future__ import annotations

import streamlit as st

from pages.parts.errors import show_note
from pages.parts.library.background import background
from pages.parts.resources import engine
from pages.parts.review.bringing_in import bring_in
from pages.parts.review.desk import reviews
from pages.parts.review.making_work import made_review, show_makings
from pages.parts.safe_text import html_text
from retrieval.access import Person
from retrieval.review.types import Review
from retrieval.wording import counted

NEW = "new"
"""In place of a review's id in an address: the form of a new one."""


def show_shelf(person: Person) -> None:
    """Draw the list."""
    st.html(
        '<h1 class="sl-brand">Reviews</h1><p>Judge what search returned, without knowing who '
        "returned it.</p>"
    )
    if person.may("editor"):
        with st.container(horizontal=True):
            st.button(
                "New review",
                type="primary",
                icon=":material/add:",
                key="new_review",
                on_click=open_review,
                args=(NEW,),
            )
            bring_in(person)
        slot = st.empty()
        work = background(engine(slot)).makings
        slot.empty()
        # Who looks at the list finds it there, and is led nowhere.
        jobs = work.list()
        made_review(jobs)
        show_makings(work, jobs)
    found = reviews().list(person)
    if not found:
        hint = (
            "Make one: pick questions and systems, and send the link."
            if person.may("editor")
            else "Ask whoever invited you for a link, or to add your address."
        )
        show_note("There is no review yet.", hint)
    for review in found:
        _show_card(person, review)


def open_review(review_id: str) -> None:
    """Go to a review by its address."""
    st.query_params["review"] = review_id


def close_review() -> None:
    """Go back to the list."""
    st.query_params.pop("review", None)


def back_button(label: str = "All reviews") -> None:
    """The way back to the list."""
    st.button(
        label,
        icon=":material/arrow_back:",
        type="tertiary",
        key="close_review",
        on_click=close_review,
    )


def facts(review: Review) -> str:
    """What a review is about, in a line."""
    parts = [
        counted(len(review.questions), "question"),
        "two lists side by side" if review.draft.mode == "lists" else "one passage at a time",
    ]
    if review.systems:
        parts.insert(0, review.collection)
        parts.append(", ".join(one.name for one in review.systems))
    if review.closed:
        parts.append("closed")
    return " · ".join(parts)


def _show_card(person: Person, review: Review) -> None:
    said = facts(review)
    if not person.may("editor"):
        progress = reviews().seat(person, review.id).progress()
        said += f" · {progress.done:,} of {progress.total:,} judged"
    with (
        st.container(border=True, key=f"card_{review.id}"),
        st.container(horizontal=True, vertical_alignment="center", gap="medium"),
    ):
        st.html(
            f'<p class="sl-card-name"><b>{html_text(review.name)}</b><br>'
            f'<span class="sl-quiet">{html_text(said)}</span></p>'
        )
        st.button(
            "Open" if person.may("editor") else "Judge",
            key=f"open_{review.id}",
            on_click=open_review,
            args=(review.id,),
        )
