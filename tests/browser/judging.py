"""Hands that judge in a browser, for the journeys and for the benchmark of their speed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from playwright.sync_api import Page

MOST_MS = 240_000


def settle(page: Page) -> None:
    page.wait_for_timeout(300)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def sit_down(page: Page, review_id: str, name: str) -> None:
    """Open a review to judge under a name, at this machine."""
    asked = {"review": review_id, "reviewer": name, "review_view": "Judge"}
    page.goto(f"/review?{urlencode(asked)}")
    page.wait_for_selector(".sl-progress", timeout=MOST_MS)
    settle(page)


def done(page: Page) -> int:
    """How many the screen says are judged and stored."""
    found = re.match(r"([\d,]+) of", page.locator(".sl-progress p").inner_text())
    assert found
    return int(found[1].replace(",", ""))


def press(page: Page, key: str) -> None:
    """Answer by keyboard, and wait until the screen says that it is stored."""
    before = done(page)
    page.keyboard.press(key)
    page.wait_for_function(
        "before => !document.querySelector('.sl-progress p')?.innerText.startsWith(before)",
        arg=f"{before:,} of",
    )
    # The buttons of the next passage must have come too, and with them their keys.
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
