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
from playwright.sync_api import sync_playwright

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
            page.wait_for_selector(".st-key-costs .main-svg")
            seen["charts"] = time.perf_counter() - start - opened
        browser.close()
    return seen


def test_start(tmp_path: Path) -> None:
    for kind in ("cold, empty home", "warm caches"):
        seen = seconds_to_lists(tmp_path)
        figures = ", ".join(f"{name} {seconds:.1f}" for name, seconds in seen.items())
        print(f"\nstart, {kind}: seconds to {figures}")


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
