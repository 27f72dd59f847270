"""Share links of a review: made, listed, withdrawn; and what may be changed while people judge."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.library.cells import cell_text
from pages.parts.review.desk import INVITE, reviews
from pages.parts.review.shelf import close_review
from pages.parts.safe_text import html_text
from retrieval.access import Person
from retrieval.review.draft import MOST_NEEDED
from retrieval.review.shares import Share
from retrieval.review.types import Review

_DAYS = {7: "7 days", 30: "30 days", 90: "90 days", 0: "until it is withdrawn"}


def show_sharing(person: Person, review: Review) -> None:
    """Draw links on the left and settings on the right."""
    links, change = st.columns(2, gap="large")
    with links, clear_errors():
        _links(person, review)
    with change, clear_errors():
        _settings(person, review)


def link_address(token: str) -> str:
    """The address that opens the review a token belongs to."""
    base = (st.context.url or "").partition("?")[0]
    return f"{base}?{urlencode({INVITE: token})}"


def _links(person: Person, review: Review) -> None:
    st.subheader("Share links", divider="gray")
    st.caption(
        "Whoever holds the link can judge this review and sees nothing else. The link is shown "
        "once; only a fingerprint of it is stored."
    )
    with st.form("make_link", border=False, clear_on_submit=True):
        label = st.text_input("For whom", placeholder="the pharmacists", key="link_label")
        days = st.selectbox("Holds", list(_DAYS), index=1, format_func=_DAYS.__getitem__)
        if st.form_submit_button("Make a link", icon=":material/add_link:", key="make_link_yes"):
            token = reviews().shares.create(person, review.id, label, days or None)
            st.session_state["link_made"] = (review.id, link_address(token))
    made = st.session_state.get("link_made")
    if made and made[0] == review.id:
        st.code(made[1], language=None, wrap_lines=True)
    for share in reviews().shares.list(person, review.id):
        _show_link(person, share)


def _show_link(person: Person, share: Share) -> None:
    state = "open" if share.is_open else "withdrawn" if share.revoked else "run out"
    until = f", until {share.expires[:10]}" if share.expires and share.is_open else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        label = html_text(cell_text(share.label, 60)) or "without a label"
        st.html(
            f"<p><b>{label}</b> <span class='sl-quiet'>{state}{until}, made "
            f"{share.created[:10]}</span></p>"
        )
        if share.is_open:
            st.button(
                "Withdraw",
                key=f"revoke_{share.id}",
                type="tertiary",
                on_click=_revoke,
                args=(person, share),
            )


def _revoke(person: Person, share: Share) -> None:
    with clear_errors():
        reviews().shares.revoke(person, share.id)


def _settings(person: Person, review: Review) -> None:
    st.subheader("Settings", divider="gray")
    with st.form("review_settings_form", border=False):
        name = st.text_input("Name", review.name, key="set_name")
        needed = st.number_input(
            "Reviewers a passage needs", 1, MOST_NEEDED, review.draft.needed, key="set_needed"
        )
        people = st.text_area("Reviewers", "\n".join(review.draft.reviewers), key="set_people")
        guidelines = st.text_area(
            "Guidelines (Markdown)", review.draft.guidelines, height=180, key="set_guidelines"
        )
        words = [
            st.text_input(f"Grade {grade}", review.scale.word(grade), key=f"set_word_{grade}")
            for grade in reversed(review.scale.grades)
        ]
        closed = st.checkbox("Closed: nothing more can be judged", review.closed, key="set_closed")
        if st.form_submit_button("Save", type="primary", key="save_review"):
            reviews().change(
                person,
                review.id,
                name=name,
                needed=int(needed),
                reviewers=[one.strip() for one in people.splitlines() if one.strip()],
                guidelines=guidelines,
                scale=review.scale.worded(words[::-1]),
                closed=closed,
            )
            st.rerun()
    if person.may("admin") and st.button(
        "Delete the review", icon=":material/delete:", key="delete_review"
    ):
        _confirm_deletion(person, review)


@st.dialog("Delete this review?")
def _confirm_deletion(person: Person, review: Review) -> None:
    st.html(
        f"<p><strong>{html_text(review.name)}</strong> will be removed with all its judgments. "
        "Export them first, if they should outlive it.</p>"
    )
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", icon=":material/delete:", key="delete_review_yes"):
            with clear_errors():
                reviews().delete(person, review.id)
                close_review()
                st.rerun()
        if st.button("Keep it", key="delete_review_no"):
            st.rerun()
