"""A server of its own and a headless Chromium; without them these tests skip, except in CI."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

import pytest

from retrieval.models.loading import Models
from tests.conftest import bring_models

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, LocatorAssertions, Page

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 60
MS_TO_APPEAR = 60_000
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = {"width": 1440, "height": 900}


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return os.environ.get("SECOND_LOOK_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )


def _missing() -> str:
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed (requirements-dev.txt)"
    if chromium() is None:
        return "no Chromium found (set SECOND_LOOK_CHROMIUM to its path)"
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = _missing()
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if reason and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def server_home(tmp_path_factory: pytest.TempPathFactory, converted: Path) -> Path:
    """The home of the server that most tests share, empty but for the converted models."""
    home = tmp_path_factory.mktemp("browser-home")
    bring_models(converted, home)
    return home


@pytest.fixture(scope="session")
def models(converted: Path) -> Models:
    """The packaged models, in this process."""
    return Models(converted)


@pytest.fixture(scope="session")
def address(server_home: Path) -> Iterator[str]:
    """The address of that server."""
    yield from served(server_home)


def served(home: Path, **settings: str) -> Iterator[str]:
    """The address of a server with this home, and with these variables set beside it."""
    with server_of(home, **settings) as (address, _):
        yield address


@contextmanager
def server_of(
    home: Path, *options: str, **settings: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The same with its process, and with more options on its command line."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1", *options]
    own = {"SECOND_LOOK_HOME": str(home), "SECOND_LOOK_OFFLINE": "1", **settings}
    log = (home / "server.log").open("wb")
    with (
        log,
        subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **own}, stdout=log, stderr=subprocess.STDOUT
        ) as server,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}", server
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  (our own server)
                return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail("the server did not start")


def expect(what: Locator) -> LocatorAssertions:
    """Playwright's assertions, which wait until they hold, with patience for a slow machine."""
    from playwright.sync_api import expect as expected  # noqa: PLC0415  (may be missing)

    expected.set_options(timeout=MS_TO_APPEAR)
    return expected(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (may be missing)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A tab of its own, with room for a first start on a slow machine."""
    context = browser.new_context(viewport=WIDE, base_url=address)
    context.set_default_timeout(90_000)
    yield context.new_page()
    context.close()


def go_to(page: Page, wing: str, title: str) -> None:
    """Open a page by the navigation at the top."""
    page.get_by_test_id("stTopNavSection").filter(has_text=wing).click()
    page.get_by_test_id("stTopNavDropdownLink").filter(has_text=title).click()
