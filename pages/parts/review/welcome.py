"""Asks for the name to judge under, where nobody signs in."""

from __future__ import annotations

import streamlit as st

from pages.parts.errors import clear_errors, show_note
from pages.parts.review.desk import keep_reviewer, reviews
from pages.parts.safe_text import html_text, markdown_text
from retrieval.access import Person
from retrieval.review.names import Taken
from retrieval.review.people import LONGEST_NAME, guest, local_reviewer, typed_name
from retrieval.wording import counted

_TAKEN = "name_taken"


def ask_name(title: str, person: Person, review_id: str) -> None:
    """Draw the form; a name that was typed before leads back to what was judged under it.

    Args:
        title: What stands above it.
        person: Who is here, still without a name.
        review_id: What they are to judge.
    """
    with st.container(key="welcome"), clear_errors():
        st.html(
            f'<h1 class="sl-brand">{html_text(title)}</h1>'
            "<p>You will see questions and passages, one at a time, and say how well each passage "
            "answers. There is no way to break anything: each answer is stored at once, can be "
            "taken back, and you can stop and come back at any time under the same name.</p>"
        )
        with st.form("who", border=False):
            typed = st.text_input("Your name", key="who_name", max_chars=LONGEST_NAME)
            if st.form_submit_button("Begin", type="primary", key="begin"):
                _begin(typed_name(typed), person, review_id)
        asked_in, taken = st.session_state.get(_TAKEN, ("", None))
        if taken is not None and asked_in == review_id:
            _ask_whether(taken)


def _begin(name: str, person: Person, review_id: str) -> None:
    """Judge under a name that is free; of one that is taken, ask whether it is theirs."""
    who = guest(name, person.link, person.review_id) if person.link else local_reviewer(name)
    taken = reviews().take_name(who, review_id)
    st.session_state[_TAKEN] = (review_id, taken)
    if taken is None:
        keep_reviewer(name)
        st.rerun()


def _ask_whether(taken: Taken) -> None:
    said = counted(taken.answers, "answer") if taken.answers else "no answer yet"
    when = f"{taken.last[:10]} at {taken.last[11:16]} UTC"
    show_note(
        f"Somebody judges as “{taken.name}” already: {said}, last here on {when}. Is that you?",
        "If it is not, add something to your name above, such as a second initial, and begin: two "
        "people under one name would count as one.",
    )
    st.button(
        f"Yes, go on as {markdown_text(taken.name)}",
        icon=":material/login:",
        key="same_person",
        on_click=_go_on,
        args=(taken.name,),
    )


def _go_on(name: str) -> None:
    st.session_state.pop(_TAKEN, None)
    keep_reviewer(name)
