"""Scoring a question set while pages come and go: begun, watched, stopped, and gone on with."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.measure.scoring import duration
from pages.parts.errors import clear_errors, show_error, show_note
from pages.parts.measured_speed import measured_speed
from pages.parts.resources import Engine
from pages.parts.safe_text import html_text
from retrieval.errors import SecondLookError
from retrieval.evaluation.recipes import Recipe
from retrieval.evaluation.work import Evaluations
from retrieval.evaluation.workbench import Workbench
from retrieval.jobs import Job
from retrieval.progress import Progress
from retrieval.store import Collection
from retrieval.wording import counted

_EVERY_SECONDS = 1.0
_PATIENCE_SECONDS = 1.5
"""A small set is searched within it, and the page comes up whole."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """A question set, and the systems that it is to be scored for.

    Attributes:
        made: The engine.
        work: Scores question sets.
        collection: What is searched.
        set_id: The saved question set; empty for the collection's own.
        bench: The questions with all that is known of them.
        recipes: The systems.
    """

    made: Engine
    work: Evaluations
    collection: Collection
    set_id: str
    bench: Workbench
    recipes: tuple[Recipe, ...]


def lists_ready(scoring: Scoring, slot: DeltaGenerator) -> bool:
    """Whether all first lists are there; if not, they are being gathered, and ``slot`` says so."""
    if scoring.bench.is_ready(scoring.recipes):
        return True
    job = scoring.work.latest(scoring.collection)
    if job is None or job.is_over:
        if _stopped(scoring, job):
            with slot.container():
                _offer_to_go_on(scoring)
            return False
        if job is not None and job.state == "failed" and _is_ours(scoring, job):
            with slot.container():
                _show_failure(scoring, job)
            return False
        _submit(scoring, None)
        if scoring.bench.is_ready(scoring.recipes):
            return True
    with slot.container():
        show_progress(scoring)
    return False


def offer_scoring(scoring: Scoring, purpose: str, deeper: int = 0) -> bool:
    """Whether every pair is scored; if not, what it would take with a button, or how far it is.

    Args:
        scoring: The systems; their first lists are gathered.
        purpose: What needs the pairs, with its verb: "The curve needs".
        deeper: Offer to score so many candidates of each question as well; 0 for no such offer.
    """
    # Looked up before what it scores, so that work that ends in between is not taken for none.
    job = scoring.work.latest(scoring.collection)
    needed = scoring.bench.missing(scoring.recipes)
    if job is not None and not job.is_over and (needed or deeper):
        show_progress(scoring)
        return not needed
    if not needed:
        return True
    if job is not None and job.state == "failed" and _is_ours(scoring, job):
        error = job.error or {}
        show_error(SecondLookError(error.get("message", "It failed."), error.get("hint", "")))
    questions = len(scoring.bench.asked.questions)
    st.html(_invitation_html(purpose, needed, questions, needed * _pair_ms(scoring) / 1000))
    with st.container(horizontal=True):
        _score_button(scoring, f"Score {counted(needed, 'pair')}", 0, "score")
        every = scoring.bench.missing(scoring.recipes, deeper) if deeper else 0
        if every > needed:
            label = f"Score all {deeper} candidates: {counted(every, 'pair')}"
            _score_button(scoring, label, deeper, "score_all")
    return False


def show_progress(scoring: Scoring) -> None:
    """How far the work is; this part of the page looks again by itself until it is over."""
    st.fragment(_draw, run_every=_EVERY_SECONDS)(scoring)


def progress_text(progress: Progress | None) -> str:
    """How far it is, and the time left once it can be told."""
    if progress is None:
        return "Loading the models …"
    left = "" if progress.seconds_left is None else f", {duration(progress.seconds_left)} left"
    questions = f"{progress.files:,} of {counted(progress.total_files, 'question')}"
    if progress.current == "search":
        return f"Searched {questions} with both first stages{left}"
    return f"Scored {questions}, {progress.chunks:,} of {counted(progress.documents, 'pair')}{left}"


def _draw(scoring: Scoring) -> None:
    with clear_errors():
        job = scoring.work.latest(scoring.collection)
        if job is None or job.is_over:
            st.rerun()
        with st.container(border=True, gap="small", key="evaluation_work"):
            st.html(f'<p class="sl-quiet">Measuring {html_text(scoring.bench.asked.name)}</p>')
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
                args=(scoring, job.id),
            )


def _score_button(scoring: Scoring, label: str, depth: int, key: str) -> None:
    st.button(
        label,
        type="primary" if key == "score" else "secondary",
        icon=":material/play_arrow:",
        key=key,
        help=None if key == "score" else "After that every N is free, here and on Candidates.",
        on_click=_submit_clicked,
        args=(scoring, depth),
    )


def _submit(scoring: Scoring, depth: int | None) -> None:
    job = scoring.work.submit(scoring.collection, scoring.set_id, scoring.recipes, depth)
    _ours()[job.id] = _asked_for(scoring)
    # A few pairs are scored before the page is drawn again.
    scoring.work.wait(job.id, _PATIENCE_SECONDS)


def _submit_clicked(scoring: Scoring, depth: int | None) -> None:
    with clear_errors():
        _submit(scoring, depth)


def _stop(scoring: Scoring, job_id: str) -> None:
    scoring.work.stop(job_id)
    scoring.work.wait(job_id, _PATIENCE_SECONDS)


def _stopped(scoring: Scoring, job: Job | None) -> bool:
    return job is not None and job.state == "cancelled" and _is_ours(scoring, job)


def _is_ours(scoring: Scoring, job: Job) -> bool:
    """Whether this session asked for just this, so that it is not begun again by itself."""
    return _ours().get(job.id) == _asked_for(scoring)


def _asked_for(scoring: Scoring) -> object:
    return (scoring.bench.key, frozenset(recipe.lists_key for recipe in scoring.recipes))


def _ours() -> dict[str, object]:
    ours: dict[str, object] = st.session_state.setdefault("evaluation_jobs", {})
    return ours


def _offer_to_go_on(scoring: Scoring) -> None:
    show_note("The search over the questions was stopped.", "What was searched so far is kept.")
    _again(scoring, "Go on")


def _show_failure(scoring: Scoring, job: Job) -> None:
    error = job.error or {}
    show_error(SecondLookError(error.get("message", "It failed."), error.get("hint", "")))
    _again(scoring, "Try again")


def _again(scoring: Scoring, label: str) -> None:
    st.button(
        label,
        type="primary",
        icon=":material/resume:",
        key="go_on",
        on_click=_submit_clicked,
        args=(scoring, None),
    )


def _pair_ms(scoring: Scoring) -> float:
    """Milliseconds a pair in the reranker, measured once; 0 where it is not asked for."""
    bench = scoring.bench
    recipe = next((one for one in scoring.recipes if one.stage == "rerank"), None)
    if recipe is None or bench.failure(recipe) is not None:
        return 0.0
    legs = bench.sample_lists(recipe)
    fingerprint = bench.fingerprint(recipe)
    return measured_speed(fingerprint, bench.snapshot, scoring.made, legs, recipe.settings).pair_ms


def _invitation_html(purpose: str, needed: int, questions: int, seconds: float) -> str:
    """What scoring would take, before anybody has asked for it."""
    about = f", about {duration(seconds)} on this machine" if seconds else ""
    return (
        f'<div class="sl-notice sl-note" role="status"><b class="sl-sign">○</b><div><strong>'
        f"{html_text(purpose)} {counted(needed, 'pair')} that no model has read yet"
        f'{html_text(about)}.</strong><span class="sl-hint">They belong to '
        f"{counted(questions, 'question')}. You can look at other pages meanwhile, and stop at any "
        "time: what is scored stays.</span></div></div>"
    )
