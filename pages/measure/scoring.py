"""Scoring the pairs of one question under a progress bar, as a search does: at once, never twice.

Whole question sets are scored in the background, where pages may come and go.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from retrieval.evaluation.legs import Legs, PairScores, Scored
from retrieval.wording import counted


def score_now(scores: PairScores, legs: Legs, chunk_ids: Sequence[str]) -> None:
    """Score what is missing; a click on anything ends the run, and what is scored stays.

    Args:
        scores: What is known, and the model that reads the rest.
        legs: The question.
        chunk_ids: The chunks whose scores are wanted.
    """
    if not scores.missing(legs, chunk_ids):
        return
    slot = st.empty()
    bar = slot.progress(0.0, "Reading the pairs …")
    for step in scores.score([(legs, chunk_ids)]):
        bar.progress(min(step.fraction, 1.0), _progress_text(step))
    slot.empty()


def _progress_text(step: Scored) -> str:
    left = "" if step.seconds_left is None else f", {duration(step.seconds_left)} left"
    return f"Scored {step.pairs:,} of {counted(step.total_pairs, 'pair')}{left}"


def duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90:  # noqa: PLR2004  (from here on, minutes read better)
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min"
