from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from retrieval.evaluation.agreement import (
    alpha_interval,
    cohen_kappa,
    compare_people,
    confusion,
    disagreement,
    krippendorff_alpha,
)

# Four observers, twelve units, None where one did not grade: Krippendorff (2011), section C.
TABLE = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


def published_counts() -> np.ndarray:
    counts = np.zeros((12, 5))
    for observer in TABLE:
        for unit, grade in enumerate(observer):
            if grade is not None:
                counts[unit, grade - 1] += 1
    return counts


def drawn(seed: int, n: int = 60, grades: int = 4) -> tuple[list[int], list[int]]:
    rng = np.random.default_rng(seed)
    first = rng.integers(grades, size=n)
    second = np.where(rng.random(n) < 0.6, first, rng.integers(grades, size=n))
    return first.tolist(), second.tolist()


@pytest.mark.parametrize(
    ("metric", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_is_that_of_the_published_table(metric: str, published: float) -> None:
    alpha = krippendorff_alpha(published_counts(), metric)  # type: ignore[arg-type]
    assert alpha == pytest.approx(published, abs=0.0005)


def test_kappa_is_that_of_published_tables() -> None:
    # Fleiss, Levin and Paik (2003), table 18.1: two raters, a hundred patients.
    assert cohen_kappa([[75, 1, 4], [5, 4, 1], [0, 0, 10]]) == pytest.approx(0.68, abs=0.005)
    assert cohen_kappa([[20, 5], [10, 15]]) == pytest.approx(0.4)


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_scikit_learn(weights: str, seed: int) -> None:
    first, second = drawn(seed)
    ours = cohen_kappa(confusion(first, second, 4), weights)  # type: ignore[arg-type]
    theirs = cohen_kappa_score(
        first, second, labels=range(4), weights=None if weights == "none" else weights
    )
    assert ours == pytest.approx(theirs)


def test_alpha_of_two_people_is_near_kappa_and_exact_agreement_is_one() -> None:
    first, second = drawn(1, n=4_000)
    counts = np.zeros((4_000, 4))
    for grades in (first, second):
        counts[np.arange(4_000), grades] += 1
    kappa = cohen_kappa(confusion(first, second, 4))
    assert krippendorff_alpha(counts) == pytest.approx(kappa, abs=0.002)
    exact = np.eye(4)[np.array([0, 1, 2, 3, 1])] * 3
    assert krippendorff_alpha(exact, "ordinal") == 1


def test_an_interval_is_around_its_value_and_the_same_each_time() -> None:
    counts = published_counts()
    found = alpha_interval(counts, "interval")
    assert found == alpha_interval(counts, "interval")
    assert found.low < found.value < found.high <= 1
    # One of the twelve units was graded by one observer alone.
    assert found.n == 11


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    # Each grades right with .8, else at random of four: kappa is .64 in the long run.
    inside = 0
    for _ in range(40):
        truth = rng.integers(4, size=80)
        first, second = (
            np.where(rng.random(80) < 0.8, truth, rng.integers(4, size=80)).tolist()
            for _ in range(2)
        )
        found = compare_people(("a", "b"), first, second, 4).kappa
        inside += found.low <= 0.64 <= found.high
    assert 33 <= inside <= 40


def test_two_people_are_compared_on_what_both_graded() -> None:
    found = compare_people(("ann", "ben"), [0, 1, 1, 3], [0, 1, 2, 3], 4)
    assert found.table == ((1, 0, 0, 0), (0, 1, 1, 0), (0, 0, 0, 0), (0, 0, 0, 1))
    assert (found.both, found.same) == (4, 0.75)
    assert found.quadratic.value > found.linear.value > found.kappa.value


def test_what_has_no_coefficient_says_so() -> None:
    alike = compare_people(("a", "b"), [2, 2, 2], [2, 2, 2], 4)
    assert math.isnan(alike.kappa.value)
    assert math.isnan(alike.kappa.low)
    assert math.isnan(krippendorff_alpha(np.zeros((0, 4))))
    assert math.isnan(krippendorff_alpha([[1, 0], [0, 1]]))
    assert math.isnan(compare_people(("a", "b"), [], [], 4).same)
    # Nearly alike: some resamples have no coefficient, and the others give the interval.
    rare = alpha_interval([[2, 0]] * 9 + [[0, 2]], "nominal")
    assert (rare.value, rare.low, rare.high) == (1, 1, 1)


def test_many_units_take_the_percentile_way() -> None:
    first, second = drawn(2, n=1_500)
    found = compare_people(("a", "b"), first, second, 4).kappa
    assert found.low < found.value < found.high
    assert found.high - found.low < 0.08


@pytest.mark.parametrize(
    ("grades", "apart"), [((), 0.0), ((3,), 0.0), ((0, 3), 9.0), ((0, 0, 3), 6.0), ((1, 1), 0.0)]
)
def test_disagreement_is_the_mean_squared_distance_of_pairs(
    grades: tuple[int, ...], apart: float
) -> None:
    assert disagreement(grades) == pytest.approx(apart)
