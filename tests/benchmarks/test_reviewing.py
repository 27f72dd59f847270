"""Judgments a minute by keyboard: what the page itself costs, for hands that need no reading."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from retrieval.review.store import ReviewStore
from retrieval.store import Store
from tests.browser.conftest import ARGUMENTS, WIDE, chromium, server_of
from tests.browser.judging import press, sit_down
from tests.reviewing import made_review

pytestmark = pytest.mark.benchmark
JUDGMENTS = 100


def test_judgments_a_minute_by_keyboard(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    if chromium() is None:
        pytest.skip("no Chromium found")
    review = made_review(ReviewStore(tmp_path), Store(tmp_path), JUDGMENTS // 10 + 1, 10)
    with server_of(tmp_path) as (address, _), playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        page = browser.new_context(viewport=WIDE, base_url=address).new_page()
        sit_down(page, review.id, "Ann")
        press(page, "1")
        each = []
        for number in range(JUDGMENTS):
            start = time.perf_counter()
            press(page, str(number % 4 + 1))
            each.append(time.perf_counter() - start)
        browser.close()
    halves = (statistics.median(each[: JUDGMENTS // 2]), statistics.median(each[JUDGMENTS // 2 :]))
    print(
        f"\n{60 * JUDGMENTS / sum(each):.0f} judgments a minute over {JUDGMENTS}; a judgment, from "
        f"the key to the next passage, median {1000 * statistics.median(each):.0f} ms, slowest "
        f"{1000 * max(each):.0f} ms; first half {1000 * halves[0]:.0f} ms, second "
        f"{1000 * halves[1]:.0f} ms"
    )
