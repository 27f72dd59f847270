"""The questions of a new review: taken from somewhere, then edited with their needs in a table."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from pages.measure.memory import remembered
from pages.parts.errors import clear_errors
from pages.parts.evaluation.question_picker import OWN
from pages.parts.failures.probe_set import probe_runs
from pages.parts.library.background import background
from pages.parts.resources import Engine
from pages.parts.safe_text import html_text, one_line
from retrieval.errors import IngestError

if TYPE_CHECKING:
    from retrieval.review.types import ReviewQuestion
    from retrieval.store import Collection

AT_FIRST = 10
_MOST = 1_000
_LONGEST_NAME = 60
_TYPES = ["txt", "csv", "tsv", "jsonl", "ndjson"]
_TYPED, _FILE = "typed", "a file"


def pick_questions(made: Engine, collection: Collection) -> tuple[ReviewQuestion, ...]:
    """Draw the sources and the table, and read it; rows without a question are left out.

    Raises:
        IngestError: If a file or a set holds no question.
    """
    from retrieval.review.types import ReviewQuestion

    source, amount = st.columns([3, 1], vertical_alignment="bottom")
    labels = _labels(made, collection)
    picked = source.selectbox(
        "Questions from", list(labels), format_func=labels.__getitem__, key="review_source"
    )
    found = _read(made, collection, str(picked))
    most = AT_FIRST
    if len(found) > 1:
        most = amount.number_input(
            "How many",
            1,
            min(len(found), _MOST),
            min(AT_FIRST, len(found)),
            key=f"review_most_{picked}",
            help=f"The first ones of {len(found):,}.",
        )
    st.caption(
        "Add, change or remove rows. The need says in a sentence what the person who asks wants to "
        "know; it makes reviewers agree more."
    )
    table = st.data_editor(
        _frame(found[:most]),
        key=f"review_questions_{collection.id}_{picked}_{most}_{len(found)}",
        num_rows="dynamic",
        hide_index=True,
        height=min(38 * (most + 2), 320),
        column_config={
            "question": st.column_config.TextColumn("Question", width="large"),
            "need": st.column_config.TextColumn("Information need (optional)", width="large"),
            "id": None,
        },
    )
    rows = table.fillna("").to_dict("records")
    return tuple(
        ReviewQuestion(str(row["id"]) or f"q-{number}", str(row["question"]), str(row["need"]))
        for number, row in enumerate(rows, start=1)
        if str(row["question"]).strip()
    )


def _labels(made: Engine, collection: Collection) -> dict[str, str]:
    labels = {}
    if collection.questions():
        labels["own"] = OWN
    for saved in background(made).evaluations.sets.list(collection.id):
        labels[f"set {saved.id}"] = one_line(saved.name, _LONGEST_NAME)
    labels |= {_TYPED: "typed below", _FILE: "a file"}
    for one in probe_runs(made).sets.list():
        labels[f"probes {one.id}"] = f"probe set: {one_line(one.name, _LONGEST_NAME)}"
    return labels


def _read(made: Engine, collection: Collection, picked: str) -> tuple[ReviewQuestion, ...]:
    from retrieval.review.sources import of_probes, of_questions

    kind, _, name = picked.partition(" ")
    if picked == _FILE:
        return _of_file()
    if kind == "own":
        return of_questions(collection.questions())
    if kind == "set":
        return of_questions(background(made).evaluations.question_set(collection, name).questions)
    if kind == "probes":
        return of_probes(probe_runs(made).sets.get(name).probes)
    return ()


def _of_file() -> tuple[ReviewQuestion, ...]:
    file = st.file_uploader(
        "Questions",
        type=_TYPES,
        key="review_file",
        help="A question a line; or a table with the columns text and, if you like, id and need.",
    )
    if file is None:
        return ()
    from retrieval.evaluation.problems import Problems
    from retrieval.ingest.sources import Source, from_upload
    from retrieval.review.question_files import read_questions

    problems = Problems()

    def read() -> tuple[ReviewQuestion, ...]:
        source = next(iter(from_upload(file.name, file.getvalue())))
        if not isinstance(source, Source):
            raise IngestError(f"{file.name}: {source.reason}.")
        return read_questions(source, problems)

    with clear_errors():
        found = remembered("review_file", (file.file_id,), read)
        if notes := problems.notes():
            st.html(f"<ul>{''.join(f'<li>{html_text(one)}</li>' for one in notes)}</ul>")
        return found
    return ()


def _frame(questions: tuple[ReviewQuestion, ...]) -> pd.DataFrame:
    rows = [(one.id, one.text, one.need) for one in questions]
    return pd.DataFrame(rows, columns=["id", "question", "need"], dtype="str")
