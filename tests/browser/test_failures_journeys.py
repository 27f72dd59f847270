from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from pages.parts.looks import show_score
from retrieval.models.loading import Models
from retrieval.settings import STAGE_ORDER

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUESTION = "Which allergy medicine does not cause drowsiness?"
MOST_MS = 240_000
"""A fresh server indexes the sample, loads the models and reads the dictionary."""
TELEPHONE = {"width": 390, "height": 844}


def settle(page: Page) -> None:
    page.wait_for_selector(".st-key-ghost_flow .main-svg", timeout=MOST_MS)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(400)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def cells(page: Page, stage: str) -> list[str]:
    return page.locator(f'tr[data-cells="{stage}"] td').all_inner_texts()


def box(page: Page, key: str) -> str:
    return page.locator(f".st-key-{key} textarea").input_value()


def test_from_a_hit_to_a_scored_twin_in_three_clicks(
    page: Page, models: Models, tmp_path: Path
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/search?" + urlencode({"candidates": 20, "query": QUESTION}))
    page.wait_for_selector(".st-key-costs .main-svg", timeout=MOST_MS)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    card = page.locator(".st-key-list_rerank .sl-hit").first
    chunk = str(card.get_attribute("data-chunk"))

    card.get_by_role("button", name="Twin").click()  # the first click
    page.wait_for_url(re.compile("/failures"))
    settle(page)
    assert parse_qs(urlsplit(page.url).query)["passage"] == [chunk]
    assert page.get_by_label("Question", exact=True).input_value() == QUESTION
    first = {stage: cells(page, stage) for stage in STAGE_ORDER}
    assert all(first.values())

    page.locator(".stRadio [role=radiogroup] label").nth(1).click()  # the second: another twin
    page.wait_for_timeout(500)
    settle(page)
    assert cells(page, "rerank") != first["rerank"]
    assert parse_qs(urlsplit(page.url).query)["edited_twin"] == [box(page, "edited_twin")]
    happened = page.locator(".sl-happened").inner_text()
    assert happened.endswith(".")

    with page.expect_download() as got:  # the third: the item, for the command line
        page.get_by_role("button", name="This item as a probe file").click()
    got.value.save_as(tmp_path / "twin.jsonl")
    row = json.loads((tmp_path / "twin.jsonl").read_text(encoding="utf-8"))
    texts = [row.get("document_1") or row["positive"], row.get("document_2") or row["negative"]]
    assert texts == [box(page, "passage_text").strip(), box(page, "edited_twin").strip()]
    reranker = models.reranker()
    scores = dict[int, float]()
    for batch in reranker.score(QUESTION, texts):
        scores |= dict(zip(batch.indices, map(float, batch.values), strict=True))
    shown = [float(one.replace("−", "-")) for one in cells(page, "rerank")[:2]]
    assert all(abs(shown[at] - scores[at]) < 0.02 for at in (0, 1)), (
        shown,
        [show_score(score, "logit") for score in scores.values()],
    )
    assert errors == []


def test_the_lab_fits_a_telephone(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=TELEPHONE, base_url=address)
    context.set_default_timeout(90_000)
    tab = context.new_page()
    tab.goto("/failures")
    settle(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    context.close()
