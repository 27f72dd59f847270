from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.measure.exact_numbers import csv_cell, curve_csv, curve_table
from pages.measure.verdicts import entry_sentence
from pages.parts.charts.candidate_curve import Knob
from retrieval.evaluation.cost import BUDGET, TEXTBOOK
from retrieval.evaluation.curve import CURVE_MEASURES, ScoredPool, curve
from retrieval.evaluation.entry import Entry
from retrieval.evaluation.knob import read_curve
from retrieval.models.loading import Models
from retrieval.models.reranker import CrossEncoderReranker
from retrieval.settings import Chunking
from retrieval.store import Store
from retrieval.types import Judgment, Question
from tests.app.conftest import APP, SECONDS, Tags, html_of, moving_charts, notices, settled
from tests.corpus import filled

PAGE = "pages/measure/candidates.py"
ALL = "all judged questions"
KEYS = (
    "collection",
    "query",
    "candidates",
    "fusion",
    "alpha",
    "rrf_k",
    "reranker",
    "blend",
    "filter",
    "answer",
    "scope",
    "measure",
    "budget",
)
QUESTIONS = {
    "q1": ("which medicine does not cause drowsiness", "d000"),
    "q2": ("what bit the man", "d002"),
}


@pytest.fixture(scope="module")
def small(home: Path, models: Models) -> str:
    """A judged collection of eight passages, and an empty one."""
    store, encoder = Store(home), models.encoder()
    collection = filled(store, encoder, name="Small")
    collection.add_questions([Question(one, text) for one, (text, _) in QUESTIONS.items()])
    collection.add_judgments([Judgment(one, answer, 1) for one, (_, answer) in QUESTIONS.items()])
    store.create("Empty", encoder, Chunking(tokens=16))
    return collection.name


def open_knob(**address: str | list[str]) -> AppTest:
    """Open the page at an address, as a link does."""
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    for name, value in address.items():
        app.query_params[name] = value
    return settled(app.switch_page(PAGE).run())


def scored(app: AppTest) -> AppTest:
    """The page once every pair that it names is scored."""
    while buttons := [button for button in app.button if button.key == "score"]:
        assert re.fullmatch(r"Score \d+ pairs?", buttons[0].label)
        settled(buttons[0].click().run())
    return app


def strip_of(app: AppTest) -> str:
    (found,) = (h.value for h in app.html if 'class="sl-strip"' in h.value)
    return found


def test_one_question_has_its_curve_its_fusion_and_its_maps(small: str) -> None:
    app = open_knob(collection=small, query=QUESTIONS["q1"][0])
    assert not app.exception
    assert not notices(app)
    assert len(moving_charts(app)) == 5
    strip = strip_of(app)
    assert re.search(r"The known answer enters at N = \d", strip)
    assert "measured here" in strip
    assert "You are at 100" in strip


@pytest.mark.parametrize("key", KEYS)
def test_each_control_has_the_key_that_addresses_use(small: str, key: str) -> None:
    app = open_knob(collection=small, candidates="10")
    assert app.get_by_key(key) is not None


def test_an_address_reproduces_a_view(small: str) -> None:
    app = open_knob(
        collection=small,
        query="the dog",
        candidates="7",
        fusion="weighted",
        alpha="0.25",
        scope=ALL,
        measure="MRR@10",
        budget="500",
    )
    assert app.slider(key="candidates").value == 7
    assert app.slider(key="alpha").value == 0.25
    assert app.slider(key="budget").value == 500
    assert app.get_by_key("scope").value == ALL
    assert app.get_by_key("measure").value == "MRR@10"


def test_the_whole_set_is_scored_on_a_button_that_names_its_pairs(small: str) -> None:
    app = open_knob(collection=small, scope=ALL, rrf_k="7", query=QUESTIONS["q1"][0])
    if any(button.key == "score" for button in app.button):
        assert "no model has read yet" in html_of(app)
    scored(app)
    assert not app.exception
    assert "mean of 2 questions" in html_of(app)
    assert len(moving_charts(app)) == 3


def test_moving_n_runs_no_model(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = scored(open_knob(collection=small, scope=ALL))
    curve_before = moving_charts(app)[0]["data"]

    def refuse(*_: object) -> None:
        raise AssertionError("a model ran")

    monkeypatch.setattr(CrossEncoderReranker, "score_pairs", refuse)
    app.slider(key="candidates").set_value(6).run()
    assert not app.exception
    assert not notices(app)
    assert "You are at 6" in strip_of(app)
    assert moving_charts(app)[0]["data"] == curve_before


def test_a_budget_names_the_n_that_it_allows(small: str) -> None:
    app = open_knob(collection=small, budget="5000", query=QUESTIONS["q1"][0])
    assert re.search(r"5,000 ms allow (all 200|N = \d+)", strip_of(app))


def test_a_question_without_an_answer_invites_to_mark_one(small: str) -> None:
    app = open_knob(collection=small, query="water and sun")
    assert not app.exception
    (notice,) = notices(app)
    assert "No answer to this question is known yet." in notice
    assert not moving_charts(app)
    option = app.selectbox(key="answer").options[0]
    app.selectbox(key="answer").set_value(option[-24:]).run()
    assert not app.exception
    assert "Your answer enters at N = 1" in strip_of(app)
    assert len(moving_charts(app)) == 5


def test_an_empty_collection_and_an_empty_question_get_one_line(small: str) -> None:
    app = open_knob(collection="Empty", query="the dog")
    (notice,) = notices(app)
    assert "This collection is empty." in notice
    app = open_knob(collection=small, query="   ")
    (notice,) = notices(app)
    assert "The question is empty." in notice


def test_a_set_without_judgments_gets_one_line(small: str, home: Path, models: Models) -> None:
    store = Store(home)
    if "Unjudged" not in store.names():
        filled(store, models.encoder(), name="Unjudged")
    app = open_knob(collection="Unjudged", scope=ALL, query="the dog")
    (notice,) = notices(app)
    assert "no judged questions" in notice


def test_every_chart_has_a_caption_with_numbers_and_a_text_alternative(small: str) -> None:
    app = open_knob(collection=small, query=QUESTIONS["q2"][0])
    charts = moving_charts(app)
    captions = [h.value for h in app.html if 'class="sl-caption"' in h.value]
    assert len(charts) == len(captions) == 5
    for drawn, caption in zip(charts, captions, strict=True):
        assert re.search(r"\d", caption)
        assert html.unescape(caption.partition(">")[2].removesuffix("</p>")) in drawn["alt"]


def test_markup_in_passages_is_shown_and_not_obeyed(home: Path, models: Models) -> None:
    store = Store(home)
    texts = ("<script>alert(1)</script> dog", "the <img src=x onerror=alert(2)> dog bit", "man")
    if "Markup" not in store.names():
        collection = filled(store, models.encoder(), texts, name="Markup")
        collection.add_questions([Question("q", "<b>dog</b>")])
        collection.add_judgments([Judgment("q", "d001", 1)])
    app = open_knob(collection="Markup", query="<b>dog</b>")
    assert not app.exception
    assert Tags(html_of(app)).harmless
    assert "<img" not in json.dumps(moving_charts(app))


def made_knob() -> Knob:
    pool = ScoredPool(("a", "b"), {"a": "x", "b": "y"}, {"a": 0.0, "b": 1.0})
    drawn = curve([(pool, {"y": 1})])
    measure = CURVE_MEASURES[0]
    reading = read_curve(drawn.values(measure), drawn.without[measure])
    return Knob(drawn, measure, reading, TEXTBOOK, BUDGET.default, 100)


def test_the_file_has_a_row_for_each_n_and_no_formula() -> None:
    text = curve_csv(curve_table(made_knob()), "=HYPERLINK(1)", 'a "quoted",\nquestion')
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 201
    assert rows[1][:3] == ["'=HYPERLINK(1)", 'a "quoted", question', "1"]
    assert not any(
        csv_cell(bad).startswith(("=", "+", "-", "@")) for bad in ("=1", "+1", "-1", "@")
    )


ENTRIES = {
    Entry("c", 37, ((37, 200),)): "at N = 37, and the reranker puts it first from there on.",
    Entry("c", 37, ((40, 90),), 90): "at N = 37, and the reranker puts it first from N = 40 on.",
    Entry("c", 5, ((5, 5), (9, 20))): (
        "at N = 5, and the reranker puts it first for N = 5 and 9 to 20; a later candidate "
        "passes it."
    ),
    Entry("c", 5, ()): "at N = 5, and the reranker puts it first at no N.",
    Entry("c", 237, ()): (
        "at N = 237, beyond the largest N of 200: fusion has put it too far down."
    ),
}


@pytest.mark.parametrize("found", ENTRIES)
def test_the_answers_way_in_is_told_in_a_sentence(found: Entry) -> None:
    assert entry_sentence(found) == f"Your answer enters {ENTRIES[found]}"


def test_an_answer_that_never_enters_is_told_too() -> None:
    assert "never enters" in entry_sentence(Entry(None, None, ()))
