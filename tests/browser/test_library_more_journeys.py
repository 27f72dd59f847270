"""The longer ways through the library: resume, token vectors, indexes, server folders, export.

A server of its own, whose owner offers a folder and asks for an index from a few passages on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from retrieval.store import Store
from tests.browser.conftest import expect, served
from tests.browser.test_library_journeys import hand_in, notes, settle
from tests.conftest import TinyEncoder, bring_models
from tests.corpus import filled

if TYPE_CHECKING:
    from playwright.sync_api import Page

INDEX_FROM = 20
PASSAGES = 40
MANY = 600
PATIENCE = 60_000
"""Milliseconds for encoding all of them, should the machine be busy."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, converted: Path) -> Path:
    home = tmp_path_factory.mktemp("library-home")
    bring_models(converted, home)
    return home


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("offered")
    (folder / "below").mkdir()
    (folder / "below" / "fern.md").write_text("# Fern\n\nFerns want shade and water.", "utf-8")
    (folder / "mint.txt").write_text("Mint wants a pot of its own.", "utf-8")
    return folder


@pytest.fixture(scope="module")
def address(home: Path, offered: Path) -> Iterator[str]:
    yield from served(
        home,
        SECOND_LOOK_SERVER_FOLDERS=str(offered),
        SECOND_LOOK_FULL_TEXT_CHUNKS=str(INDEX_FROM),
    )


def add(page: Page, name: str, folder: Path, count: int = 3) -> None:
    hand_in(page, name, notes(folder, count))
    page.get_by_role("button", name="Add to the collection").click()


def open_view(page: Page, name: str, view: str) -> None:
    page.goto(f"/library?collection={name.replace(' ', '+')}&view={view}")
    page.locator(".sl-opened").wait_for()
    settle(page)


def test_a_stopped_ingestion_is_resumed_and_completed(page: Page, tmp_path: Path) -> None:
    add(page, "Stop and go", tmp_path, MANY)
    page.locator("[class*=st-key-stop_] button").first.click()
    resume = page.get_by_role("button", name="Resume")
    resume.wait_for(timeout=PATIENCE)
    expect(page.locator(".st-key-work")).to_contain_text("was stopped")
    resume.click()
    report = page.locator(".sl-report")
    report.wait_for(timeout=PATIENCE)
    expect(report).to_contain_text(f"now holds {MANY} documents")
    assert resume.count() == 0


def test_token_vectors_are_weighed_stored_and_dropped(page: Page, tmp_path: Path) -> None:
    add(page, "Token notes", tmp_path)
    page.locator(".sl-report").wait_for()
    open_view(page, "Token notes", "Index")
    box = page.locator(".st-key-tokens")
    expect(box).to_contain_text("none stored")
    page.get_by_role("button", name="What would it take?").click()
    page.get_by_text(re.compile(r"About .* a passage, .* in all")).wait_for()
    page.get_by_role("button", name="Store them").click()
    box.get_by_text("stored for 3 of 3 passages").wait_for()
    expect(box).to_contain_text("bytes a passage")
    box.get_by_role("button", name="Drop them").click()
    box.get_by_text("none stored").wait_for()


def test_an_index_is_built_with_a_click_and_says_what_it_is(page: Page, home: Path) -> None:
    texts = [f"Note {n}: mint spreads fast" for n in range(PASSAGES)]
    filled(Store(home), TinyEncoder(), texts, name="To be indexed")
    open_view(page, "To be indexed", "Index")
    box = page.locator(".st-key-index_words")
    expect(box).to_contain_text("words counted in memory")
    page.get_by_role("button", name="Build the index").click()
    box.get_by_text("full text").wait_for()
    said = box.inner_text()
    assert f"{PASSAGES} passages" in said
    assert "built in" in said
    assert "bytes" in said
    page.get_by_role("button", name="Build the index").wait_for(state="detached")


def test_a_folder_of_the_server_is_read(page: Page, offered: Path) -> None:
    page.goto("/library")
    page.get_by_label("Collection", exact=True).fill("From the server")
    page.get_by_text("Or read a folder of the server").click()
    folder = page.get_by_label("Folder", exact=True)
    folder.fill("/etc")
    folder.press("Enter")
    page.get_by_text("The server offers no folder").first.wait_for()
    folder.fill(str(offered))
    folder.press("Enter")
    page.get_by_text("The server offers no folder").first.wait_for(state="detached")
    settle(page)
    page.get_by_role("button", name="Add to the collection").click()
    report = page.locator(".sl-report")
    report.wait_for()
    expect(report).to_contain_text("now holds 2 documents")


def test_a_collection_is_exported_and_comes_back_under_another_name(
    page: Page, tmp_path: Path, home: Path
) -> None:
    add(page, "There and back", tmp_path)
    page.locator(".sl-report").wait_for()
    open_view(page, "There and back", "Export")
    page.get_by_text("With vectors, so that bringing it back").click()
    settle(page)
    page.get_by_role("button", name="Make the file").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    page.goto("/library")
    settle(page)
    page.get_by_role("button", name="Import", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(file)
    dialog.get_by_text("came along").wait_for()
    name = dialog.get_by_label("Name", exact=True)
    name.fill("Back again")
    name.press("Enter")
    settle(page)
    dialog.get_by_role("button", name="Import", exact=True).click()
    dialog.wait_for(state="hidden")
    page.get_by_role("heading", name="Back again").wait_for()
    there, back = (Store(home).open(one).snapshot() for one in ("There and back", "Back again"))
    assert back.texts == there.texts
    assert (back.matrix == there.matrix).all()
