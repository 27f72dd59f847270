"""A review that another home exported comes in."""

from __future__ import annotations

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.review.desk import reviews
from retrieval.access import Person
from retrieval.errors import IngestError
from retrieval.wording import counted

_TYPES = ["jsonl", "ndjson", "csv", "tsv"]


def bring_in(person: Person) -> None:
    """The form for a review that another home exported."""
    with st.popover("Bring a review in", icon=":material/upload_file:", key="bring_in"):
        st.markdown(
            "**Judgments, JSON Lines** brings a whole review with all that was said; "
            "**Judgments, CSV** brings its passages and grades. What is there already is not "
            "doubled."
        )
        file = st.file_uploader("File", type=_TYPES, key=f"review_in_{_times()}")
        name = st.text_input("Name", key=f"review_in_name_{_times()}", placeholder="as exported")
        if file is not None and st.button("Bring it in", type="primary", key="bring_in_yes"):
            with clear_errors():
                _take(person, file.name, file.getvalue(), name.strip())


def _take(person: Person, file: str, body: bytes, name: str) -> None:
    from retrieval.ingest.sources import Source, from_upload  # noqa: PLC0415
    from retrieval.review.imports import import_review  # noqa: PLC0415

    source = next(iter(from_upload(file, body)))
    if not isinstance(source, Source):
        raise IngestError(f"{file}: {source.reason}.")
    found = import_review(reviews(), person, source, name)
    said = f"{counted(found.added, 'judgment')} came in, {found.known:,} were there already."
    st.session_state["review_in_notes"] = (said, *found.notes)
    st.session_state["review_in_times"] = _times() + 1
    st.query_params["review"] = found.review.id
    st.rerun()


def _times() -> int:
    return int(st.session_state.get("review_in_times", 0))
