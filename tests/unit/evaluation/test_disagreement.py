from __future__ import annotations

import pytest

from retrieval.evaluation.disagreement import compare
from retrieval.types import Ranking


def ranking(order: str) -> Ranking:
    scores = [(name, float(-place)) for place, name in enumerate(order)]
    return Ranking.from_scores("rerank", "logit", scores)


def test_the_same_order_is_no_disagreement() -> None:
    found = compare(ranking("abcd"), ranking("abcd"), 10)
    assert found.disagreements == ()
    assert (found.shared, found.common, found.ordered_alike) == (4, 4, 1.0)


def test_the_reverse_order_has_no_pair_alike() -> None:
    found = compare(ranking("abc"), ranking("cba"), 2)
    assert found.ordered_alike == 0.0
    assert found.shared == 1
    assert [one.chunk_id for one in found.disagreements] == ["a", "c"]
    assert (found.disagreements[0].first, found.disagreements[0].second) == (1, 3)


def test_the_top_weighs_more_than_the_bottom() -> None:
    found = compare(ranking("abcdefgh"), ranking("badcefhg"), 8)
    assert [one.chunk_id for one in found.disagreements] == [*"ab", *"cd", *"gh"]
    assert found.disagreements[0].gap == pytest.approx(1 - 0.6309, abs=1e-4)


def test_a_passage_that_one_lacks_is_a_disagreement() -> None:
    found = compare(ranking("ab"), ranking("bc"), 10)
    assert {one.chunk_id: (one.first, one.second) for one in found.disagreements} == {
        "a": (1, None),
        "b": (2, 1),
        "c": (None, 2),
    }
    assert found.ordered_alike is None


@pytest.mark.parametrize("orders", [("", ""), ("a", ""), ("", "a"), ("a", "a")])
def test_short_lists_are_compared_too(orders: tuple[str, str]) -> None:
    found = compare(ranking(orders[0]), ranking(orders[1]), 10)
    assert found.ordered_alike is None
    assert len(found.disagreements) == (orders[0] != orders[1])


def test_only_the_leading_passages_are_named() -> None:
    found = compare(ranking("abcdef"), ranking("fedcba"), 1)
    assert {one.chunk_id for one in found.disagreements} == {"a", "f"}
    assert found.common == 6
