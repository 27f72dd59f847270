from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.explain.segments import MOST_WORDS, Part, split_words, words_of


def texts(text: str) -> list[str]:
    return [word.text for word in split_words(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't cut the X-ray's edge.", ["Don't", "cut", "the", "X-ray's", "edge"]),
        ("isn’t -- it's' fine-", ["isn’t", "it's", "fine"]),
        ("猫は水を飲まない", list("猫は水を飲まない")),
        ("e\u0301clair und Straße", ["e\u0301clair", "und", "Straße"]),
        ("दवा नहीं लें", ["दवा", "नहीं", "लें"]),
        ("snake_case 3.5 mg", ["snake", "case", "3", "5", "mg"]),
        ("… !? — #", []),
        ("", []),
    ],
)
def test_words_of_any_script(text: str, words: list[str]) -> None:
    assert texts(text) == words


@given(st.text())
def test_words_stand_where_they_say_in_order_without_overlap(text: str) -> None:
    behind = 0
    for word in split_words(text):
        assert behind <= word.start < word.end
        assert text[word.start : word.end] == word.text
        behind = word.end


def test_a_variant_lacks_one_word_and_nothing_else() -> None:
    part = Part.of("It does not hurt.")

    assert part.variants() == [
        " does not hurt.",
        "It  not hurt.",
        "It does  hurt.",
        "It does not .",
    ]


def test_a_text_is_cut_behind_the_last_word_that_is_read() -> None:
    part = Part.of("one two three four.", end=10)

    assert part.seen == "one two"
    assert (part.read, part.total, len(part.words)) == (2, 4, 2)


def test_a_text_that_is_read_whole_keeps_its_last_stop() -> None:
    assert Part.of("one two.", end=7).seen == "one two."


def test_at_most_so_many_words_are_left_out() -> None:
    part = Part.of("word " * 5_000)

    assert len(part.words) == MOST_WORDS
    assert part.read == part.total == 5_000
    assert len(Part.of("word " * 300, most=None).words) == 300


def test_words_are_found_by_the_characters_they_share() -> None:
    words = split_words("ab cd ef")

    assert words_of(words, 1, 4) == [0, 1]
    assert words_of(words, 2, 3) == []
