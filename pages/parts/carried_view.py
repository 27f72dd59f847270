"""A page that is picked from the menu comes with the settings of the page that was left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

import streamlit as st

from pages.parts import state

_NOTHING: Mapping[str, str] = MappingProxyType({})


def carry_view(
    page: str,
    marker: str,
    shared: Iterable[str],
    own: Mapping[str, str] = _NOTHING,
    *,
    beside: AbstractSet[str] = frozenset(),
) -> None:
    """Open the page again with what was set before, unless an address asks for a view of its own.

    Streamlit clears the address when a page is picked from the menu.

    Args:
        page: The page's script.
        marker: Key of a control that only this page has: without it this is the first run since.
        shared: Keys of the controls that the pages have in common.
        own: What this page's own controls stood at when it was left, by their keys.
        beside: Parameters that do not make an address a view of its own, such as the passage that
            a hit was clicked for: the page that was left may not write what its widgets are bound
            to, so it sends nothing else. They stay in the address.
    """
    if marker in st.session_state or set(st.query_params) - beside:
        return
    left = {key: st.session_state.get(key) for key in shared} | dict(own)
    left["answer"] = state.marked_answer()
    values = {
        key: list(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in left.items()
        if value not in (None, [], "")
    }
    if values:
        st.switch_page(page, query_params={**values, **st.query_params.to_dict()})
