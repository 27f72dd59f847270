from __future__ import annotations

import os
import random
import re
import signal
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from retrieval.access import LOCAL
from retrieval.review.people import local_reviewer
from retrieval.review.store import ReviewStore
from retrieval.store import Store
from tests.browser.conftest import WIDE, expect, go_to, served, server_of
from tests.browser.judging import MOST_MS, done, press, settle, sit_down
from tests.reviewing import made_review

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

KILLS = int(os.environ.get("SECOND_LOOK_REVIEW_KILLS", "2"))
TELEPHONE = {"width": 390, "height": 844}
ANN, BEN = "4132142331", "4132143321"


def view(page: Page, name: str) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).first.click()
    settle(page)


def figures(page: Page) -> list[str]:
    """What the views of agreement and results say, to compare two servers."""
    view(page, "Agreement")
    page.wait_for_selector(".sl-alphas", timeout=MOST_MS)
    found = [page.locator(".sl-happened").inner_text()]
    found += page.locator(".sl-table td").all_inner_texts()
    view(page, "Results")
    page.wait_for_selector(".sl-table", timeout=MOST_MS)
    return found + page.locator(".sl-table td").all_inner_texts()


def test_a_review_from_its_making_to_another_home(
    page: Page, browser: Browser, address: str, tmp_path: Path, tmp_path_factory
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/search")
    go_to(page, "Measure", "Review")
    page.get_by_role("button", name="New review").click()
    page.get_by_role("button", name="Make the review").wait_for(timeout=MOST_MS)
    settle(page)
    page.get_by_role("spinbutton", name="How many").fill("1")
    page.get_by_label("Name", exact=True).fill("Ten passages, twice")
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_role("button", name="Make the review").click()
    page.get_by_text("Nobody has judged anything yet.").wait_for(timeout=MOST_MS)
    settle(page)
    review_id = parse_qs(urlsplit(page.url).query)["review"][0]

    contexts = [browser.new_context(viewport=WIDE, base_url=address) for _ in range(2)]
    tabs = [context.new_page() for context in contexts]
    for tab, name in zip(tabs, ("Ann", "Ben"), strict=True):
        tab.set_default_timeout(90_000)
        sit_down(tab, review_id, name)
    for both in zip(ANN, BEN, strict=True):  # at the same time, key by key
        for tab, key in zip(tabs, both, strict=True):
            press(tab, key)
    assert [done(tab) for tab in tabs] == [10, 10]
    first = tabs[0].locator(".sl-judged").inner_text()
    tabs[0].reload()
    tabs[0].wait_for_selector(".sl-judged")
    expect(tabs[0].locator(".sl-judged")).to_have_text(first)
    for context in contexts:
        context.close()

    view(page, "Progress")
    page.get_by_text("Ben", exact=True).wait_for()
    seen = figures(page)
    assert "alpha is" in seen[0]
    view(page, "Files")
    with page.expect_download() as download:
        page.get_by_role("button", name="Judgments, JSON Lines").click()
    exported = tmp_path / "judgments.jsonl"
    download.value.save_as(exported)

    with closing(served(tmp_path_factory.mktemp("empty-home"))) as servers:
        context = browser.new_context(viewport=WIDE, base_url=next(servers))
        other = context.new_page()
        other.set_default_timeout(90_000)
        other.goto("/review")
        other.get_by_role("button", name="Bring a review in").click()
        other.locator("input[type=file]").set_input_files(exported)
        other.get_by_role("button", name="Bring it in").click()
        other.get_by_text("20 judgments came in").wait_for(timeout=MOST_MS)
        settle(other)
        assert figures(other) == seen
        context.close()
    assert errors == []


def test_hands_that_slip_do_no_harm(page: Page, server_home: Path) -> None:
    reviews = ReviewStore(server_home)
    made = made_review(reviews, Store(server_home), 2, 2, name="By slips")
    sit_down(page, made.id, "Slip")
    comment = page.get_by_placeholder(re.compile("Comment"))
    comment.click()
    page.keyboard.type("1 or 2? such a zoo")
    settle(page)
    assert done(page) == 0  # keys that are typed judge nothing
    read = page.locator(".sl-judged").inner_text()
    page.get_by_role("button", name=re.compile("On the topic")).dblclick()
    page.get_by_text("Stored:").wait_for()
    settle(page)
    assert done(page) == 1  # and the second click was for no passage at all
    expect(page.locator(".sl-judged")).not_to_have_text(read)
    page.keyboard.press("z")
    page.wait_for_function("document.querySelector('.sl-progress p').innerText.startsWith('0')")
    settle(page)
    expect(page.locator(".sl-judged")).to_have_text(read)
    expect(comment).to_have_value("1 or 2? such a zoo")
    page.locator("h2").first.click()
    page.keyboard.down("3")
    for _ in range(8):
        page.keyboard.down("3")  # held down: the browser repeats it
    page.keyboard.up("3")
    page.get_by_text("Stored:").wait_for()
    settle(page)
    assert done(page) == 1


def test_a_link_judged_with_a_thumb(browser: Browser, address: str, server_home: Path) -> None:
    reviews = ReviewStore(server_home)
    made = made_review(reviews, Store(server_home), 2, 2, name="By thumb")
    token = reviews.shares.create(LOCAL, made.id, "friends")
    context = browser.new_context(
        viewport=TELEPHONE, base_url=address, is_mobile=True, has_touch=True
    )
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.goto(f"/review?invite={token}")
    page.get_by_label("Your name").fill("Thea")
    page.get_by_role("button", name="Begin").tap()
    page.wait_for_selector(".sl-judged")
    settle(page)
    box = page.get_by_role("button", name="Answers the question").bounding_box()
    assert box
    assert box["y"] > TELEPHONE["height"] / 2  # within a thumb's reach
    assert box["y"] + box["height"] <= TELEPHONE["height"]
    page.get_by_role("button", name="Answers the question").tap()
    page.get_by_text("Stored:").wait_for()
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= TELEPHONE["width"]
    page.goto(f"/library?invite={token}")
    page.wait_for_selector(".sl-progress, [data-testid=stTextInput]")
    settle(page)
    assert page.get_by_text("Add documents").count() == 0
    context.close()


def test_a_killed_server_loses_nothing_that_it_acknowledged(
    browser: Browser, tmp_path: Path
) -> None:
    reviews = ReviewStore(tmp_path)
    review = made_review(reviews, Store(tmp_path), 10 + 5 * KILLS, 4)
    generator = random.Random(7)
    seen = 0
    for _ in range(KILLS):
        with server_of(tmp_path) as (address, server):
            context = browser.new_context(viewport=WIDE, base_url=address)
            page = context.new_page()
            page.set_default_timeout(90_000)
            sit_down(page, review.id, "Ann")
            assert done(page) >= seen  # back where she stopped
            for _ in range(generator.randint(1, 4)):
                press(page, str(generator.randint(1, 4)))
            page.keyboard.press("2")
            time.sleep(generator.uniform(0, 0.25))
            seen = done(page)
            server.send_signal(signal.SIGKILL)
            server.wait()
            context.close()
        stored = reviews.seat(local_reviewer("Ann"), review.id).progress().done
        assert seen <= stored <= seen + 1
