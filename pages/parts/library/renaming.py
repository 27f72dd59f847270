"""Calling a collection something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.library.opened import open_collection
from pages.parts.resources import Engine

if TYPE_CHECKING:
    from retrieval.store import CollectionInfo


def rename_form(made: Engine, info: CollectionInfo) -> None:
    """A button that opens a field for the new name."""
    with (
        st.popover("Rename", icon=":material/edit:", key="rename"),
        st.form(f"rename_{info.id}_{info.name}", border=False),
    ):
        new = st.text_input("New name", info.name, key=f"new_name_{info.id}").strip()
        if st.form_submit_button("Rename", type="primary"):
            with clear_errors():
                made.store.rename(info.name, new)
                open_collection(new)
                st.rerun()
