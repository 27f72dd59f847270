"""A recipe says everything, and a sampler draws the same from it every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import SettingsError, TrainingError
from retrieval.training.groups import Group, passages_group
from retrieval.training.recipe import DEFAULT_RECIPE, Recipe
from retrieval.training.sampling import Sampler

GROUPS = {
    name: tuple(passages_group(name, f"{name}{n}", ("r",), ("w",)) for n in range(size))
    for name, size in (("a", 10), ("b", 5), ("c", 15))
}


def drawn(shares: dict[str, float], steps: int = 60, seed: int = 1) -> list[Group]:
    sampler, counts = Sampler(GROUPS, shares, seed=seed, group_pairs=4), {}
    return [group for step in range(steps) for group in sampler.draw(step, 4, counts)]


@pytest.mark.parametrize("name", ["reranker.toml", "more-roles.toml", "more-topics.toml"])
def test_a_built_in_recipe_is_valid_and_its_shares_are_whole(name: str) -> None:
    recipe = Recipe.read(DEFAULT_RECIPE.parent / name)
    assert recipe.pairs >= 50_000
    for phase in recipe.phases:
        assert sum(phase.shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = 1", "wrong at phases"),
        ("seed = [", "is no TOML"),
        ("max_tokens = 5000\nphases = []", "wrong at max_tokens"),
        ("speed = 3\nphases = []", "wrong at speed"),
    ],
)
def test_a_wrong_recipe_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=message):
        Recipe.read(path)


def test_a_missing_recipe_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        Recipe.read(tmp_path / "none.toml")


def test_every_group_of_a_source_is_read_before_one_comes_again() -> None:
    queries = [group.pairs[0][0] for group in drawn({"a": 1.0}, steps=10)]
    assert len(set(queries[:10])) == 10
    assert set(queries[10:20]) == set(queries[:10])


def test_the_two_groups_of_a_minimal_pair_are_read_one_after_the_other() -> None:
    numbers = [int(group.pairs[0][0][1:]) for group in drawn({"a": 1.0}, steps=10)]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    assert all(first % 2 == 0 and second == first + 1 for first, second in pairs)
    assert [first for first, _ in pairs] != sorted(first for first, _ in pairs)


@pytest.mark.parametrize("others", [0, 1, 2])
def test_a_group_gets_passages_of_the_groups_before_it_and_no_more_than_asked(others: int) -> None:
    sources = {
        "d": tuple(passages_group("d", f"q{n}", (f"r{n}",), (f"w{n}",)) for n in range(8)),
    }
    sampler = Sampler(sources, {"d": 1.0}, seed=1, group_pairs=8, others=others)
    groups = sampler.draw(0, 30, {})
    assert max(len(group) for group in groups) == 2 + others
    assert all(len(group.relevant) == len(group) for group in groups)


def test_a_source_may_have_groups_of_another_size() -> None:
    sources = {
        name: tuple(passages_group(name, f"q{n}", ("r", "s"), ("w", "v")) for n in range(8))
        for name in ("d", "e")
    }
    shares = {"d": 0.5, "e": 0.5}
    sampler = Sampler(sources, shares, seed=1, group_pairs=4, others=0, sizes={"d": 2})
    groups = sampler.draw(0, 40, {})
    assert {len(group) for group in groups if group.source == "d"} == {2}
    assert {len(group) for group in groups if group.source == "e"} == {3}


def test_shares_are_kept_and_a_star_stands_for_the_others_by_size() -> None:
    sources = [group.source for group in drawn({"a": 0.5, "*": 0.5}, steps=600)]
    assert sources.count("a") / len(sources) == pytest.approx(0.5, abs=0.06)
    assert sources.count("c") / sources.count("b") == pytest.approx(3, abs=0.8)


def test_the_same_seed_draws_the_same_and_another_one_does_not() -> None:
    assert drawn({"*": 1.0}) == drawn({"*": 1.0})
    assert drawn({"*": 1.0}) != drawn({"*": 1.0}, seed=2)


def test_a_phase_without_any_group_is_refused() -> None:
    with pytest.raises(TrainingError, match="None of the sources"):
        Sampler(GROUPS, {"elsewhere": 1.0}, seed=1, group_pairs=4)
