from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.conftest import expect, go_to

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TELEPHONE = {"width": 390, "height": 844}
WAIT = 90_000


def settle(page: Page) -> None:
    page.wait_for_timeout(400)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def hand_in(page: Page, name: str, *files: Path) -> None:
    page.goto("/library")
    page.wait_for_selector("input[type=file]", state="attached")
    settle(page)
    page.get_by_label("Collection", exact=True).fill(name)
    page.locator("input[type=file]").set_input_files(list(files))
    page.get_by_text(files[-1].name).first.wait_for()
    settle(page)


def notes(folder: Path, count: int) -> Path:
    path = folder / "notes.jsonl"
    words = "Mint spreads fast and wants a pot of its own in every garden. "
    records = ({"_id": str(n), "title": f"Note {n}", "text": words * 8} for n in range(count))
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    return path


def test_the_preview_follows_the_sliders_and_the_work_goes_on_elsewhere(
    page: Page, tmp_path: Path
) -> None:
    hand_in(page, "Long work", notes(tmp_path, 1500))
    caption = page.locator(".st-key-lengths .sl-caption")
    before = caption.inner_text()
    thumb = page.locator(".st-key-chunk_tokens input[type=range]")
    thumb.focus()
    for _ in range(120):
        page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(1000)
    settle(page)
    expect(caption).not_to_have_text(before)
    page.get_by_role("button", name="Add to the collection").click()
    stop = page.locator("[class*=st-key-stop_] button").first
    stop.wait_for()
    go_to(page, "Explore", "Search")
    page.wait_for_url(re.compile("search"))
    go_to(page, "Explore", "Library")
    stop.wait_for()
    stop.click()
    page.get_by_role("button", name="Discard").wait_for()
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("button", name="Discard").wait_for(state="detached")


def select_row(page: Page, key: str, row: int) -> None:
    """Tick the box of a row, from 0; a table is one picture."""
    table = page.locator(f".st-key-{key} .dvn-scroller").first
    table.wait_for()
    table.click(position={"x": 16, "y": 52 + 35 * row})
    settle(page)


def test_a_document_is_read_deleted_and_brought_back(page: Page, tmp_path: Path) -> None:
    hand_in(page, "Read me", notes(tmp_path, 3))
    page.get_by_role("button", name="Add to the collection").click()
    page.locator(".sl-report").wait_for()
    page.goto("/library?collection=Read+me")
    page.locator(".sl-opened").wait_for()
    settle(page)
    select_row(page, "documents_1_of_3", 0)
    page.get_by_role("button", name="Read", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.locator(".sl-piece-0").first.wait_for()
    expect(dialog).to_contain_text("Mint spreads fast")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.get_by_role("button", name="Delete 1 document").click()
    dialog.get_by_role("button", name="Delete").click()
    page.get_by_text("2 documents", exact=True).wait_for()
    page.goto("/library?collection=Read+me&view=Versions")
    page.locator(".sl-opened").wait_for()
    settle(page)
    select_row(page, "versions_2", 1)
    page.get_by_role("button", name="Go back to it").click()
    dialog.get_by_role("button", name="Go back").click()
    page.get_by_text("3 documents", exact=True).wait_for()


def test_an_opened_collection_fits_a_telephone_and_comes_first(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    context = browser.new_context(viewport=TELEPHONE, base_url=address)
    context.set_default_timeout(WAIT)
    tab = context.new_page()
    hand_in(tab, "Pocket notes", notes(tmp_path, 2))
    tab.get_by_role("button", name="Add to the collection").click()
    tab.locator(".sl-report").wait_for()
    tab.goto("/library?collection=Pocket+notes&view=Index")
    tab.locator(".sl-opened").wait_for()
    settle(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    opened, form = tab.locator(".sl-opened").bounding_box(), tab.locator(".stFileUploader")
    below = form.bounding_box()
    assert opened is not None
    assert below is not None
    assert opened["y"] < below["y"]
    context.close()
