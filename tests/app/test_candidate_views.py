"""The two other views of the candidates page: lost answers, and length."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from pages.measure.losses_view import answer_table
from pages.measure.questions import Asked
from retrieval.evaluation.lost_answers import Answer
from retrieval.models.loading import Models
from retrieval.settings import STAGE_ORDER
from retrieval.store import Store
from retrieval.types import Judgment, Question
from tests.app.conftest import APP, SECONDS, Tags, html_of, notices, settled
from tests.corpus import filled

PAGE = "pages/measure/candidates.py"
ALL = "all judged questions"
LOSSES, LENGTH = "where answers are lost", "length of passages"
ASKED = {
    "q1": ("which medicine does not cause drowsiness", "d000"),
    "q2": ("what bit the man", "d002"),
    "q3": ("=<img src=x onerror=alert(1)> cats", "d004"),
}


@pytest.fixture(scope="module")
def judged(home: Path, models: Models) -> str:
    """Eight passages with three judged questions, one of them with an answer that is not there."""
    collection = filled(Store(home), models.encoder(), name="Judged views")
    collection.add_questions([Question(one, text) for one, (text, _) in ASKED.items()])
    collection.add_judgments([Judgment(one, answer, 1) for one, (_, answer) in ASKED.items()])
    collection.add_judgments([Judgment("q1", "gone", 2)])
    return collection.name


def open_view(view: str, **address: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    for name, value in {"view": view, **address}.items():
        app.query_params[name] = value
    settled(app.switch_page(PAGE).run())
    while buttons := [button for button in app.button if button.key == "score"]:
        settled(buttons[0].click().run())
    return app


def strip_of(app: AppTest) -> str:
    (found,) = (h.value for h in app.html if 'class="sl-strip"' in h.value)
    return found


def test_every_right_answer_is_in_one_piece_of_each_bar(judged: str) -> None:
    app = open_view(LOSSES, collection=judged, scope=ALL, query=ASKED["q1"][0])
    assert not app.exception
    assert not notices(app)
    (drawn,) = app.get("plotly_chart")
    spec = json.loads(drawn.proto.spec)
    bars = [sum(counts) for counts in zip(*(one["x"] for one in spec["data"]), strict=True)]
    # A judged document that the collection does not hold is nobody's loss.
    assert bars == [3] * 8
    assert "3 right answers" in strip_of(app)
    assert "3 it could not have lost" in strip_of(app)
    assert Tags(html_of(app)).harmless


def test_the_questions_behind_a_piece_open_the_search_page(judged: str) -> None:
    app = open_view(LOSSES, collection=judged, scope=ALL, candidates="7", query=ASKED["q1"][0])
    app.selectbox(key="loss_part").set_value("sure").run()
    (table,) = app.dataframe
    assert len(table.value) == 3
    assert table.value["question"].tolist()[2].startswith("'=")
    address = urlsplit(table.value["open"][0])
    asked = parse_qs(address.query)
    assert address.path.endswith("/search")
    assert asked["query"] == [ASKED["q1"][0]]
    assert asked["candidates"] == ["7"]
    assert re.fullmatch("[0-9a-f]{24}", asked["answer"][0])


def test_a_piece_can_be_picked_without_a_click(judged: str) -> None:
    app = open_view(LOSSES, collection=judged, scope=ALL, query=ASKED["q1"][0])
    app.selectbox(key="loss_setting").set_value(6).run()
    assert "BM25 alone" in html_of(app)
    app.selectbox(key="loss_part").set_value("never_a_candidate").run()
    shown = html_of(app)
    assert "never a candidate" in shown
    assert not app.exception


def test_the_bars_of_one_question_are_scored_at_once(judged: str) -> None:
    app = open_view(LOSSES, collection=judged, query=ASKED["q2"][0])
    assert not app.exception
    assert "1 right answer" in strip_of(app)


def test_a_question_without_a_known_answer_gets_one_line(judged: str) -> None:
    (notice,) = notices(open_view(LOSSES, collection=judged, query="sun and water"))
    assert "No right answer is known yet." in notice
    (notice,) = notices(open_view(LOSSES, collection=judged, query=" "))
    assert "The question is empty." in notice


def test_ranks_that_are_missing_stay_empty_in_the_table() -> None:
    ranks = {"bm25": None, "dense": 12, "pool": 30, "rerank": None}
    lost = Answer(0, "+d", 2, "fused_out", "c", ranks)
    table = answer_table([lost], [Asked.of("-q", {})])
    assert table["question"][0] == "'-q"
    assert table["right answer"][0] == "'+d"
    assert table["BM25"].isna().all()
    assert table["before reranking"][0] == 30


@pytest.mark.parametrize("scope", ["one question", ALL])
def test_length_has_a_scatter_all_stages_and_other_sizes(judged: str, scope: str) -> None:
    app = open_view(LENGTH, collection=judged, scope=scope, query=ASKED["q1"][0])
    assert not app.exception
    assert not notices(app)
    (drawn,) = app.get("plotly_chart")
    assert "could not be read whole" in drawn.proto.alt
    body = html_of(app)
    assert re.findall(r'class="sl-stage-(\w+)"', body) == list(STAGE_ORDER)
    assert "not cut at all" in body
    assert "16 (as now)" in body
    app.get_by_key("length_stage").set_value("bm25").run()
    app.get_by_key("length_axis").set_value("score").run()
    (drawn,) = app.get("plotly_chart")
    assert not app.exception
    assert "this stage reads every word" in drawn.proto.alt
    points = sum(len(trace["x"]) for trace in json.loads(drawn.proto.spec)["data"])
    assert points > 0
    assert Tags(html_of(app)).harmless


def test_length_needs_no_known_answer(judged: str) -> None:
    app = open_view(LENGTH, collection=judged, query="sun and water")
    assert not app.exception
    assert not notices(app)
    assert len(app.get("plotly_chart")) == 1


def test_an_empty_question_gets_one_line_here_too(judged: str) -> None:
    (notice,) = notices(open_view(LENGTH, collection=judged, query="  "))
    assert "The question is empty." in notice
