from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from pages.parts.wings import WINGS
from retrieval.review.store import ReviewStore
from retrieval.store import Store
from tests.browser.conftest import WIDE, expect, go_to, server_of
from tests.browser.judging import settle
from tests.reviewing import made_review

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

SIGNED_WITH = "not a secret outside of this test"
TEAM = [entry for entries in WINGS.values() for entry in entries if entry.role != "reviewer"]


@pytest.fixture(scope="module")
def guarded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guarded-home")


@pytest.fixture
def guarded(guarded_home: Path) -> Iterator[str]:
    """The address of a fresh server where people sign in."""
    secrets = guarded_home / "secrets.toml"
    secrets.write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"\n'
        f'cookie_secret = "{SIGNED_WITH}"\nclient_id = "x"\nclient_secret = "x"\n'
        'server_metadata_url = "http://127.0.0.1:9/none"\n'
    )
    roles = {"SECOND_LOOK_ROLES": "ed@example.org=editor,@guests.org=reviewer"}
    with server_of(guarded_home, f"--secrets.files={secrets}", **roles) as (address, _):
        yield address


def signed_in(context: BrowserContext, address: str, email: str) -> None:
    """What Streamlit sets when an identity provider has vouched for somebody."""
    claims = {"email": email, "email_verified": True, "is_logged_in": True, "origin": address}
    value = create_signed_value(SIGNED_WITH, "_streamlit_user", json.dumps(claims)).decode()
    context.add_cookies([{"name": "_streamlit_user", "value": value, "url": address}])


def shown(page: Page, path: str, words: str) -> str:
    """All that a page says once it says these words: its parts come after its run has ended."""
    page.goto(path)
    main = page.get_by_test_id("stMain")
    expect(main).to_contain_text(words)
    settle(page)
    return main.inner_text()


def test_nobody_reaches_beyond_their_role_by_any_address(
    browser: Browser, guarded: str, guarded_home: Path
) -> None:
    reviews, store = ReviewStore(guarded_home), Store(guarded_home)
    own = made_review(reviews, store, 2, 2, name="Mine to judge", reviewers=("rita@guests.org",))
    other = made_review(reviews, store, 2, 2, name="Not mine", reviewers=("ben@guests.org",))
    context = browser.new_context(viewport=WIDE, base_url=guarded)
    context.set_default_timeout(90_000)
    page = context.new_page()

    # The first thing that a fresh server is asked for is a page deep inside.
    said = shown(page, f"/review?review={own.id}", "Why did search return that?")
    assert "Mine to judge" not in said
    assert page.locator(".st-key-gate").count() == 1
    assert page.get_by_text("Page not found").count() == 0
    assert page.get_by_test_id("stTopNav").count() == 0

    signed_in(context, guarded, "rita@guests.org")
    page.goto("/")  # where an identity provider leads back to
    page.wait_for_url(re.compile(own.id))  # and what she came for
    page.wait_for_selector(".sl-passage")
    for entry in TEAM:
        said = shown(page, f"/{entry.path}?collection=c", "Mine to judge")
        assert page.get_by_test_id("stSelectbox").count() == 0
        assert "Not mine" not in said
    assert page.get_by_text("Explore", exact=True).count() == 0
    for beyond in (other.id, "new"):
        shown(page, f"/review?review={beyond}", "There is no such review for you.")
    context.close()

    context = browser.new_context(viewport=WIDE, base_url=guarded)
    signed_in(context, guarded, "ed@example.org")
    page = context.new_page()
    page.set_default_timeout(90_000)
    shown(page, "/review", "Not mine")
    assert page.get_by_text("Explore", exact=True).count() == 1
    go_to(page, "ed@example.org", "Sign out")
    page.wait_for_selector(".st-key-gate")
    context.close()

    context = browser.new_context(viewport=WIDE, base_url=guarded)
    signed_in(context, guarded, "eve@evil.net")
    page = context.new_page()
    page.set_default_timeout(90_000)
    shown(page, "/review", "eve@evil.net has no role here.")
    context.close()
