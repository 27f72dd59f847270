"""The dictionary behind the rules for twins, read in the background before anyone asks for one."""

# ruff: noqa: PLC0415

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def warm_rules() -> None:
    """Begin to read the dictionary, once a process; the page goes on meanwhile."""
    _reading()


def rules_ready(slot: DeltaGenerator) -> None:
    """Wait until the dictionary is read; ``slot`` says so if that takes a moment."""
    reading = _reading()
    if not reading.done():
        slot.status("Reading the dictionary for the rules of twins …")
    reading.result()
    slot.empty()


@st.cache_resource(show_spinner=False)
def _reading() -> Future[None]:
    with_one = ThreadPoolExecutor(max_workers=1, thread_name_prefix="twin-dictionary")
    reading = with_one.submit(_read)
    with_one.shutdown(wait=False)
    return reading


def _read() -> None:
    from retrieval.contrast.twins import offer

    # One plain sentence looks up words of all kinds, so every part of the dictionary is read.
    offer("The small dog does not bite the old man.")
