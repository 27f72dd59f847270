"""Where right answers are lost, over a question set: bars, and the questions behind each piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from pages.measure.knob_view import View, find_answers, measured_speed
from pages.measure.memory import remembered
from pages.measure.questions import Asked, gather, judged_questions
from pages.measure.scoring import Order, all_scored
from pages.parts.charts.frame import draw_chart
from pages.parts.charts.loss_bars import PART_LOOKS, loss_bars
from pages.parts.errors import show_note
from pages.parts.library.cells import cell_text
from pages.parts.question_bar import view_parameters
from pages.parts.safe_text import counted, html_text
from retrieval.errors import QueryError
from retrieval.evaluation.lost_answers import (
    PARTS,
    Answer,
    Losses,
    Part,
    PoolSetting,
    compared_settings,
    needed_pairs,
    survey,
)
from retrieval.settings import STAGE_ORDER, SearchSettings

_HEIGHT_PX = 380
_ROW_PX = 35
_FIGURE = "losses_figure"
SETTING, PART = "loss_setting", "loss_part"
_LOST: tuple[Part, ...] = ("buried", "fused_out", "never_a_candidate")


def show_losses(view: View, query: str | None) -> None:
    """The bars of one question, or of all judged ones.

    Args:
        view: What the page was asked to show.
        query: The question; None for all judged ones.
    """
    questions = _questions(view, query)
    if not questions:
        show_note(
            "No right answer is known yet.",
            "Mark the answer of this question in the lists, pick a sample question, or add "
            "questions with qrels in the Library.",
            view.strip,
        )
        return
    done, losses = _surveyed(view, questions, at_once=query is not None)
    if not losses:
        return
    is_all = len(done) == len(questions)
    of = counted(len(questions), "judged question")
    remark = "" if is_all else f"So far {len(done)} of {of} are scored."
    (view.strip if is_all else st).html(losses_html(losses[0], remark))
    draw_chart(loss_bars(losses), on_select=_take_click)
    show_behind(view, losses, [questions[place] for place in done])


def _surveyed(
    view: View, questions: tuple[Asked, ...], *, at_once: bool
) -> tuple[list[int], tuple[Losses, ...]]:
    """The places of the questions that are scored, and the bars that they give."""
    scene = view.scene
    every = gather(scene, questions, view.strip)
    settings = compared_settings(scene.asked)
    key = (scene.scores.key, scene.asked, questions)
    wanted = remembered(
        "loss_pairs", key, lambda: [(legs, needed_pairs(legs, settings)) for legs in every]
    )
    pair_ms = measured_speed(scene, every[0]).pair_ms
    with view.strip.container():
        all_scored(scene.scores, Order("losses", wanted, "The bars need", pair_ms, at_once))
    known = [scene.scores.known(legs, chunk_ids) for legs, chunk_ids in wanted]
    done = [
        place for place, (_, chunk_ids) in enumerate(wanted) if len(known[place]) == len(chunk_ids)
    ]
    if not done:
        return [], ()
    judged = [(every[one], dict(questions[one].grades), known[one]) for one in done]
    losses = remembered(
        "losses", (key, tuple(done)), lambda: tuple(survey(one, judged) for one in settings)
    )
    return done, losses


def losses_html(now: Losses, remark: str = "") -> str:
    """The strip above the bars: what the setting of now finds, and the reranker's own part."""
    counts, top = now.counts, now.setting.asked.top
    shown = counts["found"] + counts["sure"]
    happened = f"{shown} of {counted(len(now.answers), 'right answer')} are found"
    own = (
        f"The reranker read {now.reached} of them: it brought {now.lifted} up into the first {top} "
        f"and put {now.demoted} out of them."
    )
    if counts["sure"]:
        own += f" {counts['sure']} it could not have lost."
    if counts["no_room"]:
        own += f" For {counts['no_room']} no place was left beside other right answers."
    return (
        '<div class="sl-strip" role="status"><p class="sl-happened">'
        f"<strong>{html_text(happened)}</strong> "
        f'<span class="sl-quiet">{html_text(now.setting.name)}</span></p>'
        f'<p class="sl-fate">{html_text(own)}</p>'
        f'<p class="sl-more">{html_text(remark)}</p></div>'
    )


def _questions(view: View, query: str | None) -> tuple[Asked, ...]:
    """The questions with a right answer in the collection; other documents cannot be found."""
    scene = view.scene
    if query is None:
        asked = judged_questions(view.known)
    else:
        if not query.strip():
            raise QueryError(
                "The question is empty.", "Type a question, or pick a sample question."
            )
        (legs,) = gather(scene, (Asked.of(query, {}),), view.strip)
        asked = (find_answers(view, query, legs)[1],)
    present = set(scene.snapshot.document_ids)
    kept = [
        replace(one, grades=tuple((d, g) for d, g in one.grades if g > 0 and d in present))
        for one in asked
    ]
    return tuple(one for one in kept if one.grades)


def _take_click() -> None:
    """The piece that was clicked is the one whose questions are shown."""
    points: list[dict[str, Any]] = st.session_state[_FIGURE]["selection"]["points"]
    if points:
        place, part = points[0]["customdata"]
        st.session_state[SETTING] = int(place)
        st.session_state[PART] = part


def show_behind(view: View, losses: Sequence[Losses], questions: Sequence[Asked]) -> None:
    """Pick a piece, by a click above or here, and see its questions."""
    st.subheader("The questions behind a piece", divider="gray")
    left, right = st.columns(2, gap="medium")
    if st.session_state.get(SETTING, 0) >= len(losses):
        st.session_state[SETTING] = 0
    with left:
        place = st.selectbox(
            "Setting",
            list(range(len(losses))),
            format_func=lambda one: losses[one].setting.name,
            key=SETTING,
        )
    chosen = losses[place or 0]
    if PART not in st.session_state:
        lost = next((one for one in _LOST if chosen.counts[one]), "found")
        st.session_state[PART] = lost
    with right:
        part = st.selectbox(
            "Piece",
            list(PART_LOOKS),
            format_func=lambda one: f"{PART_LOOKS[one].label} ({chosen.counts[one]})",
            key=PART,
        )
    st.html(f'<p class="sl-caption">{html_text(_behind_sentence(chosen, part))}</p>')
    answers = chosen.of(part)
    if answers:
        _draw_table(view, chosen, answers, questions)


def _behind_sentence(chosen: Losses, part: Part) -> str:
    answers = chosen.of(part)
    said = f"{PART_LOOKS[part].label}: {PARTS[part]}"
    if not answers:
        return f"No answer is here with {chosen.setting.name} ({said})."
    asked = len({answer.question for answer in answers})
    return (
        f"{counted(len(answers), 'right answer')} of {counted(asked, 'question')}, with "
        f"{chosen.setting.name} ({said}). A click on “open” shows the lists of the question, with "
        "the answer marked."
    )


def _draw_table(
    view: View, chosen: Losses, answers: Sequence[Answer], questions: Sequence[Asked]
) -> None:
    table = answer_table(answers, questions)
    collection = view.scene.snapshot.collection
    table.insert(
        0,
        "open",
        [
            _address(collection, questions[one.question].query, chosen.setting, one.chunk_id)
            for one in answers
        ],
    )
    st.dataframe(
        table,
        hide_index=True,
        height=min(_HEIGHT_PX, _ROW_PX * (len(table) + 1) + 3),
        key="loss_table",
        column_config={
            "question": st.column_config.TextColumn(width="medium"),
            "open": st.column_config.LinkColumn(display_text="open ↗", width="small"),
        },
        alt=f"{len(answers)} right answers with their ranks in each list",
    )


def answer_table(answers: Sequence[Answer], questions: Sequence[Asked]) -> pd.DataFrame:
    """One row an answer, with its rank among the documents of each list."""
    rows = [
        {
            "question": cell_text(questions[one.question].query),
            "right answer": cell_text(one.document_id, 120),
            "grade": one.grade,
            "BM25": one.ranks["bm25"],
            "bi-encoder": one.ranks["dense"],
            "before reranking": one.ranks["pool"],
            "reranked": one.ranks["rerank"],
        }
        for one in answers
    ]
    table = pd.DataFrame(rows)
    ranks = ["BM25", "bi-encoder", "before reranking", "reranked"]
    return table.astype(dict.fromkeys(ranks, "Int64"))


def _address(collection: str, query: str, setting: PoolSetting, answer: str | None) -> str:
    """The search page on this question, with a first list alone as a fusion that ignores one."""
    asked = setting.asked
    if setting.source != "fused":
        alpha = 0.0 if setting.source == "bm25" else 1.0
        asked = replace(asked, fusion="weighted", alpha=alpha)
    values = view_parameters(collection, query, _all_stages(asked), answer)
    pages = (st.context.url or "").partition("?")[0].rpartition("/")[0]
    return f"{pages}/search?{urlencode(values, doseq=True)}"


def _all_stages(asked: SearchSettings) -> SearchSettings:
    return replace(asked, stages=STAGE_ORDER)
