"""What leaves a review: qrels, everything that was said, and a summary."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import show_note
from pages.parts.review.results_view import pick_aggregate
from pages.parts.safe_text import html_text, markdown_text
from retrieval.errors import ReviewError
from retrieval.review.exports import EXPORTS

if TYPE_CHECKING:
    from retrieval.review.lead import Lead


def show_files(lead: Lead) -> None:
    """Draw a row for the summary and one for each form."""
    from retrieval.review.summary import summarise  # noqa: PLC0415  (reads scipy)

    how = "median" if lead.review.draft.mode == "lists" else pick_aggregate()
    st.html('<h2 class="sl-wing">For people who will never read a score</h2>')
    try:
        summary = summarise(lead, how)
    except ReviewError as error:
        show_note(error.message, error.hint)
    else:
        st.html("".join(f"<p>{html_text(one)}</p>" for one in summary.sentences))
        st.download_button(
            "Summary (HTML)",
            summary.html,
            f"{lead.review.name}.html",
            "text/html",
            type="primary",
            icon=":material/download:",
            key="summary_file",
            help="These three sentences and two pictures, in one file.",
            on_click="ignore",
        )
    st.html('<h2 class="sl-wing">For other tools</h2>')
    for form in EXPORTS.values():
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            # Made when it is clicked, so that drawing the page reads no judgment twice.
            st.download_button(
                form.label,
                partial(form.text, lead, how),
                form.name(lead.review.name),
                form.mime,
                icon=":material/download:",
                key=f"export_{form.id}",
                on_click="ignore",
                width=230,
            )
            st.caption(markdown_text(form.help))
