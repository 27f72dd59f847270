from __future__ import annotations

import pytest

from retrieval.explain.kinds import names, negators
from retrieval.explain.segments import split_words


def named(query: str, text: str) -> list[str]:
    words = split_words(text)
    return [words[place].text for place in names(query, text, words)]


def test_negators_are_found_in_place() -> None:
    words = split_words("It doesn't hurt, not without reason.")

    assert [words[place].text for place in negators(words)] == ["doesn't", "not", "without"]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("Who sued Veskar?", "Ostrel sued Veskar. Veskar paid.", ["Veskar", "Veskar"]),
        ("Did Ostrel pay?", "Ostrel sued them.", ["Ostrel"]),
        ("what helps", "Prune roses in winter. Water them.", []),
        ("what helps", "## Once a day\n- Adults: one", []),
        ("what helps", "It was I who said that The cat sat.", []),
    ],
)
def test_names_are_capitalised_inside_a_sentence(
    query: str, text: str, expected: list[str]
) -> None:
    assert named(query, text) == expected


def test_words_in_swapped_roles_count_as_names() -> None:
    assert {"dog", "cat"} <= set(named("does the cat bite the dog", "the dog does bite the cat"))
