"""Learn from these judgments: what the evaluate and the review page end with."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

import streamlit as st

from pages.parts.errors import clear_errors, show_error, show_note
from pages.parts.learning.learnings import Judgments, learnings
from pages.parts.resources import Engine
from retrieval.errors import SecondLookError


def show_learning(made: Engine, judgments: Judgments) -> None:
    """Draw the section: a training under way, or the way to one, and what was learned here."""
    st.subheader("Learn from these judgments", divider="gray")
    st.caption(
        "Fine-tune the reranker or the encoder on this machine. Some questions are held out first, "
        "and the new model is compared with the old one on them. It is registered by name and "
        "replaces nothing."
    )
    with clear_errors(), st.spinner("Looking at what was learned here …"):
        work = learnings(made)
    from pages.parts.learning.asking import show_form
    from pages.parts.learning.learned import show_history, show_learned
    from pages.parts.learning.under_way import show_progress, show_stopped
    from retrieval.training.history import History

    with clear_errors():
        job = work.latest()
        if job is not None and not job.is_over:
            show_progress(work, job.id)
        else:
            if job is not None and job.can_resume:
                show_stopped(work, job)
            elif job is not None and job.result:
                history = History.from_dict(job.result)
                if not history.is_kept:
                    show_note(history.verdict, "Judge more questions, or start from another model.")
                    with st.expander("How it went", icon=":material/show_chart:"):
                        show_history(history)
            show_form(work, judgments)
    with clear_errors():
        try:
            show_learned(work)
        except SecondLookError as error:
            show_error(error)
