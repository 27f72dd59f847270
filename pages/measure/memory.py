"""What the page computed last, kept for the session, so that a moved slider computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def recalled(name: str, key: Hashable) -> Any:
    """The last value of this name if it has this key, and otherwise None."""
    kept_key, value = st.session_state.get(f"kept_{name}", (None, None))
    return value if kept_key == key else None


def remembered(name: str, key: Hashable, make: Callable[[], T]) -> T:
    """The last value of this name if it has this key, and otherwise one that is made now."""
    value: T | None = recalled(name, key)
    if value is None:
        value = make()
        st.session_state[f"kept_{name}"] = (key, value)
    return value
