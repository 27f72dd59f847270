"""One home for all page tests, so that the sample is indexed and its pairs are scored once."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from retrieval.models.loading import Models
from retrieval.settings import settings
from tests.conftest import bring_models

APP = Path(__file__).resolve().parents[2] / "app.py"
Open = Callable[..., AppTest]
SECONDS = 300
"""How long background work may take; nothing is said about how long it does take."""


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, converted: Path) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    bring_models(converted, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECOND_LOOK_HOME", str(folder))
        patch.setenv("SECOND_LOOK_OFFLINE", "1")
        settings.cache_clear()
        yield folder
    settings.cache_clear()


@pytest.fixture(scope="session")
def models(home: Path) -> Models:
    """The packaged models, from the converted networks that the app finds too."""
    return Models(home)


@pytest.fixture(autouse=True)
def _own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit puts the app in the place of ``__main__``, which later processes would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def open_app() -> Open:
    """Open the app at an address: ``open_app(query="aloe", candidates="10")``."""

    def opened(**address: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in address.items():
            app.query_params[name] = value
        return app.run()

    return opened


def settled(app: AppTest) -> AppTest:
    """The page once no question set is being scored any more."""
    deadline = time.monotonic() + SECONDS
    while any(button.key == "stop_evaluation" for button in app.button):
        assert time.monotonic() < deadline
        time.sleep(0.05)
        app.run()
    return app


def html_of(app: AppTest) -> str:
    """All HTML that the page has drawn, in one piece."""
    return "\n".join(element.value for element in app.html)


def moving_charts(app: AppTest) -> list[dict[str, Any]]:
    """The charts that follow a slider, in their order: ``data``, ``layout`` and ``alt``."""
    return [
        json.loads(element.proto.json)
        for element in app.get("bidi_component")
        if element.proto.component_name == "second_look_moving"
    ]


def list_of(app: AppTest, stage: str) -> str:
    """The HTML of one stage's list."""
    return next(h.value for h in app.html if f'data-stage="{stage}"' in h.value)


def notices(app: AppTest) -> list[str]:
    """The clear lines on the page."""
    return [element.value for element in app.html if 'class="sl-notice' in element.value]


class Tags(HTMLParser):
    """What a browser would make of a piece of HTML: its tags and their attributes."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)

    @property
    def harmless(self) -> bool:
        scripts = {"script", "img", "iframe", "object", "a", "form"} & self.names
        return not scripts and not any(name.startswith("on") for name in self.attributes)
