"""A second reranker beside the first, in headless Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.conftest import expect
from tests.browser.test_journeys import TELEPHONE, hits, parameters, settle

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_second_reranker_is_picked_told_apart_and_fits_a_telephone(page: Page) -> None:
    page.goto("/search?candidates=20&stages=dense&stages=rerank")
    settle(page)
    picker = page.locator(".st-key-reranker_2 input")
    picker.fill("second-look")
    page.get_by_role("option", name="second-look-reranker").click()
    page.wait_for_selector(".st-key-list_rerank_2 .sl-hit")
    settle(page)
    assert parameters(page)["reranker_2"] == ["second-look-reranker"]
    assert hits(page, "rerank_2") == hits(page, "rerank")
    fill = "element => getComputedStyle(element).backgroundImage"
    bars = [page.locator(f".st-key-list_{stage} .sl-bar i") for stage in ("rerank", "rerank_2")]
    assert [bar.first.evaluate(fill).startswith("repeating") for bar in bars] == [False, True]
    page.get_by_text("They agree on every leading passage.").wait_for()
    page.set_viewport_size(TELEPHONE)
    page.reload()
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    expect(page.locator(".st-key-list_rerank_2")).to_be_visible()
    page.locator("label[for=sl-tab-rerank]").click()
    expect(page.locator(".st-key-list_rerank")).to_be_visible()
    expect(page.locator(".st-key-list_rerank_2")).to_be_hidden()
