"""What a person waits for: the first screen, a search, and the same search again.

Run with ``pytest -m benchmark -s tests/benchmarks/test_explorer.py``. Figures are printed; nothing
about time is asserted.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.ingest.samples import open_collection, samples
from retrieval.models.loading import Models
from retrieval.settings import STAGE_ORDER, SearchSettings
from retrieval.store import Store
from tests.browser.conftest import ARGUMENTS, ROOT, WIDE, chromium

pytestmark = pytest.mark.benchmark

SAMPLE = "household"
REPEATS = 5


@contextmanager
def serving(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    environment = {**os.environ, "SECOND_LOOK_HOME": str(home)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def seconds_to_lists(home: Path) -> dict[str, float]:
    """Seconds from the start of the server to the first hit of each list, and to the charts."""
    start = time.perf_counter()
    seen: dict[str, float] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        page = browser.new_page(viewport=WIDE)
        page.set_default_timeout(180_000)
        opened = time.perf_counter() - start
        with serving(home) as address:
            while True:
                try:
                    page.goto(address)
                    break
                except Exception:  # noqa: BLE001  # refused until the server listens
                    time.sleep(0.05)
            for stage in STAGE_ORDER:
                page.wait_for_selector(f".st-key-list_{stage} .sl-hit")
                seen[stage] = time.perf_counter() - start - opened
            page.wait_for_selector(".st-key-costs .bars", state="attached")
            seen["charts"] = time.perf_counter() - start - opened
        browser.close()
    return seen


def test_start(tmp_path: Path) -> None:
    for kind in ("cold, empty home", "warm caches"):
        seen = seconds_to_lists(tmp_path)
        figures = ", ".join(f"{name} {seconds:.1f}" for name, seconds in seen.items())
        print(f"\nstart, {kind}: seconds to {figures}")


WATCH = """
() => {
  const watched = window.watched = { released: 0, changes: [] }
  addEventListener("pointerup", () => {
    watched.released = performance.now()
    watched.changes = []
  }, true)
  const place = (node) => {
    const found = (node.closest ? node : node.parentElement)?.closest("[class*=st-key-]")
    const key = found && [...found.classList].find((name) => name.startsWith("st-key-"))
    return key ? key.slice(7) : "the rest of the page"
  }
  // Where a change lies is asked once all is over: asking takes time of what is measured.
  watched.list = () => watched.changes.map(([target, at]) => [place(target), at])
  new MutationObserver((mutations) => {
    const now = performance.now() - watched.released
    for (const { target } of mutations) watched.changes.push([target, now])
  }).observe(document.querySelector("[data-testid=stMain]"),
    { subtree: true, childList: true, characterData: true, attributes: true })
}
"""
THUMB = ".st-key-candidates [data-testid=stSliderThumbValue]"
TRACK = ".st-key-candidates [role=group] > div"
SECONDS_TO_SETTLE = 4


SHARES = (0.3, 0.7, 0.4, 0.8, 0.5, 0.6, 0.35)


def drag_candidates(page: Page, share: float) -> dict[str, float]:
    """Milliseconds from the release of the slider to the last change of each part of the page.

    Every change below the bar of controls counts, of elements, texts and attributes, whether it is
    on the screen or not, and Streamlit's own.
    """
    thumb = page.locator(THUMB).bounding_box()
    track = page.locator(TRACK).first.bounding_box()
    assert thumb is not None
    assert track is not None
    height = track["y"] + track["height"] / 2
    page.mouse.move(thumb["x"] + thumb["width"] / 2, height)
    page.mouse.down()
    page.mouse.move(track["x"] + share * track["width"], height, steps=4)
    page.mouse.up()
    page.wait_for_timeout(1000 * SECONDS_TO_SETTLE)
    last: dict[str, float] = {}
    for place, elapsed in page.evaluate("window.watched.list()"):
        last[place] = max(last.get(place, 0.0), elapsed)
    return last


def print_moves(page: Page, where: str) -> None:
    """What moves of the slider took, as medians with their range."""
    moves = [drag_candidates(page, share) for share in SHARES]
    lists = [
        max((at for place, at in move.items() if place.startswith("list_")), default=0.0)
        for move in moves
    ]
    for name, times in (("list", lists), ("change", [max(move.values()) for move in moves])):
        spread = f"{min(times):.0f} to {max(times):.0f}"
        middle = statistics.median(times)
        print(f"\nslider to the last {name}, {where}: {middle:.0f} ms ({spread})")
    drawn = sorted({place for move in moves for place in move if place.endswith("_figure")})
    print(f"  charts drawn: {', '.join(drawn) or 'none'}")


@contextmanager
def opened(tmp_path: Path, path: str, drawn: str) -> Iterator[Page]:
    """A page that stands, on a fresh server, and whose changes are watched."""
    with sync_playwright() as playwright, serving(tmp_path) as address:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        page = browser.new_page(viewport=WIDE)
        page.set_default_timeout(180_000)
        page.wait_for_timeout(5000)
        page.goto(f"{address}{path}")
        page.wait_for_selector(drawn, state="attached")
        page.wait_for_timeout(1000 * SECONDS_TO_SETTLE)
        page.evaluate(WATCH)
        yield page
        browser.close()


def test_a_slider_move_in_the_browser(tmp_path: Path) -> None:
    with opened(tmp_path, "/search", ".st-key-costs .bars") as page:
        drag_candidates(page, 1.0)  # scores the pairs that all later moves read again
        print_moves(page, "search, lists on the screen")
        for chart, where in (("flow", "two charts"), ("costs", "the lower charts")):
            page.locator(f".st-key-{chart}").evaluate("chart => chart.scrollIntoView()")
            page.wait_for_timeout(1000 * SECONDS_TO_SETTLE)
            print_moves(page, f"search, {where} on the screen")


def test_a_slider_move_on_the_candidates_page(tmp_path: Path) -> None:
    with opened(tmp_path, "/candidates?candidates=30", ".st-key-heat_rrf_k .hm") as page:
        drag_candidates(page, 0.9)
        print_moves(page, "candidates, one question")


def test_search(tmp_path: Path) -> None:
    models = Models(tmp_path)
    collection = open_collection(Store(tmp_path), models, SAMPLE)
    snapshot, asked = collection.snapshot(), SearchSettings(candidates=100)
    cascade = Cascade(models, Cache())
    questions = [question.text for question in collection.questions()]
    cascade.search(snapshot, questions[0], asked)
    cold, cached, moved = [], [], []
    for question in questions[1 : REPEATS + 1]:
        for times, settings in (
            (cold, asked),
            (cached, asked),
            (moved, replace(asked, candidates=60, top=20)),
        ):
            start = time.perf_counter()
            cascade.search(snapshot, question, settings)
            times.append((time.perf_counter() - start) * 1000)
    for name, times in (("cold", cold), ("cached", cached), ("slider moved", moved)):
        middle = statistics.median(times)
        spread = f"{min(times):.0f} to {max(times):.0f}"
        print(f"\nsearch, 100 candidates, {name}: {middle:.0f} ms ({spread})")


def test_share_of_questions_answered_first(tmp_path: Path) -> None:
    models, store = Models(tmp_path), Store(tmp_path)
    cascade = Cascade(models, Cache(tmp_path))
    for sample in samples():
        collection = open_collection(store, models, sample.id)
        judgments, snapshot = collection.judgments(), collection.snapshot()
        right: dict[str, int] = dict.fromkeys(STAGE_ORDER, 0)
        asked = [q for q in collection.questions() if q.id in judgments]
        for question in asked:
            trace = cascade.search(snapshot, question.text, SearchSettings())
            for stage, ranking in trace.rankings.items():
                first = snapshot.document_ids[snapshot.positions[ranking.hits[0].chunk_id]]
                best = max(judgments[question.id].values())
                right[stage] += judgments[question.id].get(first, 0) == best
        shares = ", ".join(f"{stage} {count}/{len(asked)}" for stage, count in right.items())
        print(f"\nanswered first, {sample.id}: {shares}")
