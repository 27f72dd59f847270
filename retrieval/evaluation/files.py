"""Runs and qrels as TREC text, the form that other tools read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from retrieval.errors import StorageError
from retrieval.evaluation.measures import Qrels
from retrieval.evaluation.runs import Run, trec_qrels, trec_run
from retrieval.ingest.sources import Source


def run_text(run: Run, tag: str) -> str:
    """A run as one TREC file; the tag is one word there."""
    return "".join(f"{line}\n" for line in trec_run(run, "_".join(tag.split()) or "run"))


def qrels_text(qrels: Qrels) -> str:
    """Judgments as one TREC file."""
    return "".join(f"{line}\n" for line in trec_qrels(qrels))


def run_name(system: str) -> str:
    """The file that a system's run goes into; no name leads out of its folder."""
    return f"{quote(system, safe=' ()')}.run"


def write_runs(folder: Path, runs: Mapping[str, Run]) -> None:
    """Write ``SYSTEM.run`` for each system into a folder, made if need be.

    Raises:
        StorageError: If the folder cannot be written.
    """
    for system, run in runs.items():
        write_text(folder / run_name(system), run_text(run, system))


def write_text(path: Path, text: str) -> None:
    """Write a file, and the folder that it lies in if need be.

    Raises:
        StorageError: If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}.") from error


def file_source(path: Path) -> Source:
    """A file on this machine as something to read."""
    return Source(path.name, path.stat().st_size, lambda: path.open("rb"))
