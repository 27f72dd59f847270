"""The parts of the library that only turn values into text."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts.library.cells import bytes_text, cell_text
from pages.parts.library.cut_text import cut_text_html
from tests.app.conftest import Tags


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-cmd|' /C calc'!A0", "@x", " =1", "\t=1"])
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert cell_text(text).startswith("'")


@pytest.mark.parametrize("text", ["-3.5", "+7", "plain", "a = b", ""])
def test_numbers_and_words_stay_as_they_are(text: str) -> None:
    assert cell_text(text) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "2 KB"), (2_500_000, "2.5 MB"), (3e9, "3.00 GB")],
)
def test_a_size_is_shown_as_people_read_it(size: int, text: str) -> None:
    assert bytes_text(size) == text


def visible(body: str) -> str:
    without_signs = re.sub(r'<span class="sl-cut"[^>]*>\d+</span>', "", body)
    return re.sub(r"<[^>]*>", "", without_signs)


def test_passages_alternate_and_shared_text_is_striped() -> None:
    body = cut_text_html("abcdefgh", [(0, 5), (3, 8)], short=True)
    assert visible(body) == "abcdefgh"
    assert re.findall(r"sl-piece-(\w+)", body) == ["0", "shared", "1"]


@given(st.text("ab<&\n", max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9))))
def test_no_text_is_lost_and_none_becomes_markup(text: str, cuts: list[tuple[int, int]]) -> None:
    ordered = sorted((start, start + length) for start, length in cuts)
    body = cut_text_html(text, ordered, short=False)
    assert html.unescape(visible(body)) == text
    assert Tags(body).names <= {"div", "span"}
