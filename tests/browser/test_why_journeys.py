from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from pages.parts.looks import show_score
from pages.parts.shaded_words import signed
from retrieval.cache import Cache
from retrieval.explain.explainer import Explainer, Passage
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings
from retrieval.store import Store
from tests.browser.conftest import expect
from tests.corpus import filled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUESTION = "Which tablet for hay fever does not make me sleepy?"
MOST_MS = 240_000
"""A fresh server indexes the sample and loads the models."""
TELEPHONE = {"width": 390, "height": 844}


def settle(page: Page) -> None:
    page.wait_for_selector(".sl-why-title", timeout=MOST_MS)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(400)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def scores(page: Page, stage: str) -> list[str]:
    return page.locator(f'tr[data-scores="{stage}"] td').all_inner_texts()[1:]


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def fill(page: Page, key: str, text: str) -> None:
    box = page.locator(f".st-key-{key} textarea")
    box.fill(text)
    box.press("Control+Enter")
    page.wait_for_timeout(500)
    settle(page)


def test_from_a_hit_to_why_with_the_figures_of_the_engine(
    page: Page, models: Models, tmp_path: Path
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/search?" + urlencode({"candidates": 20, "query": QUESTION}))
    page.wait_for_selector(".st-key-costs .main-svg", timeout=MOST_MS)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    card = page.locator(".st-key-list_dense .sl-hit").first
    chunk = str(card.get_attribute("data-chunk"))
    listed = {
        stage: page.locator(
            f'.st-key-list_{stage} [data-chunk="{chunk}"] .sl-score'
        ).first.inner_text()
        for stage in ("dense", "late", "rerank")
        if page.locator(f'.st-key-list_{stage} [data-chunk="{chunk}"]').count()
    }
    card.get_by_role("button", name="Why").click()
    page.wait_for_url(re.compile("/why"))
    settle(page)
    assert parameters(page)["passage"] == [chunk]
    assert page.get_by_label("Question", exact=True).input_value() == QUESTION
    for stage, score in listed.items():
        assert scores(page, stage)[0] == score

    text = page.locator(".st-key-passage_text textarea").input_value()
    snapshot = filled(Store(tmp_path), models.encoder()).snapshot()
    explainer = Explainer(models, Cache(), snapshot, QUESTION, SearchSettings())
    for stage, unit in (("dense", "cosine"), ("late", "maxsim"), ("rerank", "logit")):
        expected = show_score(explainer.score(stage, Passage(text)), unit)
        assert scores(page, stage)[0] == expected
    passage = explainer.rerank(Passage(text)).passage
    largest = max(range(len(passage.values)), key=lambda at: abs(passage.values[at]))
    word = signed(passage.values[largest], "logit")
    told = page.locator(".sl-why-line").first.inner_text()
    assert f"“{passage.words[largest].text}” {word}" in told
    assert errors == []


def test_a_changed_word_is_scored_beside_the_passage_and_travels_in_the_address(
    page: Page, browser: Browser
) -> None:
    page.goto("/why")
    settle(page)
    fill(page, "passage_text", "Loratadine does not cause drowsiness.")
    page.locator(".st-key-copy_passage button").click()
    page.wait_for_timeout(500)
    settle(page)
    assert scores(page, "rerank")[2] in ("+0.00", "−0.00")
    fill(page, "twin_text", "Loratadine causes drowsiness.")
    first, second, _, _ = scores(page, "rerank")
    assert first != second
    assert parameters(page)["twin_text"] == ["Loratadine causes drowsiness."]

    other = browser.new_context()
    other.set_default_timeout(90_000)
    theirs = other.new_page()
    theirs.goto(page.url)
    settle(theirs)
    assert scores(theirs, "rerank")[:2] == [first, second]
    other.close()


def test_picking_a_passage_brings_its_text_and_leaves_no_typed_one_behind(page: Page) -> None:
    page.goto("/why?passage_text=typed+words+of+nobody")
    settle(page)
    box = page.locator(".st-key-passage_text textarea")
    assert box.input_value() == "typed words of nobody"
    page.locator(".st-key-passage [data-baseweb=select], .st-key-passage input").first.click()
    page.get_by_role("option").nth(2).click()
    page.wait_for_timeout(500)
    settle(page)
    assert box.input_value() != "typed words of nobody"
    assert "passage_text" not in parameters(page)


def test_late_interaction_is_stepped_through(page: Page) -> None:
    page.goto("/why?stage=late&twin=none&passage_text=It+does+not+cause+drowsiness.")
    settle(page)
    line = page.locator('[data-line="matched"]')
    assert line.inner_text().startswith("“not” finds “not”")
    page.locator(".st-key-token_next button").click()
    page.get_by_text(re.compile("^“cause” finds “cause”")).wait_for()
    expect(page.locator(".sl-shaded .sl-won")).to_have_text("cause")
    expect(page.locator(".st-key-matrix_0 .main-svg").first).to_be_visible()


@pytest.mark.parametrize("stage", ["rerank", "late"])
def test_the_page_fits_a_telephone(browser: Browser, address: str, stage: str) -> None:
    context = browser.new_context(viewport=TELEPHONE, base_url=address)
    context.set_default_timeout(90_000)
    tab = context.new_page()
    tab.goto(f"/why?stage={stage}")
    settle(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    context.close()
