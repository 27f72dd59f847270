"""Questions, judgments and runs as files, in the forms that other tools use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from retrieval.errors import StorageError
from retrieval.evaluation.runs import Run, trec_run
from retrieval.ingest.parsers.beir import parse_judgments, parse_questions
from retrieval.ingest.sources import Source
from retrieval.types import Judgment, Question, Skipped


def read_questions(path: Path) -> tuple[tuple[Question, ...], tuple[str, ...]]:
    """Questions of a JSONL file, and a line for each row that is none.

    Raises:
        ParseError: If the file cannot be read at all.
    """
    found = list(parse_questions(file_source(path)))
    questions = tuple(row for row in found if isinstance(row, Question))
    return questions, _notes(found)


def read_qrels(path: Path) -> tuple[dict[str, dict[str, int]], tuple[str, ...]]:
    """Judgments in BEIR's or TREC's form, and a line for each row that is none.

    Raises:
        ParseError: If the file cannot be read at all.
    """
    found = list(parse_judgments(file_source(path)))
    qrels: dict[str, dict[str, int]] = {}
    for row in found:
        if isinstance(row, Judgment):
            qrels.setdefault(row.query_id, {})[row.document_id] = row.grade
    return qrels, _notes(found)


def write_runs(folder: Path, runs: Mapping[str, Run]) -> None:
    """Write ``SYSTEM.run`` for each system into a folder, made if need be.

    Raises:
        StorageError: If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for system, run in runs.items():
            text = "".join(f"{line}\n" for line in trec_run(run, system))
            (folder / f"{system}.run").write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"The runs cannot be written to {folder}: {error}") from error


def file_source(path: Path) -> Source:
    """A file on this machine as something to read."""
    return Source(path.name, path.stat().st_size, lambda: path.open("rb"))


def _notes(found: list[Question | Skipped] | list[Judgment | Skipped]) -> tuple[str, ...]:
    return tuple(f"{row.file}: {row.reason}" for row in found if isinstance(row, Skipped))
