"""The versions of a collection: what each change left behind, and going back to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors, show_note
from pages.parts.library.cells import cell_text
from pages.parts.library.facts import moment_text
from pages.parts.safe_text import html_text
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.store import Collection
    from retrieval.store.versions import Version

_ROW_PX = 35
_MOST_ROWS_PX = 460


def show_versions(collection: Collection) -> None:
    """A table of the versions; one that is not the present one can be gone back to."""
    versions = collection.versions.list()
    if not versions:
        show_note("No version is marked yet.", "Each change to the collection leaves one.")
        return
    picked = st.dataframe(
        [_row(version) for version in versions],
        hide_index=True,
        key=f"versions_{len(versions)}",
        on_select="rerun",
        selection_mode="single-row",
        height=min(_MOST_ROWS_PX, _ROW_PX * (len(versions) + 1) + 3),
        column_config={"version": st.column_config.TextColumn(width="small")},
        alt="Versions of the collection.",
    )
    selected = [versions[row] for row in picked["selection"]["rows"] if row < len(versions)]
    can_go = bool(selected) and not selected[0].is_current
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Go back to it", icon=":material/history:", key="go_back", disabled=not can_go
        ):
            confirm_return(collection, selected[0])
        st.caption("What older versions need is kept on disk for about a week.")


@st.dialog("Go back to this version?")
def confirm_return(collection: Collection, version: Version) -> None:
    """Ask, and make the collection what it was."""
    holds = f"{counted(version.documents, 'document')} in {counted(version.chunks, 'passage')}"
    st.html(
        f"<p><strong>{html_text(collection.name)}</strong> will hold what it held on "
        f"{moment_text(version.created)}: {holds}. The present state stays a version, so that "
        "this can be taken back.</p>"
    )
    with st.container(horizontal=True):
        if st.button("Go back", type="primary", icon=":material/history:", key="return_yes"):
            with clear_errors():
                collection.versions.restore(version.number)
                st.rerun()
        if st.button("Stay", key="return_no"):
            st.rerun()


def _row(version: Version) -> dict[str, object]:
    return {
        "version": f"{version.number}{' (now)' if version.is_current else ''}",
        "when": moment_text(version.created),
        "what": cell_text(version.reason, 120),
        "documents": version.documents,
        "passages": version.chunks,
    }
