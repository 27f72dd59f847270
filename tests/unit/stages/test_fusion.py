from __future__ import annotations

import pytest

from retrieval.settings import SearchSettings
from retrieval.stages.fusion import reciprocal_rank_fusion, weighted_sum
from retrieval.types import Ranking

BM25 = Ranking.from_scores("bm25", "bm25", [("a", 9.0), ("b", 5.0), ("c", 1.0)])
DENSE = Ranking.from_scores("dense", "cosine", [("c", 0.8), ("d", 0.6), ("a", 0.4)])
NOTHING = Ranking("bm25", "bm25", ())


def test_rrf_is_the_sum_of_reciprocals_from_rank_one() -> None:
    scores = reciprocal_rank_fusion(BM25, DENSE, SearchSettings(rrf_k=60))

    assert scores == pytest.approx(
        {"a": 1 / 61 + 1 / 63, "b": 1 / 62, "c": 1 / 63 + 1 / 61, "d": 1 / 62}
    )


def test_weighted_scales_each_leg_and_counts_a_missing_hit_as_nothing() -> None:
    scores = weighted_sum(BM25, DENSE, SearchSettings(fusion="weighted", alpha=0.25))

    assert scores == pytest.approx(
        {"a": 0.75 * 1 + 0.25 * 0, "b": 0.75 * 0.5, "c": 0.25 * 1, "d": 0.25 * 0.5}
    )


@pytest.mark.parametrize(("alpha", "first"), [(0.0, "a"), (1.0, "c")])
def test_the_ends_of_alpha_are_the_two_legs(alpha: float, first: str) -> None:
    scores = weighted_sum(BM25, DENSE, SearchSettings(fusion="weighted", alpha=alpha))

    assert max(scores, key=lambda chunk: scores[chunk]) == first


def test_equal_scores_of_a_leg_do_not_divide_by_zero() -> None:
    flat = Ranking.from_scores("bm25", "bm25", [("a", 2.0), ("b", 2.0)])

    assert weighted_sum(flat, NOTHING, SearchSettings(alpha=0.0)) == {"a": 1.0, "b": 1.0}


def test_an_empty_leg_leaves_the_other() -> None:
    assert set(reciprocal_rank_fusion(NOTHING, DENSE, SearchSettings())) == {"a", "c", "d"}
    assert set(weighted_sum(NOTHING, DENSE, SearchSettings())) == {"a", "c", "d"}
