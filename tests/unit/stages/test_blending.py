"""The reranker's probability and the scaled cosine, in the share that was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.stages.blending import blended, rerank_unit
from retrieval.types import Ranking

DENSE = Ranking.from_scores("dense", "cosine", [("a", 0.9), ("b", 0.5), ("c", 0.1)])
LOGITS = {"a": -2.0, "b": 0.0, "c": 3.0, "elsewhere": 1.0}


def test_without_a_share_the_logits_stay_as_they_are() -> None:
    assert blended(LOGITS, DENSE, 0.0) == LOGITS
    assert rerank_unit(0.0) == "logit"


def test_a_share_mixes_probability_and_cosine() -> None:
    found = blended(LOGITS, DENSE, 0.25)
    assert found["b"] == pytest.approx(0.75 * 0.5 + 0.25 * 0.5)
    assert found["a"] == pytest.approx(0.75 * 0.1192029 + 0.25 * 1.0)
    assert found["elsewhere"] == pytest.approx(0.75 * 0.7310586)
    assert rerank_unit(0.25) == "blend"


def test_a_share_of_one_is_the_order_of_the_bi_encoder() -> None:
    assert blended(LOGITS, DENSE, 1.0) == {"a": 1.0, "b": 0.5, "c": 0.0, "elsewhere": 0.0}


@given(st.floats(-1e4, 1e4), st.floats(0.01, 1))
def test_a_score_stays_between_0_and_1_however_large_the_logit(logit: float, share: float) -> None:
    (score,) = blended({"a": logit}, DENSE, share).values()
    assert 0.0 <= score <= 1.0


@given(st.floats(0, 1))
def test_a_score_does_not_depend_on_what_else_is_in_the_pool(share: float) -> None:
    alone = blended({"b": LOGITS["b"]}, DENSE, share)
    assert blended(LOGITS, DENSE, share)["b"] == alone["b"]
