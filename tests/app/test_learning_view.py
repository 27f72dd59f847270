"""Learn from these judgments: the split before, the work while it runs, and what it brought."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.charts.loss_curve import loss_curve
from pages.parts.learning.under_way import progress_text
from retrieval.models.cards import cards
from retrieval.models.learned import LearnedModels
from retrieval.models.loading import Models
from retrieval.progress import Progress
from retrieval.store import Store
from retrieval.training.examples import LEAST_QUESTIONS
from retrieval.training.given import GivenTriples
from retrieval.training.learning import Lesson, learn
from retrieval.training.triples import read_triples
from retrieval.types import Judgment, Question
from tests.app.conftest import APP, Tags, html_of, notices
from tests.corpus import filled
from tests.lessons import quick_tuning, write_triples
from tests.tiny import save_cross_encoder, save_encoder

PAGE = "pages/measure/evaluate.py"
NAME = "To learn from"
SECONDS = 120


@pytest.fixture(scope="module")
def small(home: Path) -> str:
    """A collection with two judged questions, too few to learn from."""
    collection = filled(Store(home), Models().encoder(), name=NAME)
    collection.add_questions([Question("q1", "what bit the man"), Question("q2", "water and sun")])
    collection.add_judgments([Judgment("q1", "d002", 1), Judgment("q2", "d007", 1)])
    return NAME


@pytest.fixture
def triples(tmp_path: Path) -> bytes:
    return write_triples(tmp_path / "triples.jsonl").read_bytes()


def open_page(collection: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    app.query_params["collection"] = collection
    return until(app.switch_page(PAGE).run(), lambda one: bool(one.get_by_key("learn_kind")))


def until(app: AppTest, holds: object) -> AppTest:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            if holds(app):  # type: ignore[operator]
                return app
        except KeyError:
            pass
        assert time.monotonic() < deadline, html_of(app)[-3000:]
        time.sleep(0.1)
        app.run()


def keys_of(app: AppTest) -> set[str]:
    return {button.key for button in app.button if button.key}


def test_too_few_questions_are_refused_with_the_floor_and_its_reason(small: str) -> None:
    app = open_page(small)
    assert not app.exception
    (said,) = [element.value for element in app.html if "are the least" in element.value]
    assert f"2 questions with a right passage, and {LEAST_QUESTIONS} are the least" in said
    assert "the paired test shows nothing unless six of them differ" in said
    assert "learn_start" not in keys_of(app)


def test_a_training_is_begun_watched_stopped_and_forgotten(small: str, triples: bytes) -> None:
    app = open_page(small)
    app.segmented_control(key="learn_source").set_value("a file of triples").run()
    app.file_uploader(key="learn_file").upload("pairs.jsonl", triples).run()
    assert "60 questions with a right passage" in html_of(app)
    assert "18 are held out for the comparison" in html_of(app)
    app.button(key="learn_start").click().run()
    until(app, lambda one: "learn_stop" in keys_of(one))
    assert "Training pairs-reranker-1" in html_of(app)

    app.button(key="learn_stop").click().run()
    until(app, lambda one: "learn_go_on" in keys_of(one))
    assert "The training of pairs-reranker-1 was stopped." in "".join(notices(app))
    app.button(key="learn_forget").click().run()
    assert "learn_go_on" not in keys_of(app)
    assert LearnedModels(Path(home_of())).list() == ()


def home_of() -> str:
    from retrieval.settings import settings  # noqa: PLC0415

    return str(settings().home)


def test_what_was_learned_is_shown_picked_and_deleted(
    small: str, home: Path, tmp_path: Path
) -> None:
    material = GivenTriples(
        read_triples(write_triples(tmp_path / "<b>triples.jsonl")),
        Models().encoder(str(save_encoder(tmp_path / "near"))),
    )
    base = str(save_cross_encoder(tmp_path / "base"))
    history = learn(Lesson("reranker", "tiny-1", base, quick_tuning()), material, Models(), home)

    app = open_page(small)
    assert not app.exception
    drawn = html_of(app)
    assert history.verdict.split(".")[0] in drawn
    assert "It has replaced nothing." in drawn
    assert "before" in drawn
    assert "reranker=tiny-1" in drawn
    assert "b" not in Tags(drawn.split("How it was made")[-1]).attributes
    assert "<b>triples" not in drawn
    assert "tiny-1" in app.selectbox(key="reranker").options
    assert app.selectbox(key="reranker").value == cards("reranker")[0].id

    app.button(key="learned_yes").click().run()
    assert LearnedModels(home).list() == ()
    assert "tiny-1" not in html_of(app)


def test_the_curve_says_what_it_shows() -> None:
    losses, checks = ((32, 1.0), (64, 0.5)), ((0, 1.2), (64, 0.8))
    assert "Nothing has been read yet" in loss_curve((), ()).caption
    assert "After 64 pairs" in loss_curve(losses, checks).caption
    assert "those weights are kept" in loss_curve(losses, checks, 64).caption
    worse = loss_curve(losses, ((0, 0.7), (64, 0.8)), 0)
    assert worse.caption.endswith("never fell below that, so nothing is kept.")


def test_progress_is_told_in_words() -> None:
    said = progress_text(Progress(128, 1000, seconds=10, fraction=0.5, current="learn"))
    assert said.startswith("Learning, 128 of at most 1,000 pairs")
    assert progress_text(None) == "Loading the models …"
