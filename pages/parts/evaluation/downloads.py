"""What leaves the page: runs and qrels as TREC text, the figures, and a report."""

from __future__ import annotations

import csv
import io
import shlex
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from pages.parts.evaluation.bench_view import View
from pages.parts.library.cells import cell_text
from retrieval.evaluation.evaluate import Evaluation
from retrieval.evaluation.files import qrels_text, run_name, run_text
from retrieval.evaluation.report import Report
from retrieval.settings import SearchSettings

_HEADER = (
    *("collection", "version", "questions", "system", "measure"),
    *("mean", "low", "high", "n"),
)


def show_downloads(view: View, evaluation: Evaluation, pair: tuple[str, str]) -> None:
    """The files, and the command that gives the same figures."""
    st.subheader("Take it with you", divider="gray")
    with st.container(horizontal=True):
        _download(
            ("Report (HTML)", "report", "report.html", "text/html"),
            lambda: report_of(view, evaluation, pair),
        )
        _download(
            ("Runs (TREC, ZIP)", "runs", "runs.zip", "application/zip"),
            lambda: runs_zip(evaluation),
        )
        _download(
            ("Qrels (TREC)", "qrels", "qrels.txt", "text/plain"),
            lambda: qrels_text(view.bench.asked.qrels),
        )
        _download(
            ("Figures (CSV)", "figures", "evaluation.csv", "text/csv"),
            lambda: figures_csv(view, evaluation),
        )
    with st.expander("The same from the command line", icon=":material/terminal:", key="command"):
        st.code(command_of(view, pair[0]), language="bash", wrap_lines=True)


def _download(what: tuple[str, str, str, str], make: Callable[[], str | bytes]) -> None:
    """A button whose file is made when it is clicked: runs of many questions are long."""
    label, key, name, kind = what
    st.download_button(
        label,
        make,
        name,
        kind,
        icon=":material/download:",
        key=f"{key}_file",
        on_click="ignore",
    )


def report_of(view: View, evaluation: Evaluation, pair: tuple[str, str]) -> str:
    """The report on the systems of the table, with the questions of the chosen two."""
    shown = {name: view.entries[name] for name in evaluation.systems}
    return Report(
        view.collection.name,
        view.bench.snapshot.version,
        view.bench.snapshot.encoder,
        view.bench.asked,
        evaluation,
        {name: entry.described for name, entry in shown.items()},
        {name: entry.remark(view.bench) for name, entry in shown.items()},
        pair if set(pair) <= set(shown) else None,
        command_of(view, pair[0]),
        datetime.now(UTC).isoformat(timespec="minutes"),
    ).html()


def runs_zip(evaluation: Evaluation) -> bytes:
    """A ZIP with a TREC run of each system."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for system, run in evaluation.runs.items():
            archive.writestr(run_name(system), run_text(run, system))
    return out.getvalue()


def figures_csv(view: View, evaluation: Evaluation) -> str:
    """One row for each system and measure, unrounded; no cell is a formula to a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADER)
    source = [cell_text(view.collection.name), view.bench.snapshot.version]
    source.append(cell_text(view.bench.asked.name))
    for system, found in evaluation.systems.items():
        for measure, one in found.items():
            writer.writerow([*source, cell_text(system), str(measure), *one])
    return out.getvalue()


def command_of(view: View, baseline: str) -> str:
    """The command that gives the same figures; files are named as they were called."""
    words = ["python", "-m", "retrieval", "evaluate", view.collection.name]
    if view.set_id:
        words += ["--queries", view.bench.asked.name]
    words += ["--measures", ",".join(map(str, view.measures)), *_options(view.asked)]
    for name, entry in view.entries.items():
        if entry.system is not None:
            words += ["--system", name]
    return shlex.join([*words, "--baseline", baseline])


def _options(asked: SearchSettings) -> list[str]:
    """The options of settings that are not the default."""
    usual = SearchSettings()
    words: list[str] = []
    for name in ("candidates", "fusion", "rrf_k", "alpha", "reranker", "blend", "late"):
        if getattr(asked, name) != getattr(usual, name):
            words += [f"--{name.replace('_', '-')}", str(getattr(asked, name))]
    for field, value in asked.filter:
        words += ["--filter", f"{field}={value}"]
    return [*words, "--exact"] if asked.exact else words
