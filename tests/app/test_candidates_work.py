"""A question set is scored in the background, whatever page or session is looked at meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.evaluation import scoring_work
from retrieval.evaluation.recipes import Recipe
from retrieval.evaluation.work import Evaluations
from retrieval.evaluation.workbench import Workbench
from retrieval.jobs import Job
from retrieval.models.loading import Models
from retrieval.models.protocols import Batch
from retrieval.models.reranker import CrossEncoderReranker
from retrieval.store import Store
from retrieval.types import Judgment, Question
from tests.app.conftest import APP, SECONDS, html_of, settled
from tests.corpus import PASSAGES, filled

CANDIDATES = "pages/measure/candidates.py"
OTHER = "pages/explore/library.py"
NAME = "Scored in the background"
QUESTIONS = 3


class Gate:
    """Lets the reranker read one batch, and no more until it is opened."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.reached = threading.Event()
        self.calls = 0

    def hold(self) -> None:
        self.calls += 1
        if self.calls > 1:
            self.reached.set()
            assert self.open.wait(SECONDS)


@pytest.fixture(scope="module")
def collection(home: Path) -> str:
    found = filled(Store(home), Models().encoder(), name=NAME)
    found.add_questions(Question(f"q{n}", f"the dog and the man, {n}") for n in range(QUESTIONS))
    found.add_judgments(Judgment(f"q{n}", f"d00{n}", 1) for n in range(QUESTIONS))
    return found.name


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """In front of the reranker from now on; patience is at an end at once."""
    gate, read = Gate(), CrossEncoderReranker.score_pairs

    def score_pairs(self: CrossEncoderReranker, pairs: list[tuple[str, str]]) -> Iterator[Batch]:
        gate.hold()
        yield from read(self, pairs)

    # What scores a question's passages is bound before; it calls this one each time.
    monkeypatch.setattr(CrossEncoderReranker, "score_pairs", score_pairs)
    monkeypatch.setattr(scoring_work, "_PATIENCE_SECONDS", 0.05)
    yield gate
    gate.open.set()


def open_page(page: str, **address: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(page).run()


def button(app: AppTest, key: str) -> bool:
    return any(one.key == key for one in app.button)


def test_scoring_goes_on_when_its_page_is_left_and_stops_when_asked_to(
    collection: str, request: pytest.FixtureRequest
) -> None:
    address = {"collection": collection, "scope": "all judged questions"}
    app = settled(open_page(CANDIDATES, **address))
    (score,) = (one for one in app.button if one.key == "score")
    assert score.label == f"Score {QUESTIONS * len(PASSAGES)} pairs"
    gate: Gate = request.getfixturevalue("gate")
    score.click().run()
    assert gate.reached.wait(SECONDS)
    app.run()
    assert button(app, "stop_evaluation")
    assert "So far 1 of 3 judged questions are scored." in html_of(app)
    assert not app.exception

    # The session that asked for it is gone; another one comes by other pages and finds it at work.
    assert not open_page(OTHER, collection=collection).exception
    app = open_page(CANDIDATES, **address)
    assert button(app, "stop_evaluation")
    app.button(key="stop_evaluation").click()
    gate.open.set()
    settled(app.run())
    assert not app.exception

    # What was scored stays: one question less, or two where the batch under way was finished.
    (again,) = (one for one in app.button if one.key == "score")
    assert again.label in {f"Score {left * len(PASSAGES)} pairs" for left in (1, 2)}
    again.click().run()
    app = settled(open_page(CANDIDATES, **address))
    assert not button(app, "score")
    assert f"mean of {QUESTIONS} questions" in html_of(app)


def test_work_that_ends_while_its_page_is_drawn_leaves_nothing_to_score(
    home: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = filled(Store(home), Models().encoder(), name="Ended while drawn")
    found.add_questions(Question(f"q{n}", f"the man and the dog, {n}") for n in range(QUESTIONS))
    found.add_judgments(Judgment(f"q{n}", f"d00{n}", 1) for n in range(QUESTIONS))
    app = settled(open_page(CANDIDATES, collection=found.name, scope="all judged questions"))
    gate: Gate = request.getfixturevalue("gate")
    missing, submit = Workbench.missing, Evaluations.submit
    ends: list[Callable[[], Job]] = []

    def submit_and_note(work: Evaluations, *order: object) -> Job:
        job = submit(work, *order)  # type: ignore[arg-type]
        ends.append(lambda: work.wait(job.id, SECONDS))
        return job

    def missing_then_end(bench: Workbench, recipes: Iterable[Recipe], depth: int = 0) -> int:
        left = missing(bench, recipes, depth)
        gate.open.set()
        for end in ends:
            end()
        return left

    monkeypatch.setattr(Evaluations, "submit", submit_and_note)
    app.button(key="score").click().run()
    assert gate.reached.wait(SECONDS)
    monkeypatch.setattr(Workbench, "missing", missing_then_end)
    app.run()
    assert not app.exception
    assert not button(app, "score")
    assert f"mean of {QUESTIONS} questions" in html_of(app)
