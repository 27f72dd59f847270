"""The questions that came with a collection, and how many documents are judged for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import show_note
from pages.parts.library.cells import cell_text
from pages.parts.library.opened import open_in_search
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.store import Collection

_ROW_PX = 35
_MOST_ROWS_PX = 460


def show_questions(collection: Collection) -> None:
    """A table of the questions; the one that is selected can be asked."""
    questions = collection.questions()
    if not questions:
        show_note(
            "No questions came with this collection.",
            "A BEIR folder brings them along: queries.jsonl, and judgments under qrels.",
        )
        return
    judgments = collection.judgments()
    rows = []
    for question in questions:
        grades = judgments.get(question.id, {}).values()
        answers = sum(grade > 0 for grade in grades)
        rows.append(
            {
                "question": cell_text(question.text),
                "answers": answers,
                "judged": len(grades),
                "id": cell_text(question.id, 80),
            }
        )
    picked = st.dataframe(
        rows,
        hide_index=True,
        key="questions",
        on_select="rerun",
        selection_mode="single-row",
        height=min(_MOST_ROWS_PX, _ROW_PX * (len(rows) + 1) + 3),
        column_config={
            "question": st.column_config.TextColumn(width="large"),
            "answers": st.column_config.NumberColumn(
                width="small", help="Documents judged to answer it"
            ),
            "judged": st.column_config.NumberColumn(width="small", help="Documents judged at all"),
        },
        alt="Questions of the collection.",
    )
    selected = [row for row in picked["selection"]["rows"] if row < len(questions)]
    total = sum(map(len, judgments.values()))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Ask in search", icon=":material/search:", key="ask_question", disabled=not selected
        ):
            open_in_search(collection.name, questions[selected[0]].text)
        st.caption(f"{counted(len(questions), 'question')}, {counted(total, 'judgment')}.")
