"""Rerankers that run elsewhere: nothing is sent before the person has read what, and said so."""

# ruff: noqa: PLC0415

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.errors import show_error, show_note
from pages.parts.looks import STAGE_LOOKS
from pages.parts.resources import Engine
from pages.parts.safe_text import markdown_text
from pages.parts.state import forget_trace
from retrieval.errors import RemoteError
from retrieval.settings import SearchSettings
from retrieval.types import Trace

if TYPE_CHECKING:
    from retrieval.models.remote.services import Service


def allowed(made: Engine, asked: SearchSettings, slot: DeltaGenerator) -> SearchSettings:
    """What may run now: a reranker elsewhere waits until its button is pressed.

    Args:
        made: The engine, whose calls are counted.
        asked: What was asked for; a link may have asked for it.
        slot: Where the question is put.
    """
    chosen = dict.fromkeys(asked.rerankers)
    waiting = [one for one in chosen if not _may_ask(made, one, asked, slot)]
    if asked.reranker in waiting:
        others = tuple(stage for stage in asked.stages if stage != "rerank")
        return replace(asked, stages=others or ("hybrid",))
    return replace(asked, reranker_2="") if waiting else asked


def show_failures(trace: Trace, slot: DeltaGenerator) -> None:
    """Why a stage has no list, one line each; the others stand."""
    for stage, error in trace.failed.items():
        label = STAGE_LOOKS[stage].label
        with slot.container():
            show_error(type(error)(f"{label}: {error.message}", error.hint))
    if trace.failed:
        slot.button("Try again", icon=":material/refresh:", key="again", on_click=forget_trace)


def _may_ask(made: Engine, model_id: str, asked: SearchSettings, slot: DeltaGenerator) -> bool:
    from retrieval.models.remote.sending import sending
    from retrieval.models.remote.services import find_service, is_remote

    if not is_remote(model_id):
        return True
    try:
        service = find_service(model_id)
    except RemoteError:
        return True  # the stage itself says what is wrong, in its place
    if service.fingerprint in _said_yes():
        return True
    planned = sending(service, 1, asked.candidates, made.models.spending.left)
    with slot.container(gap="small", key=f"sending_{service.name}"):
        show_note(planned.sentence, "Asked once for each service and session; answers are kept.")
        _button(service)
    return False


def _button(service: Service) -> None:
    def say_yes() -> None:
        _said_yes().add(service.fingerprint)

    st.button(
        f"Send to {markdown_text(service.host)}",
        type="primary",
        icon=":material/outbound:",
        key=f"send_{service.name}",
        on_click=say_yes,
    )


def _said_yes() -> set[str]:
    """Fingerprints of the services that this session may ask."""
    said: set[str] = st.session_state.setdefault("may_send", set())
    return said
