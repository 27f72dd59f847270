"""Scoring a question set while pages come and go: begun, watched, stopped, and gone on with."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.measure.scoring import duration, invitation_html
from pages.parts.errors import clear_errors, show_error, show_note
from pages.parts.evaluation.bench_view import View
from pages.parts.safe_text import counted, html_text
from retrieval.errors import SecondLookError
from retrieval.evaluation.speed import measure_speed
from retrieval.jobs import Job
from retrieval.settings import DEPTH
from retrieval.types import Progress

_EVERY_SECONDS = 1.0
_PATIENCE_SECONDS = 1.5
"""A small set is searched within it, and the page comes up whole."""


def lists_ready(view: View, slot: DeltaGenerator) -> bool:
    """Whether all first lists are there; if not, they are being gathered, and ``slot`` says so."""
    if view.bench.is_ready(view.recipes):
        return True
    job = view.work.latest(view.collection)
    if job is None or job.is_over:
        if _stopped(view, job):
            with slot.container():
                _offer_to_go_on(view)
            return False
        if job is not None and job.state == "failed" and _is_ours(view, job):
            with slot.container():
                _show_failure(view, job)
            return False
        job = view.work.submit(view.collection, view.set_id, view.recipes, None)
        _ours()[job.id] = _asked_for(view)
        view.work.wait(job.id, _PATIENCE_SECONDS)
        if view.bench.is_ready(view.recipes):
            return True
    with slot.container():
        show_progress(view)
    return False


def offer_scoring(view: View) -> None:
    """What scoring would take, with a button to begin; or how far it is."""
    job = view.work.latest(view.collection)
    if job is not None and not job.is_over:
        show_progress(view)
        return
    needed = view.bench.missing(view.recipes)
    if not needed:
        return
    if job is not None and job.state == "failed" and _is_ours(view, job):
        error = job.error or {}
        show_error(SecondLookError(error.get("message", "It failed."), error.get("hint", "")))
    questions, seconds = len(view.bench.asked.questions), needed * _pair_ms(view) / 1000
    st.html(invitation_html("The late and the rerank stage need", needed, questions, seconds))
    every = view.bench.missing(view.recipes, DEPTH)
    with st.container(horizontal=True):
        _score_button(view, f"Score {counted(needed, 'pair')}", 0, "score")
        if every > needed:
            label = f"Score all {DEPTH} candidates: {counted(every, 'pair')}"
            _score_button(view, label, DEPTH, "score_all")


def show_progress(view: View) -> None:
    """How far the work is; this part of the page looks again by itself until it is over."""
    st.fragment(_draw, run_every=_EVERY_SECONDS)(view)


def progress_text(progress: Progress | None) -> str:
    """How far it is, and the time left once it can be told."""
    if progress is None:
        return "Loading the models …"
    left = "" if progress.seconds_left is None else f", {duration(progress.seconds_left)} left"
    questions = f"{progress.files:,} of {counted(progress.total_files, 'question')}"
    if progress.current == "search":
        return f"Searched {questions} with both first stages{left}"
    return f"Scored {questions}, {progress.chunks:,} of {counted(progress.documents, 'pair')}{left}"


def _draw(view: View) -> None:
    with clear_errors():
        job = view.work.latest(view.collection)
        if job is None or job.is_over:
            st.rerun()
        with st.container(border=True, gap="small", key="evaluation_work"):
            st.html(f'<p class="sl-quiet">Measuring {html_text(view.bench.asked.name)}</p>')
            if job.state == "queued":
                st.progress(0.0, text="Waits for its turn …")
            else:
                fraction = min(job.progress.fraction, 1.0) if job.progress else 0.0
                st.progress(fraction, text=progress_text(job.progress))
            st.button(
                "Cancel",
                icon=":material/stop:",
                key="stop_evaluation",
                help="What is scored stays. The work goes on while you look at other pages.",
                on_click=_stop,
                args=(view, job.id),
            )


def _score_button(view: View, label: str, depth: int, key: str) -> None:
    st.button(
        label,
        type="primary" if key == "score" else "secondary",
        icon=":material/play_arrow:",
        key=key,
        help=None if key == "score" else "After that every N is free, here and on Candidates.",
        on_click=_submit,
        args=(view, depth),
    )


def _submit(view: View, depth: int | None) -> None:
    with clear_errors():
        job = view.work.submit(view.collection, view.set_id, view.recipes, depth)
        _ours()[job.id] = _asked_for(view)
        # A few pairs are scored before the page is drawn again.
        view.work.wait(job.id, _PATIENCE_SECONDS)


def _stop(view: View, job_id: str) -> None:
    view.work.stop(job_id)
    view.work.wait(job_id, _PATIENCE_SECONDS)


def _stopped(view: View, job: Job | None) -> bool:
    return job is not None and job.state == "cancelled" and _is_ours(view, job)


def _is_ours(view: View, job: Job) -> bool:
    """Whether this session asked for just this, so that it is not begun again by itself."""
    return _ours().get(job.id) == _asked_for(view)


def _asked_for(view: View) -> object:
    return (view.bench.key, frozenset(recipe.lists_key for recipe in view.recipes))


def _ours() -> dict[str, object]:
    ours: dict[str, object] = st.session_state.setdefault("evaluation_jobs", {})
    return ours


def _offer_to_go_on(view: View) -> None:
    show_note("The search over the questions was stopped.", "What was searched so far is kept.")
    _again(view, "Go on")


def _show_failure(view: View, job: Job) -> None:
    error = job.error or {}
    show_error(SecondLookError(error.get("message", "It failed."), error.get("hint", "")))
    _again(view, "Try again")


def _again(view: View, label: str) -> None:
    st.button(
        label,
        type="primary",
        icon=":material/resume:",
        key="go_on",
        on_click=_submit,
        args=(view, None),
    )


def _pair_ms(view: View) -> float:
    """Milliseconds a pair in the reranker, measured once; 0 where it is not in the table."""
    recipe = next((one for one in view.recipes if one.stage == "rerank"), None)
    if recipe is None or view.bench.failure(recipe) is not None:
        return 0.0
    return _measured_ms(view.bench.fingerprint(recipe), view.bench.snapshot.key, view)


@st.cache_resource(show_spinner="Measuring the speed of this machine …", max_entries=32)
def _measured_ms(reranker: str, snapshot: str, _view: View) -> float:  # noqa: ARG001
    made, bench = _view.made, _view.bench
    legs = bench.sample_lists(_view.recipes[0])
    return measure_speed(made.cascade, made.models, bench.snapshot, legs, _view.asked).pair_ms
