"""Asks for the name to judge under, where nobody signs in."""

from __future__ import annotations

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.review.desk import keep_reviewer
from pages.parts.safe_text import html_text
from retrieval.review.people import LONGEST_NAME, typed_name


def ask_name(title: str) -> None:
    """Draw the form; a name that was typed before leads back to what was judged under it."""
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
                keep_reviewer(typed_name(typed))
                st.rerun()
