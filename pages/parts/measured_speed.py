"""What a question costs on this machine, measured once for a reranker and a collection."""

from __future__ import annotations

import streamlit as st

from pages.parts.resources import Engine
from retrieval.evaluation.cost import Speed
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.speed import measure_speed
from retrieval.settings import SearchSettings
from retrieval.store import Snapshot


def measured_speed(
    reranker: str, snapshot: Snapshot, made: Engine, legs: Legs, asked: SearchSettings
) -> Speed:
    """The speed of this machine; all sessions share one measurement.

    Args:
        reranker: The reranker's fingerprint.
        snapshot: The collection, pinned to a version.
        made: The engine.
        legs: The question to measure with; its own candidates are the pairs.
        asked: Reranker, fusion and filter.
    """
    return _measured(reranker, snapshot.key, snapshot, made, legs, asked)


def forget_speed() -> None:
    """Measure again when it is asked for next."""
    _measured.clear()


@st.cache_resource(show_spinner="Measuring the speed of this machine …", max_entries=32)
def _measured(
    reranker: str,  # noqa: ARG001  (names the measurement)
    snapshot_key: str,  # noqa: ARG001
    _snapshot: Snapshot,
    _made: Engine,
    _legs: Legs,
    _asked: SearchSettings,
) -> Speed:
    return measure_speed(_made.cascade, _made.models, _snapshot, _legs, _asked)
