from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import ir_measures
import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.charts.difference_bars import difference_bars
from pages.parts.evaluation import downloads
from pages.parts.evaluation.scoring_work import progress_text
from retrieval.access import LOCAL
from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.evaluation.measures import Measure
from retrieval.evaluation.recipes import Recipe
from retrieval.evaluation.significance import compare
from retrieval.evaluation.systems import Systems
from retrieval.models.encoder import BiEncoder
from retrieval.models.loading import Models
from retrieval.models.reranker import CrossEncoderReranker
from retrieval.progress import Progress
from retrieval.review.people import local_reviewer
from retrieval.review.pooling import Pooler
from retrieval.review.scale import SCALES
from retrieval.review.store import ReviewStore
from retrieval.review.types import Draft, PooledSystem, ReviewQuestion
from retrieval.settings import STAGE_ORDER, Chunking, SearchSettings
from retrieval.store import Store
from retrieval.types import Judgment, Question
from tests.app.conftest import APP, SECONDS, Tags, html_of, notices, settled
from tests.corpus import filled

PAGE = "pages/measure/evaluate.py"
NAME = "Measured"
QUESTIONS = {
    "q1": ("which medicine does not cause drowsiness", {"d000": 2, "d001": 0}),
    "q2": ("what bit the man", {"d002": 1}),
    "q3": ("which plant is safe to cats", {"d005": 1, "d004": 0}),
    "q4": ("water and sun", {"d007": 1, "d006": 1}),
}
QRELS = "q1 0 d001 1\nq2 0 d003 1\nq2 0 nowhere 1\n"
TOPICS = "q1\tdrowsiness\nq2\tthe man bit\n"


@pytest.fixture(scope="module")
def small(home: Path, models: Models) -> str:
    """A judged collection of eight passages, one without judgments, and an empty one."""
    store, encoder = Store(home), models.encoder()
    collection = filled(store, encoder, name=NAME)
    collection.add_questions(Question(one, text) for one, (text, _) in QUESTIONS.items())
    collection.add_judgments(
        Judgment(one, document, grade)
        for one, (_, grades) in QUESTIONS.items()
        for document, grade in grades.items()
    )
    filled(store, encoder, name="Not judged")
    store.create("Nothing in it", encoder, Chunking(tokens=16))
    return NAME


def open_page(**address: str | list[str]) -> AppTest:
    """Open the page at an address, as a link does, and wait until its lists are there."""
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    for name, value in address.items():
        app.query_params[name] = value
    return settled(app.switch_page(PAGE).run())


def scored(app: AppTest) -> AppTest:
    """The page once every pair that it names is scored."""
    for button in app.button:
        if button.key == "score":
            assert re.fullmatch(r"Score \d+ pairs?", button.label)
            settled(button.click().run())
    assert not any(button.key == "score" for button in app.button)
    return app


@pytest.fixture
def page(small: str) -> AppTest:
    return scored(open_page(collection=small))


def strip_of(app: AppTest) -> str:
    (found,) = (h.value for h in app.html if '<div class="sl-strip"' in h.value)
    return found


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | bytes]:
    """What the download buttons were given, by their keys, as the page is drawn."""
    given: dict[str, str | bytes] = {}
    plain = downloads._download

    def noted(what: tuple[str, str, str, str], make: Callable[[], str | bytes]) -> None:
        given[what[1]] = make()
        plain(what, make)

    monkeypatch.setattr(downloads, "_download", noted)
    return given


def test_the_page_opens_with_a_table_before_anyone_has_clicked(small: str) -> None:
    app = open_page(collection=small)
    assert not app.exception
    drawn = html_of(app)
    for stage in STAGE_ORDER:
        assert f"</span>{stage}</td>" in drawn
    assert "4 judged questions, 7 judgments" in strip_of(app)


def test_scored_systems_are_compared_with_intervals_and_a_sentence(page: AppTest) -> None:
    assert not page.exception
    assert not notices(page)
    assert len(re.findall(r"<td><b>[\d.]+</b>", html_of(page))) == 5 * 5
    assert len(page.get("plotly_chart")) == 2
    assert "Too few questions to say" in strip_of(page)
    assert page.selectbox(key="system_a").value == "hybrid"
    assert page.selectbox(key="system_b").value == "rerank"


@pytest.mark.parametrize(
    "key",
    [
        "collection",
        "candidates",
        "fusion",
        "rrf_k",
        "alpha",
        "reranker",
        "blend",
        "filter",
        "measures",
        "set",
    ],
)
def test_each_control_has_the_key_that_addresses_use(page: AppTest, key: str) -> None:
    assert page.get_by_key(key) is not None


def test_an_address_reproduces_a_view(small: str) -> None:
    app = open_page(
        collection=small,
        candidates="7",
        fusion="weighted",
        alpha="0.25",
        measures=["MAP", "nDCG@10"],
        system_a="bm25",
        system_b="dense",
    )
    assert app.slider(key="candidates").value == 7
    assert app.multiselect(key="measures").value == ["MAP", "nDCG@10"]
    assert (app.selectbox(key="system_a").value, app.selectbox(key="system_b").value) == (
        "bm25",
        "dense",
    )
    assert "MAP: dense minus bm25" in html_of(app)


def test_moving_n_runs_no_model(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a model ran")

    monkeypatch.setattr(CrossEncoderReranker, "score_pairs", refuse)
    monkeypatch.setattr(BiEncoder, "encode_query", refuse)
    page.slider(key="candidates").set_value(5).run()
    assert not page.exception
    assert not notices(page)
    assert "N 5, second-look-reranker" in html_of(page)


def test_a_measure_that_is_none_gets_one_line_and_the_others_stay(page: AppTest) -> None:
    page.multiselect(key="measures").set_value(["nDCG@3", "nonsense"]).run()
    (notice,) = notices(page)
    assert "There is no measure" in notice
    assert "nDCG@3 by system" in html_of(page)


def test_a_system_is_saved_compared_renamed_and_deleted(page: AppTest, home: Path) -> None:
    page.slider(key="candidates").set_value(5).run()
    page.text_input(key="system_name").set_value("Five <b>")
    page.selectbox(key="system_stage").set_value("rerank")
    next(b for b in page.button if b.label == "Save").click().run()
    page.slider(key="candidates").set_value(100).run()
    scored(page)
    assert not page.exception
    drawn = html_of(page)
    assert "</span>Five &lt;b&gt;</td>" in drawn
    assert "rerank, rrf k 60, N 5" in drawn
    page.selectbox(key="system_b").set_value("Five <b>").run()
    assert "Five &lt;b&gt;" in strip_of(page)
    assert Tags(html_of(page)).harmless
    page.text_input(key="system_new_name").set_value("five")
    page.button(key="rename_system").click().run()
    assert [one.name for one in Systems(home / "systems").list()] == ["five"]
    page.button(key="delete_system").click().run()
    assert not page.exception
    assert Systems(home / "systems").list() == ()


def test_a_name_that_is_taken_gets_one_line(page: AppTest) -> None:
    page.text_input(key="system_name").set_value("rerank")
    next(b for b in page.button if b.label == "Save").click().run()
    (notice,) = notices(page)
    assert "already a system" in notice


def test_a_run_of_another_tool_is_a_system_too(page: AppTest, home: Path) -> None:
    run = "q1 Q0 d000 1 3.0 t\nq1 Q0 d004 3 2.0 t\nq2 Q0 d002 1 1 t\nq9 Q0 d002 1 1 t\nbad\n"
    # The file that was picked first is thought better of: the name that is proposed follows.
    page.file_uploader(key="run_file_0").upload("mistaken.run", b"").run()
    page.file_uploader(key="run_file_0").set_value(("theirs.run", run.encode(), "")).run()
    page.button(key="add_run").click().run()
    assert not page.exception
    drawn = html_of(page)
    assert "</span>theirs</td>" in drawn
    assert "a run that was handed in" in drawn
    for note in ("line 2: question “q1” has rank 3", "line 4: there is no question", "line 5: "):
        assert f"theirs.run, {note}" in drawn
    for system in Systems(home / "systems").list():
        Systems(home / "systems").delete(system)


def test_questions_are_handed_in_picked_and_forgotten(small: str) -> None:
    app = open_page(collection=small)
    app.file_uploader(key="set_files_0").upload("topics.txt", TOPICS.encode())
    app.file_uploader(key="set_files_0").upload("qrels.txt", QRELS.encode())
    app.run()
    next(one for one in app.text_input if one.label == "Name").set_value("other <i>")
    settled(app.button(key="use_set").click().run())
    assert not app.exception
    assert "2 judged questions, 2 judgments" in strip_of(app)
    assert "qrels.txt, line 3: the collection has no document “nowhere”" in html_of(app)
    set_id = app.selectbox(key="set").value
    again = open_page(collection=small, set=set_id)
    assert "2 judged questions, 2 judgments" in strip_of(again)
    settled(again.button(key="forget_set").click().run())
    assert "4 judged questions" in strip_of(again)


def test_the_judgments_of_a_review_are_measured_on_too(small: str, home: Path) -> None:
    collection, reviews = Store(home).open(small), ReviewStore(home)
    asked = tuple(ReviewQuestion(one, QUESTIONS[one][0]) for one in ("q1", "q2"))
    draft = Draft("a <b>look</b>", asked, SCALES["binary"], depth=2)
    systems = (PooledSystem("bm25", Recipe("bm25")),)
    models, cache = Models(), Cache(home)
    pooler = Pooler(Cascade(models, cache), collection, collection.snapshot())
    review = reviews.create(
        LOCAL, draft, collection.snapshot(), systems, pooler.gather(draft, systems)
    )
    app = open_page(collection=small)
    app.selectbox(key="set_review").set_value(review.id)
    app.button(key="use_review").click().run()
    assert any("None of the questions has a judgment" in notice for notice in notices(app))
    seat = reviews.seat(local_reviewer("Ann"), review.id)
    while (task := seat.next()) is not None:
        seat.judge(task.id, 1)
    settled(app.button(key="use_review").click().run())
    assert not app.exception
    assert f"2 judged questions, {len(seat.history())} judgments" in strip_of(app)
    settled(app.button(key="forget_set").click().run())
    reviews.delete(LOCAL, review.id)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("topics.txt", "x1\tdrowsiness\n"), ("qrels.txt", QRELS)], "None of the questions"),
        ([("topics.txt", ""), ("qrels.txt", QRELS)], "empty"),
        ([("topics.txt", "\x00\x01"), ("qrels.txt", QRELS)], "binary"),
        ([("topics.txt", TOPICS)], "Now the file of qrels"),
        ([("set.zip", "no zip")], "no file of questions"),
    ],
)
def test_files_that_are_no_set_get_one_line(
    small: str, files: list[tuple[str, str]], said: str
) -> None:
    app = open_page(collection=small)
    for name, content in files:
        app.file_uploader(key="set_files_0").upload(name, content.encode())
    app.run()
    for button in app.button:
        if button.key == "use_set":
            button.click().run()
    assert not app.exception
    assert any(said in one for one in notices(app))


def test_a_picked_question_shows_both_lists_and_the_way_to_the_search(page: AppTest) -> None:
    page.slider(key="candidates").set_value(100).run()
    page.session_state["question_table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    page.run()
    assert not page.exception
    table = page.dataframe[0].value
    drawn = html_of(page)
    assert f'<p class="sl-asked">{table["question"].iloc[0]}</p>' in drawn
    assert "first relevant document" in drawn
    assert "/search?" in table["open"].iloc[0]
    assert "candidates=100" in table["open"].iloc[0]
    assert [abs(one) for one in table["difference"]] == sorted(
        map(abs, table["difference"]), reverse=True
    )


def test_systems_of_other_settings_have_a_link_each(page: AppTest, home: Path) -> None:
    snapshot = Store(home).open(NAME).snapshot()
    systems = Systems(home / "systems")
    saved = systems.save("Six", snapshot, Recipe("rerank", SearchSettings(candidates=6)))
    app = scored(open_page(collection=NAME, system_a="rerank", system_b="Six"))
    table = app.dataframe[0].value
    assert "candidates=100" in table["open with rerank"].iloc[0]
    assert "candidates=6" in table["open with Six"].iloc[0]
    systems.delete(saved)


def test_collections_without_judgments_get_one_line(small: str) -> None:
    for name in ("Not judged", "Nothing in it"):
        app = open_page(collection=name)
        assert not app.exception
        (notice,) = notices(app)
        assert "no judged questions" in notice


def test_every_chart_has_a_caption_with_numbers_and_a_text_alternative(page: AppTest) -> None:
    charts = page.get("plotly_chart")
    captions = [h.value for h in page.html if h.value.startswith('<p class="sl-caption"')]
    assert len(charts) == 2
    assert sum(bool(re.search(r"\d\.\d{3}", caption)) for caption in captions) >= 2
    assert all(drawn.proto.alt for drawn in charts)


def test_the_files_hold_the_figures_of_the_page(
    files: dict[str, str | bytes], page: AppTest
) -> None:
    assert len(page.get("download_button")) == 4
    rows = list(csv.DictReader(io.StringIO(files["figures"])))
    runs = zipfile.ZipFile(io.BytesIO(files["runs"]))
    qrels = list(ir_measures.read_trec_qrels(files["qrels"]))
    assert len(rows) == 5 * 5
    assert set(runs.namelist()) == {f"{stage}.run" for stage in STAGE_ORDER}
    for row in rows:
        run = list(ir_measures.read_trec_run(runs.read(f"{row['system']}.run").decode()))
        measure = Measure.parse(row["measure"]).calculator
        theirs = ir_measures.calc_aggregate([measure], qrels, run)[measure]
        assert float(row["mean"]) == pytest.approx(theirs, abs=1e-6)
        assert f"<b>{float(row['mean']):.3f}</b>" in html_of(page)
    assert "<svg" in files["report"]
    assert "Evaluation of Measured" in files["report"]


def test_progress_is_told_with_the_time_left() -> None:
    searching = Progress(30, 60, seconds=10, fraction=0.5, current="search")
    assert progress_text(searching) == (
        "Searched 30 of 60 questions with both first stages, 10 s left"
    )
    scoring = Progress(1, 2, documents=1000, chunks=500, seconds=60, fraction=0.5, current="pairs")
    assert progress_text(scoring) == "Scored 1 of 2 questions, 500 of 1,000 pairs, 60 s left"
    assert progress_text(None) == "Loading the models …"


def test_questions_are_escaped_in_the_picture() -> None:
    (found,) = compare({"a": [0.0], "b": [1.0]}, [("a", "b")], "MRR@10")
    drawn = json.dumps(difference_bars(found, [1.0], ["<b>x</b>"]).figure.to_dict(), default=str)
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
