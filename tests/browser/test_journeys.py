from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from retrieval.settings import STAGE_ORDER
from tests.browser.conftest import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUESTION = "Which allergy medicine does not cause drowsiness?"
TELEPHONE = {"width": 390, "height": 844}


def settle(page: Page) -> None:
    """Wait until the charts stand and nothing runs any more."""
    page.wait_for_selector(".st-key-costs .bars", state="attached")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def hits(page: Page, stage: str) -> list[str]:
    found = page.locator(f".st-key-list_{stage} .sl-hit")
    return [str(found.nth(place).get_attribute("data-chunk")) for place in range(found.count())]


def parameters(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def move_slider(page: Page, key: str, presses: int) -> None:
    thumb = page.locator(f".st-key-{key} input[type=range]")
    thumb.focus()
    for _ in range(abs(presses)):
        page.keyboard.press("ArrowRight" if presses > 0 else "ArrowLeft")
    page.wait_for_timeout(500)
    settle(page)


def test_first_start_shows_five_lists_and_a_plot_without_a_click(page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    outside: list[str] = []
    page.on(
        "request",
        lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None,
    )
    page.goto("/")
    settle(page)
    assert page.get_by_label("Question", exact=True).input_value() == QUESTION
    for stage in STAGE_ORDER:
        assert len(hits(page, stage)) == 10
    expect(page.locator(".stPlotlyChart .main-svg").first).to_be_visible()
    expect(page.locator(".sl-strip")).to_contain_text("The known answer was found")
    assert errors == []
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []


def test_upload_and_search(page: Page, tmp_path: Path) -> None:
    note = tmp_path / "roses.md"
    note.write_text("# Roses\n\nPrune roses in late winter, <b>not</b> in summer.\n", "utf-8")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing more")
    page.goto("/library")
    page.get_by_label("Collection", exact=True).fill("Garden notes")
    page.locator("input[type=file]").set_input_files([note, broken])
    page.get_by_text("broken.pdf").wait_for()
    page.get_by_role("button", name="Add to the collection").click()
    report = page.locator(".sl-report")
    report.wait_for()
    expect(report).to_contain_text("now holds 1 document in 1 passage")
    expect(report).to_contain_text("broken.pdf")
    page.locator(".st-key-open_new button").click()
    page.wait_for_url(re.compile("collection=Garden"))
    page.get_by_label("Question", exact=True).fill("when to prune roses")
    page.get_by_role("button", name="Search").click()
    page.get_by_text("late winter").first.wait_for()
    settle(page)
    card = page.locator(".st-key-list_rerank .sl-hit").first
    expect(card).to_contain_text("<b>not</b>")
    expect(card.locator("mark.sl-negator")).to_have_text("not")


def test_moving_the_sliders_redraws_lists_and_address(page: Page) -> None:
    page.goto("/search?candidates=20")
    settle(page)
    before = hits(page, "bm25")
    move_slider(page, "candidates", 5)
    assert parameters(page)["candidates"] == ["25"]
    assert hits(page, "bm25") == before
    expect(page.locator(".sl-strip")).to_contain_text("25 pairs")
    move_slider(page, "candidates", -5)
    expect(page.locator(".sl-strip")).to_contain_text("20 pairs (20 from cache)")
    move_slider(page, "top", -7)
    assert len(hits(page, "rerank")) == 3


def test_runs_that_overtake_each_other_leave_a_page_that_works(page: Page) -> None:
    page.goto("/search?candidates=20")
    settle(page)
    thumb = page.locator(".st-key-candidates input[type=range]")
    thumb.focus()
    for turn, pause in enumerate((50, 20, 35, 5, 65, 50, 20, 35)):
        for _ in range(5):
            page.keyboard.press("ArrowLeft" if turn % 2 else "ArrowRight")
            page.wait_for_timeout(pause)
        page.wait_for_timeout(300)
        assert page.locator("[data-testid=stDialog]").count() == 0
    settle(page)
    expect(page.locator(".sl-strip")).to_contain_text("20 pairs (20 from cache)")


CHART_STANDS = """([width, ground]) => {
  const chart = document.querySelector(".st-key-pairs")
  const frame = chart.querySelector(".stPlotlyChart")
  const graph = frame.querySelector(".js-plotly-plot")
  const said = chart.querySelector(".sl-caption").textContent
  const points = Number(said.match(/of (\\d+) candidates/)[1])
  const { width: wide, paper_bgcolor: behind } = graph._fullLayout
  return graph.kept && frame.ariaLabel?.endsWith(said) && graph.data[0]?.x.length === points &&
    graph.querySelectorAll(".points path").length === points &&
    (!width || Math.abs(wide - frame.clientWidth) < 1 && wide !== width) &&
    (!ground || behind !== ground)
}"""
"""The chart is the one that was marked, and shows what its sentence says: in another width than
this one, before another ground."""


def test_a_chart_follows_the_slider_the_window_and_the_theme(page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.emulate_media(color_scheme="light")
    page.goto("/search?candidates=20")
    settle(page)
    graph = page.locator(".st-key-pairs .js-plotly-plot")
    graph.evaluate("graph => { graph.kept = true }")
    page.wait_for_function(CHART_STANDS, arg=[0, ""])
    move_slider(page, "candidates", 5)
    page.get_by_text("of 25 candidates").wait_for()
    page.wait_for_function(CHART_STANDS, arg=[0, ""])
    width, ground = graph.evaluate("({ _fullLayout: l }) => [l.width, l.paper_bgcolor]")
    page.set_viewport_size({"width": 1200, "height": 900})
    page.wait_for_function(CHART_STANDS, arg=[width, ""])
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(CHART_STANDS, arg=[width, ground])
    assert errors == []


def test_a_chart_out_of_sight_keeps_its_picture_until_it_is_scrolled_to_or_printed(
    page: Page,
) -> None:
    page.goto("/search?candidates=20")
    settle(page)
    page.wait_for_function(ANOTHER_PICTURE, arg=0)
    frame = page.locator(".st-key-costs .stPlotlyChart")
    pictures: list[str] = []

    def look() -> None:
        pictures.append(frame.locator(".js-plotly-plot").evaluate("graph => graph.layout.stamp"))

    def move(steps: int) -> None:
        said = frame.get_attribute("aria-label") or ""
        move_slider(page, "candidates", steps)
        expect(frame).not_to_have_attribute("aria-label", said)

    look()
    move(5)
    look()
    frame.scroll_into_view_if_needed()
    page.wait_for_function(ANOTHER_PICTURE, arg=pictures[-1])
    look()
    page.locator(".sl-strip").scroll_into_view_if_needed()
    move(-5)
    look()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    look()
    assert [one == other for one, other in pairwise(pictures)] == [True, False, True, False]


def test_without_plotly_at_hand_charts_are_drawn_whole_and_follow_the_slider(page: Page) -> None:
    page.add_init_script("Object.defineProperty(window, 'Plotly', { get() {}, set() {} })")
    page.goto("/search?candidates=20")
    settle(page)
    points = page.locator(".st-key-pairs .points path")
    expect(points).to_have_count(20)
    move_slider(page, "candidates", 5)
    expect(points).to_have_count(25)


ANOTHER_PICTURE = """(before) =>
  (document.querySelector(".st-key-costs .js-plotly-plot")?.layout.stamp ?? before) !== before"""


def test_an_address_shows_the_same_view_to_another_person(page: Page, browser: Browser) -> None:
    page.goto("/search?query=aloe+for+burns&candidates=15&top=5&fusion=weighted&alpha=0.3")
    settle(page)
    page.locator(".st-key-list_rerank .sl-mark").nth(1).click()
    page.wait_for_url(re.compile("answer="))
    settle(page)
    other = browser.new_context()
    other.set_default_timeout(90_000)
    theirs = other.new_page()
    theirs.goto(page.url)
    settle(theirs)
    for stage in STAGE_ORDER:
        assert hits(theirs, stage) == hits(page, stage)
    assert theirs.locator(".st-key-list_rerank .sl-answer").count() == 1
    strips = [tab.locator(".sl-fate").inner_text() for tab in (page, theirs)]
    assert strips[0] == strips[1]
    other.close()


def test_a_hit_opens_in_its_document_and_becomes_the_answer_there(page: Page) -> None:
    page.goto("/search?candidates=20")
    settle(page)
    page.locator(".st-key-list_dense .sl-title").first.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.locator(".sl-here").wait_for()
    dialog.get_by_role("button", name="This is the answer").click()
    dialog.wait_for(state="hidden")
    settle(page)
    assert page.locator(".st-key-list_dense .sl-answer").count() == 1
    expect(page.locator(".sl-fate")).to_contain_text("The answer")


def test_the_same_passage_lights_up_in_every_list(page: Page) -> None:
    page.goto("/search?candidates=20")
    settle(page)
    first = page.locator(".st-key-list_hybrid .sl-hit").first
    first.hover()
    chunk = first.get_attribute("data-chunk")
    page.wait_for_selector(f'.sl-lit[data-chunk="{chunk}"]')
    lit = page.locator(".sl-lit").count()
    assert lit == page.locator(f'[data-chunk="{chunk}"]').count() >= 2


@pytest.mark.parametrize("path", ["/search?candidates=20", "/library"])
def test_pages_fit_a_telephone(browser: Browser, address: str, path: str) -> None:
    context = browser.new_context(viewport=TELEPHONE, base_url=address)
    context.set_default_timeout(90_000)
    tab = context.new_page()
    tab.goto(path)
    tab.wait_for_selector(".st-key-costs .main-svg, .stFileUploader")
    tab.wait_for_timeout(500)
    assert tab.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    if path.startswith("/search"):
        expect(tab.locator(".st-key-list_rerank")).to_be_visible()
        tab.locator("label[for=sl-tab-dense]").click()
        expect(tab.locator(".st-key-list_dense")).to_be_visible()
        expect(tab.locator(".st-key-list_rerank")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_dialog_follows_the_theme(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(base_url=address, color_scheme=scheme)
    context.set_default_timeout(90_000)
    tab = context.new_page()
    tab.goto("/search?candidates=20")
    settle(tab)
    tab.locator(".st-key-list_rerank .sl-title").first.click()
    passage = tab.locator(".sl-here")
    passage.wait_for()
    assert passage.evaluate("element => getComputedStyle(element).colorScheme") == scheme
    context.close()
