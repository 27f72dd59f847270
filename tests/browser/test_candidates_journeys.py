from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.browser.conftest import expect, go_to

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST_MS = 240_000
"""A fresh server indexes the sample, loads the models and scores a hundred pairs."""
TELEPHONE = {"width": 390, "height": 844}


def settle(page: Page) -> None:
    page.wait_for_selector(".st-key-heat_rrf_k .hm", state="attached", timeout=MOST_MS)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_a_deep_link_shows_the_knob_and_a_moved_slider_only_moves_the_mark(page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/candidates?candidates=30")
    settle(page)
    strip = page.locator(".sl-strip")
    expect(strip).to_contain_text("You are at 30")
    expect(strip).to_contain_text("The known answer enters at N = ")
    page.locator(".st-key-candidates input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("You are at 31").wait_for()
    settle(page)
    assert parameters(page)["candidates"] == ["31"]
    assert page.locator(".stPlotlyChart").count() == 5
    assert errors == []


def test_break_points_and_exact_numbers_open_with_a_click(page: Page) -> None:
    page.goto("/candidates?candidates=30")
    settle(page)
    page.get_by_text(re.compile("All break points")).first.click()
    page.get_by_text(re.compile("overtakes the answer")).locator("visible=true").last.wait_for()
    page.get_by_text("Exact numbers for every N").click()
    page.locator(".st-key-numbers_csv button").wait_for()
    settle(page)
    with page.expect_download() as saved:
        page.locator(".st-key-numbers_csv button").click()
    assert saved.value.suggested_filename == "candidates.csv"


def test_scoring_the_whole_set_survives_a_page_change_and_keeps_what_is_scored_when_cancelled(
    page: Page,
) -> None:
    page.goto("/candidates?scope=all+judged+questions&candidates=30")
    button = page.locator(".st-key-score button")
    button.wait_for()
    before = pairs_named(button.inner_text())
    button.click()
    page.get_by_text(re.compile(r"Scored \d+ of 30 questions, [1-9]\d* of")).wait_for()
    # The work goes on while another page is open, and is found again where it was begun.
    go_to(page, "Explore", "Library")
    page.wait_for_url(re.compile("library"))
    go_to(page, "Measure", "Candidates")
    page.wait_for_url(re.compile("candidates"))
    page.get_by_role("button", name="Cancel").click()
    button.wait_for()
    assert 0 < pairs_named(button.inner_text()) < before


def pairs_named(words: str) -> int:
    found = re.search(r"Score ([\d,]+) pairs", words)
    assert found
    return int(found[1].replace(",", ""))


def test_the_lists_of_the_same_question_open_beside_it(page: Page) -> None:
    page.goto("/candidates?candidates=30&query=aloe+for+burns&rrf_k=20")
    page.get_by_text("No answer to this question is known yet").wait_for(timeout=MOST_MS)
    with page.expect_popup() as opened:
        page.locator(".st-key-to_search a").click()
    lists = opened.value
    lists.wait_for_selector(".st-key-costs .main-svg", timeout=MOST_MS)
    assert lists.get_by_label("Question", exact=True).input_value() == "aloe for burns"
    assert parameters(lists)["rrf_k"] == ["20"]


def test_on_a_telephone_nothing_is_wider_than_the_screen(page: Page) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto("/candidates?candidates=30")
    settle(page)
    width = page.evaluate("document.querySelector('.stMain').scrollWidth")
    assert width <= TELEPHONE["width"]
