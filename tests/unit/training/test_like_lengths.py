"""Texts of like length are read together, which changes the time and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from retrieval.models.folder import ModelFolder
from retrieval.training.cross_encoder import PairLearner
from retrieval.training.groups import passages_group
from retrieval.training.network import like_lengths
from retrieval.training.recipe import Phase, Recipe
from tests.tiny import WORDS, save_cross_encoder

if TYPE_CHECKING:
    from tokenizers import Encoding

FORWARD = 40
LENGTHS = st.lists(st.integers(1, 300), min_size=1, max_size=8)


@dataclass(frozen=True)
class Text:
    """As much of an encoding as its length."""

    ids: tuple[int, ...]


def parts_of(lengths: list[int], most: int) -> list[list[int]]:
    texts = [Text((7,) * length) for length in lengths]
    return like_lengths(cast("list[Encoding]", texts), most, FORWARD)


def cost(parts: list[list[int]]) -> int:
    """What the parts cost, given as lengths."""
    return sum(len(part) * max(part) + FORWARD for part in parts)


@given(LENGTHS, st.integers(1, 900))
def test_each_row_is_in_one_part_under_the_budget(lengths: list[int], most: int) -> None:
    parts = parts_of(lengths, most)
    rows = [row for part in parts for row in part]
    assert sorted(rows) == list(range(len(lengths)))
    assert [lengths[row] for row in rows] == sorted(lengths)
    for part in parts:
        assert len(part) == 1 or len(part) * max(lengths[row] for row in part) <= most


@given(LENGTHS, st.integers(1, 900))
def test_no_other_way_to_part_them_costs_less(lengths: list[int], most: int) -> None:
    ordered = sorted(lengths)
    found = [[lengths[row] for row in part] for part in parts_of(lengths, most)]
    allowed = []
    for cuts in range(len(ordered)):
        for places in combinations(range(1, len(ordered)), cuts):
            bounds = [0, *places, len(ordered)]
            parts = [ordered[a:b] for a, b in pairwise(bounds)]
            if all(len(part) == 1 or len(part) * max(part) <= most for part in parts):
                allowed.append(cost(parts))
    assert cost(found) == min(allowed)


def test_nothing_is_parted_into_nothing() -> None:
    assert like_lengths([], 100, FORWARD) == []


def learner(base: ModelFolder, batch_tokens: int) -> PairLearner:
    recipe = Recipe(
        max_tokens=32,
        batch_tokens=batch_tokens,
        precision="fp32",
        phases=(Phase(name="only", pairs=8, learning_rate=1e-3, shares={"*": 1.0}),),
    )
    return PairLearner(base, recipe)


@pytest.mark.parametrize("batch_tokens", [64, 200])
def test_what_is_learned_does_not_depend_on_what_is_read_together(
    tmp_path: Path, batch_tokens: int
) -> None:
    base = ModelFolder.open(save_cross_encoder(tmp_path / "base"))
    groups = [
        passages_group("words", f"what is {a}", (" ".join(WORDS[: 3 * at + 1]),), (f"the {a}",))
        for at, a in enumerate(("dog", "man", "water", "leaf", "sun", "soil"))
    ]
    apart, together = learner(base, batch_tokens), learner(base, 8192)
    assert apart.backward(groups) == pytest.approx(together.backward(groups), rel=1e-5)
    assert apart.network.weights
    for one, other in zip(apart.network.weights, together.network.weights, strict=True):
        assert (one.grad is None) == (other.grad is None)
        if one.grad is not None and other.grad is not None:
            assert torch.allclose(one.grad, other.grad, rtol=1e-4, atol=1e-6)


def test_grades_stay_with_their_own_pairs(tmp_path: Path) -> None:
    base = ModelFolder.open(save_cross_encoder(tmp_path / "base"))
    longest = " ".join(WORDS)
    group = passages_group("words", "what is water", (longest,), ("leaf", "the sun in soil"))
    whole, *single = learner(base, 64).graded(
        [group, *(passages_group("words", *pair[:1], pair[1:], ()) for pair in group.pairs)]
    )
    assert whole.teacher == pytest.approx([one.teacher[0] for one in single], abs=1e-5)
    assert len(set(whole.teacher)) == 3
