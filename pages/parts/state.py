"""What a session remembers, and what happens before a run when someone clicks or chooses."""

from __future__ import annotations

import re
from collections.abc import Hashable

import streamlit as st

from retrieval.types import Trace

_CHUNK_ID = re.compile(r"([0-9a-f]{24})$")


def mark_answer(chunk_id: str) -> None:
    """Call this passage the answer; once more takes it back."""
    st.session_state["answer"] = None if marked_answer() == chunk_id else chunk_id


def marked_answer() -> str | None:
    """The chunk that is called the answer: in this session, or in the address it was opened by."""
    return chunk_id_in(st.session_state.get("answer", st.query_params.get("answer")))


def chunk_id_in(value: object) -> str | None:
    """The chunk id that a value of a picker or of an address ends with, if it does."""
    found = _CHUNK_ID.search(str(value).strip()) if value else None
    return found[1] if found else None


def take_sample() -> None:
    """Ask the sample question that was picked; the picker is free again for the next one."""
    picked = st.session_state.get("sample")
    if picked:
        st.session_state["query"] = picked
        st.session_state["answer"] = None
        st.session_state["sample"] = None
        forget_passages()


def forget_answer() -> None:
    """Another question or collection has other answers."""
    st.session_state["answer"] = None


def change_collection() -> None:
    """Another collection opens with its own first question, without the old answer and filter."""
    for key in ("query", "filter", "encoder"):
        st.session_state.pop(key, None)
    forget_answer()
    forget_passages()


def forget_passages() -> None:
    """Another topic has other passages to explain."""
    for key in ("passage", "twin"):
        renew_text(f"{key}_text")
        st.session_state.pop(key, None)
        if key in st.query_params:
            del st.query_params[key]


def renew_text(key: str) -> None:
    """Let a box show the text of what is picked, whatever was typed and stands in the address."""
    if key in st.session_state:
        st.session_state[f"{key}_renewed"] = True


def remembered_trace(key: Hashable) -> Trace | None:
    """The complete trace of the last run, if it is of this very search."""
    last_key, trace = st.session_state.get("last_trace", (None, None))
    return trace if last_key == key else None


def forget_trace() -> None:
    """Search anew, though no setting changed."""
    st.session_state.pop("last_trace", None)
    st.session_state.pop("last_subject", None)


def remember_trace(key: Hashable, trace: Trace, subject: Hashable) -> None:
    """Keep a complete trace, so that a run that changes no setting searches nothing."""
    st.session_state["last_trace"] = (key, trace)
    st.session_state["last_subject"] = subject


def asked_before(subject: Hashable) -> bool:
    """Whether the last run asked the same of the same, in whatever settings."""
    return st.session_state.get("last_subject") == subject
