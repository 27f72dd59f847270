"""Question by question: both systems' values, and the way to the lists of a question."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from pages.parts.evaluation.bench_view import View
from pages.parts.evaluation.comparison import differences_of, values_of
from pages.parts.library.cells import cell_text
from pages.parts.question_bar import view_parameters
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.evaluate import Evaluation
from retrieval.settings import STAGE_ORDER, SearchSettings
from retrieval.types import Question

_HEIGHT_PX = 380
_ROW_PX = 35
_LONGEST_NAME = 40
_TOP = 5


def show_questions(view: View, evaluation: Evaluation, pair: tuple[str, str]) -> None:
    """The table, the greatest difference first, and the question that is picked in it."""
    st.subheader("Question by question", divider="gray")
    a, b = pair
    table, questions = question_table(view, evaluation, pair)
    addresses = _addresses(view, pair)
    for name, asked in addresses.items():
        column = "open" if len(addresses) == 1 else f"open with {cell_text(name, _LONGEST_NAME)}"
        table[column] = [_address(view, one, asked) for one in questions]
    links = [column for column in table.columns if column.startswith("open")]
    picked = st.dataframe(
        table,
        hide_index=True,
        height=min(_HEIGHT_PX, _ROW_PX * (len(table) + 1) + 3),
        key="question_table",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "question": st.column_config.TextColumn(width="large"),
            **{
                column: st.column_config.LinkColumn(display_text="open ↗", width="small")
                for column in links
            },
            **{
                column: st.column_config.NumberColumn(format="%.3f")
                for column in table.columns[2:5]
            },
        },
        alt=f"{view.measures[0]} of {a} and {b} for {len(table)} questions",
    )
    st.html(
        '<p class="sl-caption">A click on a head sorts; a click on a row shows what both systems '
        "return first; “open” shows the five lists of the question in a tab beside this one.</p>"
    )
    rows = picked["selection"]["rows"]
    if rows and rows[0] < len(questions):
        show_question(view, evaluation, pair, questions[rows[0]])


def question_table(
    view: View, evaluation: Evaluation, pair: tuple[str, str]
) -> tuple[pd.DataFrame, list[Question]]:
    """One row a question, the greatest difference first, and the questions in that order."""
    before, after = values_of(evaluation, view.measures[0], pair)
    differences = differences_of(before, after)
    questions = sorted(
        view.bench.asked.questions, key=lambda one: (-abs(differences[one.id]), one.id)
    )
    names = [cell_text(name, _LONGEST_NAME) for name in pair]
    table = pd.DataFrame(
        {
            "id": cell_text(one.id, 80),
            "question": cell_text(one.text),
            names[0]: before[one.id],
            names[1]: after[one.id],
            "difference": differences[one.id],
        }
        for one in questions
    )
    return table, questions


def show_question(
    view: View, evaluation: Evaluation, pair: tuple[str, str], question: Question
) -> None:
    """What both systems return first for it, and the way to all lists."""
    grades = view.bench.asked.qrels[question.id]
    with st.container(border=True, key="question_detail", gap="small"):
        st.html(f'<p class="sl-asked">{html_text(one_line(question.text, 400))}</p>')
        columns = "".join(
            _list_html(name, [one for one, _ in evaluation.runs[name].get(question.id, ())], grades)
            for name in pair
        )
        st.html(f'<div class="sl-runs">{columns}</div>')
        addresses = _addresses(view, pair)
        with st.container(horizontal=True):
            for place, (name, asked) in enumerate(addresses.items()):
                label = "Open in search" if len(addresses) == 1 else f"Open with {name}’s settings"
                st.link_button(
                    cell_text(label, 60),
                    _address(view, question, asked),
                    icon=":material/search:",
                    key=f"open_{'ab'[place]}",
                )


def _list_html(name: str, documents: list[str], grades: Mapping[str, int]) -> str:
    items = "".join(_item(one, grades.get(one)) for one in documents[:_TOP])
    first = next((n for n, one in enumerate(documents, start=1) if grades.get(one, 0) > 0), None)
    where = "no relevant document" if first is None else f"first relevant document: {first}"
    body = f"<ol>{items}</ol>" if items else '<p class="sl-quiet">nothing</p>'
    title = html_text(one_line(name, _LONGEST_NAME))
    return f'<div><h4>{title} <span class="sl-quiet">· {where}</span></h4>{body}</div>'


def _item(document: str, grade: int | None) -> str:
    said = "not judged" if grade is None else f"grade {grade}"
    good = ' class="sl-good"' if grade else ""
    return (
        f'<li{good}>{html_text(one_line(document, 90))} <span class="sl-quiet">{said}</span></li>'
    )


def _addresses(view: View, pair: tuple[str, str]) -> dict[str, SearchSettings]:
    """The settings to open a question with: of both systems where they differ, or of one."""
    found: dict[str, SearchSettings] = {}
    for name in pair:
        recipe = view.entries[name].recipe
        asked = recipe.settings if recipe else view.asked
        if asked not in found.values():
            found[name] = asked
    return found


def _address(view: View, question: Question, asked: SearchSettings) -> str:
    values = view_parameters(view.collection.name, question.text, asked)
    values["stages"] = list(STAGE_ORDER)
    pages = (st.context.url or "").partition("?")[0].rpartition("/")[0]
    return f"{pages}/search?{urlencode(values, doseq=True)}"
