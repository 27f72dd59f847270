"""A page that is picked from the menu comes with the settings of the page that was left."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from pages.parts import state


def carry_view(page: str, marker: str, shared: Iterable[str]) -> None:
    """Open the page again with what was set before, unless an address asks for a view of its own.

    Streamlit clears the address when a page is picked from the menu.

    Args:
        page: The page's script.
        marker: Key of a control that only this page has: without it this is the first run since.
        shared: Keys of the controls that the pages have in common.
    """
    if marker in st.session_state or st.query_params:
        return
    left = {key: st.session_state.get(key) for key in shared} | {"answer": state.marked_answer()}
    values = {
        key: list(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in left.items()
        if value not in (None, [], "")
    }
    if values:
        st.switch_page(page, query_params=values)
