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
from retrieval.evaluation.statements import comparison_sentence, shown_p


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


@pytest.mark.parametrize("values", [[], [0.5]])
def test_no_question_or_one_says_nothing(values: list[float]) -> None:
    (found,) = compare({"a": [0.0] * len(values), "b": values}, [("a", "b")], "MRR@10")
    assert found.p == 1.0
    assert not found.is_shown
    assert comparison_sentence(found)


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


def test_the_permutation_test_is_scipys() -> None:
    differences = np.random.default_rng(2).normal(0.2, 1, 40)
    expected = stats.permutation_test(
        (differences, np.zeros(40)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        vectorized=True,
        rng=np.random.default_rng(SEED),
    )
    assert 0 < expected.pvalue < 1
    assert permutation_p(list(differences)) == expected.pvalue


def test_correction_makes_more_questions_necessary() -> None:
    few = {"a": [0.0] * 6, "b": [1.0] * 6, "c": [1.0] * 6}
    (alone,) = compare(few, [("a", "b")], "MRR@10")
    assert (alone.p, alone.too_few) == (2 / 2**6, False)
    assert "b is better" in alone.verdict
    together = compare(few, [("a", "b"), ("a", "c")], "MRR@10")
    assert {(one.family, one.verdict) for one in together} == {(2, "too few questions to say")}
    assert "after correction for 2 comparisons" in comparison_sentence(together[0])


def test_what_so_many_questions_can_show_is_told() -> None:
    generator = np.random.default_rng(3)
    values = {"a": generator.random(30), "b": generator.random(30)}
    (found,) = compare(values, [("a", "b")], "nDCG@10")
    spread = float(np.std(values["b"] - values["a"], ddof=1))
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert found.detectable == pytest.approx(z * spread / 30**0.5, rel=1e-4)
    assert found.needed == pytest.approx((z * spread / found.difference.mean) ** 2, rel=1e-2, abs=1)
    said = comparison_sentence(found)
    assert said.startswith("No difference between a and b is shown")
    assert f"one of {found.detectable:.3f} would be found four times in five" in said


def test_two_that_are_alike_are_said_to_be() -> None:
    (found,) = compare({"a": [0.5] * 9, "b": [0.5] * 9}, [("a", "b")], "nDCG@10")
    assert "equally well on every question" in comparison_sentence(found)
    assert (found.better, found.needed, found.p) == ("", None, 1.0)


@pytest.mark.parametrize(("p", "said"), [(0.04567, "0.046"), (0.00001, "below 0.001")])
def test_a_p_value_is_shown_with_the_digits_it_deserves(p: float, said: str) -> None:
    assert shown_p(p) == said
