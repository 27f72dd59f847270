"""The reviews of this server, opened once, and who stands before them."""

# ruff: noqa: PLC0415  (LanceDB is read after the page has said so)

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from retrieval.settings import settings

if TYPE_CHECKING:
    from retrieval.review.shares import Share
    from retrieval.review.store import ReviewStore

INVITE = "invite"
"""Parameter of an address that holds a share link's token."""
NAME = "reviewer"
"""Parameter of an address that holds the name somebody judges under, where nobody signs in."""


@st.cache_resource(show_spinner=False)
def reviews() -> ReviewStore:
    """The reviews of this home."""
    from retrieval.review.store import ReviewStore

    return ReviewStore(settings().places)


def invitation() -> Share | None:
    """The share link that this session was opened by; None where it was not.

    Raises:
        RoleError: If the link opens nothing, or no longer.
    """
    # Kept in the session, so that the one review is all it ever sees.
    token = st.session_state.get(INVITE) or st.query_params.get(INVITE)
    if not token:
        return None
    st.session_state[INVITE] = token
    return reviews().shares.open(token)


def typed_reviewer() -> str:
    """The name that somebody judges under, where nobody signs in; empty before they typed one."""
    return str(st.session_state.get(NAME) or st.query_params.get(NAME) or "")


def keep_reviewer(name: str) -> None:
    """Judge under this name; the address keeps it, so that a reload finds the same place."""
    st.session_state[NAME] = name
    st.query_params[NAME] = name


def forget_reviewer() -> None:
    """Somebody else wants to judge."""
    st.session_state.pop(NAME, None)
    st.query_params.pop(NAME, None)
