"""Any model, one pick away: fetched from a hub whose line breaks, resumed, and searched with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import WIDE, expect, served
from tests.hub_server import Hub, serving
from tests.tiny import save_cross_encoder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MODEL = "cross-encoder/ms-marco-TinyBERT-L2-v2"
QUESTION = "Which allergy medicine does not cause drowsiness?"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with serving() as hub:
        hub.add(MODEL, save_cross_encoder(tmp_path_factory.mktemp("served")))
        yield hub


@pytest.fixture(scope="module")
def online(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with an empty home and an empty cache, that may use the hub."""
    yield from served(
        tmp_path_factory.mktemp("models-home"),
        SECOND_LOOK_OFFLINE="0",
        HF_ENDPOINT=hub.address,
        HF_HUB_CACHE=str(tmp_path_factory.mktemp("cache")),
    )


@pytest.fixture
def page(browser: Browser, online: str) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, base_url=online)
    # The first search indexes the sample and converts three models.
    context.set_default_timeout(240_000)
    yield context.new_page()
    context.close()


def open_models(page: Page) -> None:
    page.goto("/library")
    page.locator(".st-key-catalogue summary").click()
    page.get_by_text("Everything works on the built-in models").wait_for()


def choose(page: Page, key: str, text: str, option: str) -> None:
    """Type a part of what is wanted once the page stands still, and pick it from what is left."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    box = page.locator(f".st-key-{key} input").first
    box.click()
    box.fill(text)
    page.get_by_role("option", name=option).first.click()


def test_a_model_is_picked_fetched_over_a_broken_line_resumed_and_searched_with(
    page: Page, hub: Hub
) -> None:
    hub.faults.cut_at = 0.5
    open_models(page)
    choose(page, "model", "TinyBERT", "ms-marco-TinyBERT-L2-v2 · reranker")
    page.get_by_text("69.84").wait_for()
    page.locator(".st-key-fetch_model button").click()
    page.get_by_text("broke off at 50%").wait_for()
    expect(page.get_by_text("Resume; what has arrived is kept.")).to_be_visible()

    hub.behave()
    hub.asked.clear()
    page.get_by_role("button", name="Resume").click()
    page.get_by_text(f"{MODEL} is here, and can be picked.").wait_for()
    assert hub.ranges()
    assert all(wanted.startswith("bytes=") for wanted in hub.ranges())

    page.goto(f"/search?query={QUESTION}&candidates=10&stages=hybrid&stages=rerank")
    first = page.locator('[data-stage="rerank"]')
    first.locator(".sl-hit").nth(9).wait_for()
    page.get_by_text("and on 1 other that is here").wait_for()
    choose(page, "reranker_2", "TinyBERT", MODEL)
    page.wait_for_url("**reranker_2=cross-encoder**")
    page.wait_for_function(
        "() => ['rerank', 'rerank_2'].every(stage =>"
        " document.querySelectorAll(`[data-stage='${stage}'] .sl-hit`).length === 10)"
    )
    first.get_by_text("second-look-reranker").wait_for()
    assert page.locator(".sl-notice").count() == 0
