"""Where right answers are lost, over a question set: bars, and the questions behind each piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from pages.measure.knob_view import View, find_answers
from pages.measure.memory import remembered
from pages.measure.questions import Asked, gather_one, gathered_set
from pages.measure.scoring import score_now
from pages.parts.charts.frame import draw_chart
from pages.parts.charts.loss_bars import PART_LOOKS, loss_bars
from pages.parts.errors import show_note
from pages.parts.evaluation.scoring_work import Scoring, offer_scoring
from pages.parts.library.cells import cell_text
from pages.parts.question_bar import view_parameters
from pages.parts.safe_text import html_text
from retrieval.evaluation.legs import Legs
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
from retrieval.wording import counted

_HEIGHT_PX = 380
_ROW_PX = 35
_FIGURE = "losses_figure"
SETTING, PART = "loss_setting", "loss_part"
_LOST: tuple[Part, ...] = ("buried", "fused_out", "never_a_candidate")


@dataclass(frozen=True, slots=True)
class Read:
    """A question with what became of its candidates.

    Attributes:
        asked: The question, with the grades of its right answers.
        legs: Its first lists.
        scores: The rerank scores that are known, by chunk.
    """

    asked: Asked
    legs: Legs
    scores: Mapping[str, float]


def show_losses(view: View, query: str, judged: Scoring | None) -> None:
    """The bars of one question, or of a question set.

    Args:
        view: What the page was asked to show.
        query: The question to look at where there is no set.
        judged: The question set, or None.
    """
    settings = compared_settings(view.scene.asked)
    found = (
        _read_one(view, query, settings) if judged is None else _read_all(view, judged, settings)
    )
    if found is None:
        return
    every, done = found
    if not every:
        show_note(
            "No right answer is known yet.",
            "Mark the answer of this question in the lists, pick a sample question, or add "
            "questions with qrels in the Library.",
            view.strip,
        )
        return
    if not done:
        return
    is_all = len(done) == len(every)
    key = (view.scene.scores.key, view.scene.asked, tuple(one.asked for one in done))
    losses = remembered("losses", key, lambda: _surveyed(settings, done))
    of = counted(len(every), "judged question")
    remark = "" if is_all else f"So far {len(done)} of {of} are scored."
    (view.strip if is_all else st).html(losses_html(losses[0], remark))
    draw_chart(loss_bars(losses), on_select=_take_click)
    show_behind(view, losses, [one.asked for one in done])


_Found = tuple[list[Read], list[Read]]
"""The questions that have a right answer, and those of them that are scored."""


def _read_one(view: View, query: str, settings: Sequence[PoolSetting]) -> _Found:
    scene, legs = view.scene, gather_one(view.scene, query)
    present = set(scene.snapshot.document_ids)
    asked = _right_answers(find_answers(view, query, legs)[1], present)
    if not asked.grades:
        return [], []
    wanted = needed_pairs(legs, settings)
    with view.strip.container():
        score_now(scene.scores, legs, wanted)
    read = [Read(asked, legs, scene.scores.known(legs, wanted))]
    return read, read


def _read_all(view: View, judged: Scoring, settings: Sequence[PoolSetting]) -> _Found | None:
    """None while the lists are gathered."""
    scoring = replace(judged, recipes=tuple(one.recipe for one in settings))
    gathered = gathered_set(scoring, view.strip)
    if gathered is None:
        return None
    with view.strip.container():
        is_done = offer_scoring(scoring, "The bars need")
    known = scoring.bench.scores(scoring.recipes)
    rows = zip(gathered.questions, gathered.every, known, strict=True)
    present = set(view.scene.snapshot.document_ids)
    every = [Read(_right_answers(asked, present), legs, scores) for asked, legs, scores in rows]
    every = [one for one in every if one.asked.grades]
    if is_done:
        return every, every
    return every, [one for one in every if len(one.scores) == len(needed_pairs(one.legs, settings))]


def _right_answers(asked: Asked, present: AbstractSet[str]) -> Asked:
    """The question with the right answers that the collection holds; others cannot be found."""
    kept = tuple((one, grade) for one, grade in asked.grades if grade > 0 and one in present)
    return replace(asked, grades=kept)


def _surveyed(settings: Sequence[PoolSetting], done: Sequence[Read]) -> tuple[Losses, ...]:
    judged = [(one.legs, dict(one.asked.grades), one.scores) for one in done]
    return tuple(survey(setting, judged) for setting in settings)


def losses_html(now: Losses, remark: str = "") -> str:
    """The strip above the bars: what the setting of now finds, and the reranker's own part."""
    counts, top = now.counts, now.setting.asked.top
    shown = counts["found"] + counts["sure"]
    verb = "is" if len(now.answers) == 1 else "are"
    happened = f"{shown} of {counted(len(now.answers), 'right answer')} {verb} found"
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
