from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from retrieval.models.loading import Models
from retrieval.store import Store
from retrieval.types import Judgment, Question
from tests.browser.conftest import expect, go_to
from tests.corpus import filled

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST_MS = 240_000
"""A fresh server loads the models first, on a machine that may be busy."""
COLLECTION = "Journeys judged"
QUESTIONS = (
    ("which medicine does not cause drowsiness", "d000"),
    ("what bit the man", "d002"),
    ("which plant is safe to cats", "d005"),
    ("when to water the plant", "d006"),
)
TELEPHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def judged(server_home: Path, models: Models) -> str:
    """Eight passages with four judged questions; the address of their page."""
    collection = filled(Store(server_home), models.encoder(), name=COLLECTION)
    collection.add_questions(Question(f"q{n}", text) for n, (text, _) in enumerate(QUESTIONS))
    collection.add_judgments(Judgment(f"q{n}", one, 1) for n, (_, one) in enumerate(QUESTIONS))
    return "/evaluate?" + urlencode({"candidates": 10, "collection": COLLECTION})


def settle(page: Page) -> None:
    page.wait_for_selector(".st-key-report_file button", timeout=MOST_MS)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def wait_until_scored(page: Page) -> None:
    """Until nothing is under way and nothing is offered any more."""
    work = page.locator(".st-key-stop_evaluation, .st-key-score")
    work.first.wait_for(state="detached", timeout=MOST_MS)
    settle(page)


def test_two_systems_are_compared_and_a_question_is_opened(
    page: Page, judged: str, tmp_path: Path
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(judged)
    settle(page)
    page.get_by_text("no model has read yet").wait_for()
    page.locator(".st-key-score button").click()
    page.locator(".st-key-stop_evaluation").or_(
        page.get_by_text("N 10, second-look")
    ).first.wait_for()
    go_to(page, "Explore", "Library")
    page.wait_for_url(re.compile("library"))
    go_to(page, "Measure", "Evaluate")
    page.wait_for_url(re.compile("evaluate"))
    settle(page)
    wait_until_scored(page)
    assert page.locator(".sl-systems").first.locator("tbody tr").count() == 5
    expect(page.locator(".sl-strip")).to_contain_text(" the highest nDCG@10")

    pick(page, "system_a", "bm25")
    page.get_by_text("nDCG@10: rerank minus bm25").wait_for()
    settle(page)
    page.get_by_text("Every system against bm25").click()
    page.get_by_text("Holm over the 4 comparisons shown").wait_for()

    table = page.locator(".st-key-question_table canvas").first
    table.scroll_into_view_if_needed()
    settle(page)
    # The grid lies over its canvas, so the click goes to the place and not to the element.
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + 52)
    page.locator(".sl-asked").wait_for()
    asked = page.locator(".sl-asked").inner_text()
    with page.expect_popup() as opened:
        page.locator(".st-key-open_a a").click()
    lists = opened.value
    lists.wait_for_selector(".st-key-costs .main-svg", timeout=MOST_MS)
    assert lists.get_by_label("Question", exact=True).input_value() == asked
    assert "candidates=10" in lists.url
    lists.close()

    settle(page)
    with page.expect_download() as saved:
        page.locator(".st-key-report_file button").click()
    assert saved.value.suggested_filename == "report.html"
    saved.value.save_as(tmp_path / "report.html")
    page.goto(f"file://{tmp_path / 'report.html'}")
    assert page.locator("svg").count() == 2
    assert errors == []


def pick(page: Page, key: str, option: str) -> None:
    """Choose an option of a list."""
    page.locator(f".st-key-{key} [role=combobox], .st-key-{key} input").first.click()
    page.get_by_role("option", name=option, exact=True).click()


def test_on_a_telephone_nothing_is_wider_than_the_screen(page: Page, judged: str) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto(judged)
    settle(page)
    width = page.evaluate("document.querySelector('.stMain').scrollWidth")
    assert width <= TELEPHONE["width"]
