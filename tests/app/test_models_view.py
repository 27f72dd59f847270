"""The drawer "Speed and services" of the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.library.models_table import fallbacks_html
from pages.parts.library.models_view import _facts
from retrieval.models import speed
from retrieval.models.backends.choice import BACKENDS
from retrieval.models.cards import BUILT_IN
from retrieval.models.loading import Description, Serving
from tests.app.conftest import Open, Tags, html_of, notices

PAGE = "pages/explore/library.py"


@pytest.fixture
def drawer(open_app: Open, home: Path) -> Iterator[AppTest]:
    """The drawer, opened, with nothing measured; afterwards the models serve as they did."""
    from pages.parts.resources import _engine  # noqa: PLC0415  # needs the app's home

    # The home is that of all page tests, and one of them measures.
    (home / speed._FILE).unlink(missing_ok=True)
    app = open_app(candidates="10", stages=["bm25"]).switch_page(PAGE).run()
    app.session_state["models"] = True
    yield app.run(timeout=200)
    _engine().models.configure()


def test_it_names_backend_precision_threads_and_every_way_down(drawer: AppTest) -> None:
    assert not drawer.exception
    drawn = html_of(drawer)
    assert "threads" in drawn
    assert "not measured yet" in drawn
    for info in BACKENDS:
        assert info.id in drawn
        if info.obstacle():
            assert f"Cannot be used: {info.obstacle()}." in drawn
    assert "rerank-v3.5 at api.cohere.com: a score for each passage" in drawn
    assert "no: SECOND_LOOK_OFFLINE is set" in drawn
    assert "of 500 made today" in drawn
    assert Tags(drawn).harmless


def test_backend_and_threads_can_be_changed(drawer: AppTest) -> None:
    from pages.parts.resources import _engine  # noqa: PLC0415

    drawer.selectbox(key="backend").set_value("torch-fp32")
    drawer.number_input(key="threads").set_value(1)
    next(button for button in drawer.button if button.form_id == "models_form").click().run()

    assert not drawer.exception
    described = _engine().models.describe()
    assert (described.asked, described.threads) == ("torch-fp32", 1)


def test_the_speed_is_measured_shown_and_kept(
    drawer: AppTest, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PASSAGES": 6, "COMPARED": 4, "ROUNDS": 1, "QUESTIONS": 2}.items():
        monkeypatch.setattr(f"retrieval.models.speed.{name}", value)
    drawer.button(key="measure_speed").click().run(timeout=300)

    assert not drawer.exception
    kept = speed.last_speed(home)
    assert kept is not None
    assert kept.passages_per_second > 0
    assert f"{kept.pairs_per_second:,.0f} pairs a second" in html_of(drawer)
    assert f"{kept.largest_difference:.3f}" in html_of(drawer)


def test_calibrating_says_in_one_line_what_is_in_the_way(
    drawer: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.models.calibration.FEWEST", 10**6)

    drawer.button(key="calibrate").click().run()

    assert not drawer.exception
    assert any("at least 1000000 passages" in notice for notice in notices(drawer))


def test_the_ways_down_are_one_line_each_and_one_serves() -> None:
    serving = Serving("model", "tokens", "torch-fp32", "torch", "fp32", None)
    drawn = fallbacks_html(Description("auto", 2, (serving,), ()))

    assert drawn.count("Serves now") == 1
    assert drawn.count("<dt>") == len(BACKENDS)
    assert Tags(drawn).harmless


def test_what_serves_is_called_by_its_name_and_its_precision_once() -> None:
    card = next(card for card in BUILT_IN if card.kind == "encoder")
    own = Serving(str(card.path), "tokens", "openvino-bf16", "OpenVINO, bf16", "bf16", None)
    other = Serving("/srv/models/mine", "logit", "torch-fp32", "torch", "fp32", None)

    assert _facts(Description("auto", 2, (own, other), ()), None) == {
        "all-MiniLM-L6-v2 (encoder)": "OpenVINO, bf16",
        "/srv/models/mine (reranker)": "torch, fp32",
        "asked for": "auto",
        "threads": "2",
        "speed": "not measured yet",
    }
