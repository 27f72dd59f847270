"""The reranker's logit and MaxSim on its scale, in the share that was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.stages.blending import MAXSIM_A_LOGIT, MIDDLE, blended, rerank_unit

LOGITS = {"a": -2.0, "b": 0.0, "c": 3.0}
NEAR = {"a": 0.7, "b": 0.5, "c": 0.45, "elsewhere": 0.9}


def test_a_share_mixes_the_logit_and_maxsim_on_its_scale() -> None:
    found = blended(LOGITS, NEAR, 0.25)
    assert found.keys() == LOGITS.keys()
    assert found["a"] == pytest.approx(0.75 * -2.0 + 0.25 * 0.2 / MAXSIM_A_LOGIT)
    assert found["b"] == pytest.approx(0.0)
    assert found["c"] == pytest.approx(0.75 * 3.0 - 0.25 * 0.05 / MAXSIM_A_LOGIT)


def test_the_ends_are_the_orders_of_the_two() -> None:
    assert blended(LOGITS, NEAR, 0.0) == LOGITS
    alone = blended(LOGITS, NEAR, 1.0)
    assert sorted(alone, key=alone.__getitem__) == ["c", "b", "a"]


def test_so_much_maxsim_counts_as_one_logit() -> None:
    near = {"a": MIDDLE + MAXSIM_A_LOGIT, "b": MIDDLE}
    found = blended({"a": 0.0, "b": 1.0}, near, 0.5)
    assert found["a"] == pytest.approx(found["b"])


def test_the_unit_says_what_it_is() -> None:
    assert (rerank_unit(0.0), rerank_unit(0.05)) == ("logit", "blend")


@given(st.floats(0, 1))
def test_a_score_does_not_depend_on_what_else_is_in_the_pool(share: float) -> None:
    assert blended(LOGITS, NEAR, share)["b"] == blended({"b": 0.0}, NEAR, share)["b"]
