"""A probe set run through all stages: picked or handed in, scored in the background, shown."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.measure.scoring import duration
from pages.parts.charts.frame import draw_chart
from pages.parts.controls import pick_reranker
from pages.parts.errors import clear_errors, show_error, show_note
from pages.parts.library.background import background
from pages.parts.model_choice import model_uses
from pages.parts.resources import Engine, engine
from pages.parts.safe_text import html_text, one_line
from retrieval.errors import IngestError, SecondLookError
from retrieval.settings import settings
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.contrast.pairwise import ProbeReport
    from retrieval.contrast.probe_runs import ProbeOrder, ProbeRuns
    from retrieval.contrast.probe_sets import ProbeSet
    from retrieval.jobs import Job
    from retrieval.progress import Progress

AT_FIRST = 2_000
"""Items of a set that are scored unless a person asks for more."""
_TYPES = ["jsonl", "ndjson", "csv", "tsv"]
_EVERY_SECONDS = 1.0
_PATIENCE_SECONDS = 1.5
_LONGEST_NAME = 60
_SHEET = """
@media (max-width: 640px) {
  .st-key-pass_map { overflow-x: auto; }
  .st-key-pass_map > * { min-width: 40rem; }
  .st-key-pass_map > *:not(:has(.stPlotlyChart)) { min-width: 0; position: sticky; left: 0; }
}
"""
_PHENOMENA, _KINDS = "phenomenon", "kind"


def probe_set_section() -> None:
    """Draw the section: its controls, and the results or the way to them."""
    st.html(
        f"<style>{_SHEET}</style><p>Each item has two passages that look almost the same, of which "
        "one answers. A stage passes an item if it scores the right passage higher for every "
        "question; a tie fails.</p>"
    )
    slot = st.empty()
    with clear_errors():
        made = engine(slot)
        runs = probe_runs(made)
        asked = _pick(runs)
        items = _limit(asked)
        _show_notes(asked)
        from retrieval.contrast.probe_runs import ProbeOrder

        with st.sidebar:
            reranker = pick_reranker(model_uses("reranker"))
        order = ProbeOrder(asked.id, items, reranker=reranker)
        # Looked up before its results, so that a run that ends in between is not taken for none.
        job = runs.latest(order)
        with slot, st.spinner("Loading the models …"):
            report = runs.find(order)
        slot.empty()
        if report is None:
            _offer(runs, order, asked, job)
        else:
            _show(report)


@st.cache_resource(show_spinner=False)
def probe_runs(_made: Engine) -> ProbeRuns:
    """The runs of this process, with the jobs that all sessions share."""
    from retrieval.contrast.probe_runs import ProbeRuns

    return ProbeRuns(background(_made).jobs, _made.models, _made.cache, settings().home)


def progress_text(progress: Progress | None) -> str:
    """How far a run is, and the time left once it can be told."""
    if progress is None:
        return "Loading the models …"
    of = counted(progress.total_files, "passage" if progress.current == "vectors" else "item")
    left = "" if progress.seconds_left is None else f", {duration(progress.seconds_left)} left"
    verb = "Encoded" if progress.current == "vectors" else "Scored"
    return f"{verb} {progress.files:,} of {of}{left}"


def _pick(runs: ProbeRuns) -> ProbeSet:
    if taken := st.session_state.pop("probe_taken", None):
        st.session_state["probe_set"] = taken
    listed = {one.id: one for one in runs.sets.list()}
    if st.session_state.get("probe_set") not in listed:
        st.session_state["probe_set"] = next(iter(listed))
    place, form = st.columns([5, 2], vertical_alignment="bottom", gap="medium")
    picked = place.selectbox(
        "Probe set",
        list(listed),
        format_func=lambda one: (
            f"{one_line(listed[one].name, _LONGEST_NAME)} ({listed[one].items:,})"
        ),
        key="probe_set",
    )
    with form, st.popover("Hand in", icon=":material/upload_file:", width="stretch"):
        _hand_in(runs, str(picked))
    return runs.sets.get(str(picked))


def _hand_in(runs: ProbeRuns, picked: str) -> None:
    st.markdown(
        "**JSON Lines** or **CSV**, one item a row: `query_1`, `query_2`, `document_1`, "
        "`document_2`, or `query`, `positive`, `negative`. Also read: `id`, `phenomenon`, `kind`, "
        "`domain`, `control`."
    )
    file = st.file_uploader("File", type=_TYPES, key=f"probe_file_{_times()}")
    with clear_errors():
        if file is not None:
            from retrieval.ingest.sources import Source, from_upload

            source = next(iter(from_upload(file.name, file.getvalue())))
            if not isinstance(source, Source):
                raise IngestError(f"{file.name}: {source.reason}.")
            with st.spinner("Reading the items …"):
                st.session_state["probe_taken"] = runs.sets.add(source).id
            st.session_state["probe_times"] = _times() + 1
            st.rerun()
    if picked.startswith("own-"):
        st.button(
            "Forget the set that is picked",
            icon=":material/delete:",
            key="probe_forget",
            on_click=runs.sets.remove,
            args=(picked,),
        )


def _limit(asked: ProbeSet) -> int:
    """How many items to score: all of a set of usual size, and a person's choice of a large one."""
    total = len(asked.probes)
    if total <= AT_FIRST:
        return total
    return int(
        st.number_input(
            f"Items to score, of {total:,}",
            1,
            total,
            AT_FIRST,
            key=f"probe_limit_{asked.id}",
            help="From the first row on. All are kept, and what is scored stays when you ask "
            "for more.",
        )
    )


def _show_notes(asked: ProbeSet) -> None:
    if not asked.notes:
        return
    label = f"Left out of the file: {counted(len(asked.notes), 'line')}"
    with st.expander(label, icon=":material/info:", expanded=True):
        lines = "".join(f"<li>{html_text(one_line(note, 300))}</li>" for note in asked.notes)
        st.html(f'<ul class="sl-probe-notes">{lines}</ul>')


def _offer(runs: ProbeRuns, order: ProbeOrder, asked: ProbeSet, job: Job | None) -> None:
    if job is not None and not job.is_over:
        st.fragment(_draw_progress, run_every=_EVERY_SECONDS)(runs, order)
        return
    if job is not None and job.state == "failed":
        error = job.error or {}
        show_error(SecondLookError(error.get("message", "It failed."), error.get("hint", "")))
    went = job is not None and job.state in {"cancelled", "interrupted"}
    show_note(
        "The run was stopped." if went else "This set has not been run with these models yet.",
        "The pairs that were scored are kept, and a new run goes on from them."
        if went
        else f"{counted(order.items, 'item')} in five stages. You can stop at any time, and the "
        "results are kept.",
    )
    st.button(
        "Go on" if went else f"Run {counted(min(order.items, len(asked.probes)), 'item')}",
        type="primary",
        icon=":material/play_arrow:",
        key="probe_run",
        on_click=_submit,
        args=(runs, order),
    )


def _draw_progress(runs: ProbeRuns, order: ProbeOrder) -> None:
    with clear_errors():
        job = runs.latest(order)
        if job is None or job.is_over:
            st.rerun()
        with st.container(border=True, gap="small", key="probe_work"):
            _bar(job)
            st.button(
                "Cancel",
                icon=":material/stop:",
                key="probe_stop",
                help="What is scored stays. The run goes on while you look at other pages.",
                on_click=_stop,
                args=(runs, job.id),
            )


def _bar(job: Job) -> None:
    if job.state == "queued":
        st.progress(0.0, text="Waits for its turn …")
        return
    fraction = min(job.progress.fraction, 1.0) if job.progress else 0.0
    st.progress(fraction, text=progress_text(job.progress))


def _submit(runs: ProbeRuns, order: ProbeOrder) -> None:
    with clear_errors():
        job = runs.submit(order)
        # A few items are scored before the page is drawn again.
        runs.wait(job.id, _PATIENCE_SECONDS)


def _stop(runs: ProbeRuns, job_id: str) -> None:
    runs.stop(job_id)
    runs.wait(job_id, _PATIENCE_SECONDS)


def _show(report: ProbeReport) -> None:
    from pages.parts.charts.pass_map import map_rows, pass_map, pass_table_html
    from pages.parts.failures.probe_items import show_items

    if not map_rows(report):
        show_note("No item of this set counts.", "All of them are marked as controls.")
        return
    by = _PHENOMENA
    if report.by_kind:
        by = st.segmented_control(
            "By", [_PHENOMENA, _KINDS], default=_PHENOMENA, key="probe_by", required=True
        )
    rows = map_rows(report, by_kind=by == _KINDS)
    draw_chart(pass_map(rows))
    with st.expander("The same numbers as a table", icon=":material/table:"):
        st.html(pass_table_html(rows))
    show_items(report)


def _times() -> int:
    return int(st.session_state.get("probe_times", 0))
