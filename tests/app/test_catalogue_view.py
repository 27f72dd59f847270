"""The drawer "Models" of the library, and the line at the foot of every page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.library.fetch_work import transfer_text
from retrieval.models.cards import cards, find_card
from retrieval.models.hub.fetching import remove
from retrieval.progress import Transfer
from retrieval.settings import settings
from tests.app.conftest import APP, Open, Tags, html_of, notices
from tests.hub_server import Hub, serving
from tests.tiny import save_cross_encoder

PAGE = "pages/explore/library.py"
MODEL = "cross-encoder/ms-marco-TinyBERT-L2-v2"
SECONDS = 60
PAGES = (
    *("pages/explore/search.py", PAGE, "pages/measure/candidates.py", "pages/measure/evaluate.py"),
    *("pages/measure/cost.py", "pages/understand/failures.py", "pages/understand/why.py"),
    "pages/measure/review.py",
)


def drawer(open_app: Open) -> AppTest:
    app = open_app(candidates="10", stages=["bm25"]).switch_page(PAGE).run()
    app.session_state["catalogue"] = True
    return app.run()


@pytest.fixture
def hub(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that serves one reranker, and networks allowed."""
    with serving() as hub:
        hub.add(MODEL, save_cross_encoder(tmp_path / "served"))
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("SECOND_LOOK_OFFLINE", "0")
        settings.cache_clear()
        yield hub
        remove(MODEL, home)
    settings.cache_clear()


def settled(app: AppTest) -> AppTest:
    deadline = time.monotonic() + SECONDS
    while any(str(button.key).startswith("stop_fetch") for button in app.button):
        assert time.monotonic() < deadline
        time.sleep(0.05)
        app.run()
    return app


def pressed(app: AppTest, start: str) -> AppTest:
    key = next(str(button.key) for button in app.button if str(button.key).startswith(start))
    return app.button(key=key).click().run()


def test_the_picker_shows_kind_use_bytes_and_state_of_every_model(open_app: Open) -> None:
    app = drawer(open_app)

    assert not app.exception
    options = app.selectbox(key="model").options
    assert len(options) == len(cards()) + 1
    assert "bge-m3 · encoder · long documents · 2.27 GB · to fetch" in options
    assert "Networks are forbidden here" in html_of(app)
    assert Tags(html_of(app)).harmless


def test_a_card_names_prompts_figures_and_what_was_checked(open_app: Open) -> None:
    app = drawer(open_app)

    app.selectbox(key="model").set_value("intfloat/e5-large-v2").run()

    drawn = html_of(app)
    assert "passage: " in drawn
    assert "<dd>50.56 [2]</dd>" in drawn
    assert "[2] https://github.com/FlagOpen/FlagEmbedding" in drawn
    app.selectbox(key="model").set_value("BAAI/bge-m3").run()
    assert "<dt>not checked</dt><dd>size, licence</dd>" in html_of(app)


def test_offline_the_button_is_closed_and_says_why(open_app: Open) -> None:
    app = drawer(open_app)

    app.selectbox(key="model").set_value(MODEL).run()

    button = app.button(key="fetch_model")
    assert button.disabled
    assert button.help == "Networks are forbidden here."


def test_a_model_is_fetched_picked_up_again_after_a_cut_and_removed(
    open_app: Open, hub: Hub
) -> None:
    hub.faults.status = {"model.safetensors": 404}
    app = drawer(open_app)
    app.selectbox(key="model").set_value(MODEL).run()
    app.button(key="fetch_model").click().run()
    settled(app)
    assert "did not come to an end" in html_of(app)
    assert "no longer has a file" in html_of(app)
    assert app.button(key="fetch_model").disabled
    hub.behave()

    settled(pressed(app, "resume_fetch"))

    assert not app.exception
    assert f"{MODEL} is here, and can be picked." in html_of(app)
    assert find_card(MODEL, "reranker").state == "here"
    pressed(app, "dismiss_fetch")
    app.button(key="remove_model").click().run()
    assert find_card(MODEL, "reranker").state == "to fetch"


def test_what_was_begun_can_be_discarded(open_app: Open, hub: Hub, home: Path) -> None:
    hub.faults.status = {"model.safetensors": 403}
    app = drawer(open_app)
    app.selectbox(key="model").set_value(MODEL).run()
    settled(app.button(key="fetch_model").click().run())

    pressed(app, "discard_fetch")

    assert not any(str(button.key).startswith("resume_fetch") for button in app.button)
    assert not list((home / "models" / "hub").glob("*.part"))


@pytest.mark.parametrize("text", ["../../etc/passwd", "a b", "<script>alert(1)</script>"])
def test_what_can_be_no_id_is_one_clear_line(open_app: Open, text: str) -> None:
    app = drawer(open_app)
    app.selectbox(key="model").set_value(app.selectbox(key="model").options[-1]).run()

    app.text_input(key="model_id").set_value(text).run()

    assert not app.exception
    assert len(notices(app)) == 1
    assert Tags(html_of(app)).harmless


def test_a_folder_that_is_no_model_says_what_it_lacks(open_app: Open, tmp_path: Path) -> None:
    app = drawer(open_app)
    app.selectbox(key="model").set_value(app.selectbox(key="model").options[-1]).run()

    app.text_input(key="model_id").set_value(str(tmp_path)).run()

    assert "config.json is missing" in notices(app)[0]


def test_a_folder_of_another_kind_says_so_before_it_is_picked(
    open_app: Open, tmp_path: Path
) -> None:
    folder = save_cross_encoder(tmp_path / "scorer")
    app = drawer(open_app)
    app.selectbox(key="model").set_value(app.selectbox(key="model").options[-1]).run()

    app.text_input(key="model_id").set_value(str(folder)).run()

    assert "scores pairs of texts, and an encoder is wanted" in notices(app)[0]
    app.selectbox(key="model_kind").set_value("reranker").run()
    assert notices(app) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_that_it_works_on_the_built_in_models(page: str) -> None:
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    app.switch_page(page).run()

    assert not app.exception
    assert "Works on the built-in models (all-MiniLM-L6-v2, Second Look reranker)" in html_of(app)
    assert not any("alert" in one for one in notices(app))


def test_the_line_of_a_transfer_has_bytes_speed_and_time_left() -> None:
    told = Transfer(seconds=2, bytes=3_000_000, total_bytes=9_000_000, begun_with=1_000_000)

    assert transfer_text(told) == "3.0 MB of 9.0 MB · 1.0 MB a second · 6 s left"
    assert transfer_text(None) == "Asking the hub …"
