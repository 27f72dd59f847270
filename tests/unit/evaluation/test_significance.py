from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from retrieval.evaluation.significance import (
    RESAMPLES,
    SEED,
    compare,
    holm,
    interval,
    permutation_p,
)


def test_the_interval_is_scipys_bootstrap() -> None:
    values = np.random.default_rng(1).random(30)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, rng=np.random.default_rng(SEED)
    ).confidence_interval

    found = interval(list(values))

    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.low < found.mean < found.high
    assert found.n == 30


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert interval([0.5] * 4) == (0.5, 0.5, 0.5, 4)


def test_every_sign_flip_of_a_few_questions_is_counted() -> None:
    # All six differences point one way: 2 of the 2^6 sign patterns are as extreme.
    assert permutation_p([0.1, 0.2, 0.3, 0.1, 0.4, 0.2]) == pytest.approx(2 / 2**6)


def test_no_difference_is_no_evidence() -> None:
    assert permutation_p([0.0, 0.0, 0.0]) == 1.0


def test_holm_steps_down_and_never_decreases() -> None:
    # Worked by hand: .01 x 4, .02 x 3, max(.06, .03 x 2), max(.06, .5 x 1).
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])


def test_a_comparison_counts_wins_ties_and_losses_for_b() -> None:
    (found,) = compare({"a": [0, 1, 0, 1], "b": [1, 1, 1, 0]}, [("a", "b")], "MRR@10")

    assert (found.wins, found.ties, found.losses) == (2, 1, 1)
    assert found.difference.mean == pytest.approx(0.25)
    assert found.verdict == "too few questions to say"


def test_a_clear_difference_is_named() -> None:
    better = [1.0] * 20
    (found,) = compare({"a": [0.1] * 19 + [0.2], "b": better}, [("a", "b")], "MRR@10")

    assert found.verdict.startswith("b is better")
