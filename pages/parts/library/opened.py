"""Which collection the library has open, kept in the address, and the ways from here to others."""

from __future__ import annotations

import streamlit as st

_SEARCH_PAGE = "pages/explore/search.py"
_KEY = "collection"


def opened_name() -> str | None:
    """The collection that is open, or None while all are listed."""
    return st.query_params.get(_KEY)


def open_collection(name: str) -> None:
    """Show one collection."""
    st.query_params[_KEY] = name


def close_collection() -> None:
    """Back to the list."""
    st.query_params.pop(_KEY, None)


def open_in_search(name: str, query: str | None = None, beside: str | None = None) -> None:
    """Go to the search page with this collection, and a question or a second one if there is."""
    more = {"query": query, "collection_2": beside}
    asked = {_KEY: name, **{key: value for key, value in more.items() if value is not None}}
    st.switch_page(_SEARCH_PAGE, query_params=asked)
