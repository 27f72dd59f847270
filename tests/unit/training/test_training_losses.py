"""Losses: what a right order costs, against the formulas written out."""

from __future__ import annotations

import math

import pytest
import torch

from retrieval.training.losses import (
    distilled,
    group_loss,
    listwise,
    margin,
    matched,
    pointwise,
)
from retrieval.training.recipe import Weights

LOGITS = torch.tensor([2.0, -1.0, 0.5])
RELEVANT = torch.tensor([True, False, False])


def test_listwise_is_the_cross_entropy_of_the_softmax() -> None:
    total = math.exp(2.0) + math.exp(-1.0) + math.exp(0.5)
    assert listwise(LOGITS, RELEVANT).item() == pytest.approx(-math.log(math.exp(2.0) / total))


def test_two_right_pairs_share_the_probability() -> None:
    both = torch.tensor([True, False, True])
    total = math.exp(2.0) + math.exp(-1.0) + math.exp(0.5)
    expected = -math.log((math.exp(2.0) + math.exp(0.5)) / total)
    assert listwise(LOGITS, both).item() == pytest.approx(expected, abs=1e-5)


def test_margin_counts_what_is_missing_to_the_width() -> None:
    assert margin(LOGITS, RELEVANT, width=2.0).item() == pytest.approx((0 + 0.5) / 2)


def test_pointwise_is_binary_cross_entropy() -> None:
    expected = (math.log1p(math.exp(-2)) + math.log1p(math.exp(-1)) + math.log1p(math.exp(0.5))) / 3
    assert pointwise(LOGITS, RELEVANT).item() == pytest.approx(expected)


def test_a_student_that_agrees_with_its_teacher_owes_nothing() -> None:
    cosines = torch.tensor([0.6, 0.4, 0.5])
    assert distilled(cosines / 0.05 + 3.0, cosines, 0.05).item() == pytest.approx(0, abs=1e-6)
    assert distilled(-cosines / 0.05, cosines, 0.05).item() > 1


def test_the_teacher_has_no_say_between_right_and_wrong() -> None:
    """Labels say the first is right; a teacher who prefers the second changes nothing for it."""
    weights = Weights(teacher=1.0)
    for_first = group_loss(LOGITS, RELEVANT, torch.tensor([0.9, 0.3, 0.5]), weights)
    for_last = group_loss(LOGITS, RELEVANT, torch.tensor([0.1, 0.3, 0.5]), weights)
    assert for_first.item() == pytest.approx(for_last.item())


def test_a_group_without_labels_is_graded_by_the_teacher_alone() -> None:
    nothing = torch.zeros(3, dtype=torch.bool)
    cosines = torch.tensor([0.6, 0.4, 0.5])
    assert group_loss(LOGITS, nothing, None, Weights()).item() == 0
    expected = distilled(LOGITS, cosines, Weights().temperature).item()
    graded = group_loss(LOGITS, nothing, cosines, Weights(teacher=1.0)).item()
    assert graded == pytest.approx(expected)


def test_matched_is_the_squared_difference_of_gaps() -> None:
    grades = torch.tensor([0.6, 0.4, 0.5])
    assert matched(grades / 0.05 - 7.0, grades, 0.05).item() == pytest.approx(0, abs=1e-6)
    target = [2.0, -2.0, 0.0]
    own = [1.5, -1.5, 0.0]
    expected = sum((a - b) ** 2 for a, b in zip(own, target, strict=True)) / 3
    assert matched(LOGITS, grades, 0.05).item() == pytest.approx(expected)


def test_gaps_are_matched_only_where_nothing_is_labelled() -> None:
    nothing, grades = torch.zeros(3, dtype=torch.bool), torch.tensor([0.6, 0.4, 0.5])
    weights = Weights(teacher=0.0001, matched=1.0)
    graded = group_loss(LOGITS, nothing, grades, weights).item()
    assert graded == pytest.approx(matched(LOGITS, grades, weights.temperature).item(), abs=0.01)
    plain = Weights(teacher=0.0001)
    labelled = [group_loss(LOGITS, RELEVANT, grades, one).item() for one in (weights, plain)]
    assert labelled[0] == pytest.approx(labelled[1])
