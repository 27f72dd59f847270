"""Which questions to measure on: the collection's own, or those of files that were handed in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.parts.errors import clear_errors, show_note
from pages.parts.evaluation.review_judgments import take_review
from pages.parts.safe_text import html_text, one_line
from retrieval.errors import IngestError
from retrieval.evaluation.question_sets import QuestionSet
from retrieval.evaluation.rows import QrelsColumns, QuestionColumns, table_columns
from retrieval.evaluation.set_files import SetFiles, find_set
from retrieval.evaluation.work import Evaluations
from retrieval.ingest.sources import Source, from_upload
from retrieval.store import Collection
from retrieval.wording import counted

OWN = "the collection’s own"
_TYPES = ["jsonl", "ndjson", "csv", "tsv", "txt", "trec", "qrels", "topics", "xml", "zip"]
_LONGEST_NAME = 60
_MOST_NOTES = 60
_BY_NAME = "by its name"


def pick_set(work: Evaluations, collection: Collection) -> str:
    """The id of the set that was picked; empty for the collection's own."""
    saved = {one.id: one for one in work.sets.list(collection.id)}
    labels = {
        "": OWN,
        **{
            set_id: f"{one_line(one.name, _LONGEST_NAME)} ({one.questions:,})"
            for set_id, one in saved.items()
        },
    }
    wanted = st.session_state.get("set", st.query_params.get("set", ""))
    st.session_state["set"] = wanted if wanted in labels else ""
    picked = st.selectbox("Questions", list(labels), format_func=labels.__getitem__, key="set")
    # Bound by hand: an address holds a set's id and not its name.
    if picked:
        st.query_params["set"] = picked
    else:
        st.query_params.pop("set", None)
    return str(picked or "")


def hand_in(work: Evaluations, collection: Collection, set_id: str) -> None:
    """The form for questions with qrels, and the way to forget the set that is picked."""
    with st.popover("Hand in", icon=":material/upload_file:", width="stretch", key="hand_in"):
        st.markdown(
            "Questions and judgments (qrels): a **BEIR** folder as a ZIP, or two files. Questions "
            "as JSON Lines, CSV, TSV, TREC topics or lines of id and text; qrels in TREC’s or "
            "BEIR’s form, as CSV, TSV or JSON Lines."
        )
        files = st.file_uploader(
            "Files", type=_TYPES, accept_multiple_files=True, key=f"set_files_{_times()}"
        )
        with clear_errors():
            parts = _parts(files)
            if parts is not None:
                _take(work, collection, parts, files)
        take_review(work, collection)
        if set_id:
            st.button(
                "Forget the questions that are picked",
                icon=":material/delete:",
                key="forget_set",
                on_click=_forget,
                args=(work, set_id),
            )


def show_notes(asked: QuestionSet) -> None:
    """What of the set was left out, folded away."""
    if not asked.notes:
        return
    with st.expander(
        f"Left out or worth knowing: {counted(len(asked.notes), 'line')}",
        icon=":material/info:",
        key="set_notes",
    ):
        lines = "".join(f"<li>{html_text(one)}</li>" for one in asked.notes[:_MOST_NOTES])
        st.html(f"<ul>{lines}</ul>")


def _parts(files: Sequence[UploadedFile]) -> SetFiles | None:
    """The two files of a set among those that were handed in; None while some are missing."""
    if not files:
        return None
    found = [one for file in files for one in from_upload(file.name, file.getvalue())]
    if len(found) == 1 and isinstance(found[0], Source):
        other = "qrels" if "qrel" not in found[0].name.lower() else "questions"
        show_note(f"Now the file of {other}.", "A set is questions and their judgments.")
        return None
    try:
        return find_set(found)
    except IngestError:
        sources = [one for one in found if isinstance(one, Source)]
        if len(files) != 2 or len(sources) != 2:  # noqa: PLR2004  (questions and qrels)
            raise
    # Two files whose names say nothing: a person says which is which.
    names = [one.name for one in sources]
    judged = st.segmented_control(
        "Which file holds the judgments?", names, default=names[1], key="which_qrels", required=True
    )
    qrels = next(one for one in sources if one.name == judged)
    return SetFiles(next(one for one in sources if one is not qrels), qrels)


def _take(
    work: Evaluations, collection: Collection, parts: SetFiles, files: Sequence[UploadedFile]
) -> None:
    asked = _columns("question", parts.questions, ("id", "text"))
    judged = _columns("qrels", parts.qrels, ("question", "document", "grade"))
    proposed = files[0].name.rpartition(".")[0]
    name = st.text_input("Name", proposed, key=f"set_name_{files[0].file_id}")
    if not st.button("Use these questions", type="primary", key="use_set"):
        return
    chosen = SetFiles(
        parts.questions,
        parts.qrels,
        QuestionColumns(*asked) if asked else None,
        QrelsColumns(*judged) if judged else None,
    )
    documents = set(collection.snapshot().document_ids)
    found = chosen.read(one_line(name, _LONGEST_NAME) or "questions", documents).sampled()
    saved = work.sets.add(collection.id, found)
    st.session_state["pick_set"] = saved.id
    st.session_state["sets_taken"] = _times() + 1
    st.rerun()


def take_picked() -> None:
    """Pick the set that was handed in last, before its control is drawn."""
    if "pick_set" in st.session_state:
        st.session_state["set"] = st.session_state.pop("pick_set")


def _columns(key: str, source: Source, parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """The columns of a table, where a person picks any; None where their names tell."""
    names = table_columns(source)
    if not names:
        return None
    st.caption(f"Columns of the {key} file")
    picked = [
        column.selectbox(part, [_BY_NAME, *names], key=f"{key}_{part}_column")
        for column, part in zip(st.columns(len(parts)), parts, strict=True)
    ]
    if all(one == _BY_NAME for one in picked):
        return None
    if any(one == _BY_NAME for one in picked):
        raise IngestError("Some columns are picked and some are not.", "Pick all, or none.")
    return tuple(map(str, picked))


def _forget(work: Evaluations, set_id: str) -> None:
    work.sets.remove(set_id)
    st.session_state["set"] = ""


def _times() -> int:
    return int(st.session_state.get("sets_taken", 0))
