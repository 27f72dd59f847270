from __future__ import annotations

import pytest

from retrieval.evaluation.cost import BUDGET, TEXTBOOK, Speed
from retrieval.evaluation.knob import read_curve

RISING = [n / 40 for n in range(1, 41)]


@pytest.mark.parametrize(
    ("values", "without", "shape"),
    [
        ([*RISING, *[1.0] * 160], 0.5, "saturates"),
        ([*RISING, *[0.99] * 160], 0.5, "saturates"),
        (RISING, 1.0, "saturates"),
        ([*RISING, *[0.97] * 160], 0.5, "peaks and falls"),
        ([*[0.9] * 10, *RISING, *[0.7] * 100], 0.9, "peaks and falls"),
        ([*[0.0] * 8, 0.6, *[0.5] * 191], 0.2, "peaks and falls"),
        ([*[1.0] * 10, *[0.5] * 190], 1.0, "falls from the start"),
        ([1.0, 0.9, 0.8], 1.0, "falls from the start"),
        ([0.3, 0.6, 0.5], 0.8, "falls from the start"),
        ([0.0] * 200, 0.0, "stays at 0"),
        ([0.4] * 200, 0.4, "saturates"),
    ],
)
def test_a_curve_has_a_shape(values: list[float], without: float, shape: str) -> None:
    assert read_curve(values, without).shape == shape


def test_the_best_is_the_smallest_n_that_reaches_it() -> None:
    found = read_curve([0.1, 0.995, 1.0, 1.0, 0.5], 0.2)
    assert (found.best, found.value, found.near, found.last) == (3, 1.0, 2, 0.5)


def test_rounding_of_means_makes_no_new_best() -> None:
    assert read_curve([0.3, 0.1 + 0.2], 0.0).best == 1


def test_a_curve_without_points_has_no_shape() -> None:
    with pytest.raises(ValueError, match="no shape"):
        read_curve([], 0.0)


@pytest.mark.parametrize(
    ("budget", "candidates"), [(200, 100), (49, 0), (50, 0), (51.5, 1), (350, 200), (5000, 200)]
)
def test_a_budget_allows_what_is_left_after_vector_and_search(
    budget: float, candidates: int
) -> None:
    assert TEXTBOOK.affordable(budget) == candidates


def test_the_preset_is_spent_to_the_last_millisecond() -> None:
    assert TEXTBOOK.elapsed_ms(100) == BUDGET.default


def test_a_reranker_that_costs_nothing_may_read_all() -> None:
    assert Speed(1, 1, 0).affordable(50) == 200
