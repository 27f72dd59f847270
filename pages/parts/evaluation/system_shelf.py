"""Saved systems: kept by name, renamed, deleted, and runs of other tools handed in."""

from __future__ import annotations

import streamlit as st

from pages.parts.errors import clear_errors
from pages.parts.evaluation.bench_view import View
from pages.parts.library.cells import cell_text
from pages.parts.safe_text import html_text, markdown_text
from retrieval.errors import SettingsError
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.recipes import Recipe
from retrieval.evaluation.run_files import read_run_file
from retrieval.evaluation.systems import System
from retrieval.ingest.sources import Source, from_upload
from retrieval.settings import STAGE_ORDER

_STAGES = list(STAGE_ORDER)


def show_shelf(view: View) -> None:
    """The forms to save and to hand in, and the list of what is saved."""
    st.subheader("Saved systems", divider="gray")
    save, upload, manage = st.columns(3, gap="medium")
    with save, clear_errors():
        _save(view)
    with upload, clear_errors():
        _hand_in(view)
    with manage, clear_errors():
        _manage(view)
    said = st.session_state.pop("shelf_said", None)
    if said:
        st.html(f'<div class="sl-report" role="status"><ul>{said}</ul></div>')


def _save(view: View) -> None:
    with st.form("save_system", border=False, clear_on_submit=True):
        name = st.text_input("Save the settings of now as", placeholder="a name", key="system_name")
        stage = st.selectbox("Stage", _STAGES, index=len(_STAGES) - 1, key="system_stage")
        if not st.form_submit_button("Save", icon=":material/bookmark_add:"):
            return
    recipe = Recipe(stage, view.asked)
    fingerprint = "" if view.bench.failure(recipe) else view.bench.fingerprint(recipe)
    view.work.systems.save(name, view.bench.snapshot, recipe, fingerprint)
    _show_anew()


def _hand_in(view: View) -> None:
    file = st.file_uploader(
        "Or hand in a run (TREC)",
        type=["run", "txt", "trec", "res", "tsv"],
        key=f"run_file_{st.session_state.get('runs_taken', 0)}",
        help="question Q0 document rank score tag, a line for each hit",
    )
    if file is None:
        return
    proposed = file.name.rpartition(".")[0]
    name = st.text_input("Name of the run", proposed, key=f"run_name_{file.file_id}")
    if not st.button("Add the run", icon=":material/playlist_add:", key="add_run"):
        return
    (source,) = [one for one in from_upload(file.name, file.getvalue()) if isinstance(one, Source)]
    problems = Problems()
    asked = {one.id for one in view.bench.asked.questions}
    run = read_run_file(source, problems, asked, set(view.bench.snapshot.document_ids))
    view.work.systems.save_run(name, view.bench.snapshot, run)
    st.session_state["shelf_said"] = "".join(f"<li>{html_text(n)}</li>" for n in problems.notes())
    st.session_state["runs_taken"] = st.session_state.get("runs_taken", 0) + 1
    _show_anew()


def _manage(view: View) -> None:
    saved = view.work.systems.list(view.bench.snapshot.key.partition("@")[0])
    if not saved:
        st.caption("Nothing is saved yet. Save a stage, change the settings, and compare the two.")
        return
    names = {one.id: one for one in saved}
    picked = st.selectbox(
        "Rename or delete",
        list(names),
        format_func=lambda one: cell_text(names[one].name, 60),
        key="system_picked",
    )
    system = names[picked]
    st.caption(markdown_text(_described(system)))
    new = st.text_input("New name", placeholder=system.name, key="system_new_name")
    with st.container(horizontal=True):
        if st.button("Rename", icon=":material/edit:", key="rename_system"):
            if not new.strip():
                raise SettingsError("The new name is empty.", "Type it above.")
            view.work.systems.rename(system, new)
            _show_anew()
        if st.button("Delete", icon=":material/delete:", key="delete_system"):
            view.work.systems.delete(system)
            _show_anew()


def _described(system: System) -> str:
    made = f"{system.recipe.stage}, {system.recipe.described()}" if system.recipe else "a run"
    return f"{made}; saved {system.created[:10]} at version {system.version}"


def _show_anew() -> None:
    """Draw the page again with the shelf as it is now, every saved system shown."""
    st.session_state.pop("systems", None)
    st.rerun()
