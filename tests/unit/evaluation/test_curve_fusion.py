"""Alpha and k: break points against brute force, and the maps over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.evaluation.curve import ScoredPool, curve
from retrieval.evaluation.heat import GRID, Judged, all_candidates, grid_settings, heat_map
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.paths import RankPath, rank_path
from retrieval.evaluation.speed import measure_speed
from retrieval.models.loading import Models
from retrieval.settings import DEPTH, PARAMETERS, SearchSettings
from retrieval.store import Store
from retrieval.types import Ranking
from tests.corpus import filled
from tests.tiny import save_cross_encoder, save_encoder


def make_legs(bm25: dict[str, float], dense: dict[str, float]) -> Legs:
    ids = dict.fromkeys((*bm25, *dense))
    return Legs(
        "q",
        Ranking.from_scores("bm25", "bm25", bm25.items()),
        Ranking.from_scores("dense", "cosine", dense.items()),
        {one: f"d{number // 2}" for number, one in enumerate(ids)},
        {one: one for one in ids},
    )


def random_legs(seed: int, size: int = 60, levels: int = 25) -> Legs:
    """Two lists that share some passages, with many ties."""
    generator = np.random.default_rng(seed)
    names = [f"c{number:03}" for number in range(2 * size)]

    def leg() -> dict[str, float]:
        chosen = generator.choice(names, size=size, replace=False).tolist()
        return {one: float(generator.integers(levels)) / 7 for one in chosen}

    return make_legs(leg(), leg())


def weighted(alpha: float) -> SearchSettings:
    return SearchSettings(fusion="weighted", alpha=alpha)


def step_rank(path: RankPath, value: float) -> int:
    (rank,) = {step.rank for step in path.steps if step.start <= value <= step.end}
    return rank


@pytest.mark.parametrize("seed", range(5))
def test_between_two_breaks_the_rank_is_that_of_a_search(seed: int) -> None:
    legs = random_legs(seed)
    for answer in list(legs.documents)[::9]:
        path = rank_path(legs, answer, "alpha")
        for step in path.steps:
            inside = (step.start + step.end) / 2
            assert legs.fused(weighted(inside)).ranks[answer] == step.rank


@pytest.mark.parametrize("seed", range(5))
def test_no_break_is_missed_by_a_fine_grid(seed: int) -> None:
    legs = random_legs(seed)
    for answer in list(legs.documents)[::20]:
        path = rank_path(legs, answer, "alpha")
        edges = np.array([0.0, 1.0, *(found.at for found in path.breaks)])
        for alpha in np.random.default_rng(seed).random(200).tolist():
            if np.abs(edges - alpha).min() > 1e-9:
                assert legs.fused(weighted(alpha)).ranks[answer] == step_rank(path, alpha)


@given(st.integers(0, 10_000))
def test_at_a_break_exactly_the_named_passages_change_places(seed: int) -> None:
    legs = random_legs(seed, size=8, levels=5)
    answer = next(iter(legs.documents))
    path = rank_path(legs, answer, "alpha")
    for before, found, after in zip(path.steps[:-1], path.breaks, path.steps[1:], strict=True):
        ahead = [ahead_of(legs, answer, (s.start + s.end) / 2) for s in (before, after)]
        assert ahead[1] - ahead[0] == set(found.overtaken_by)
        assert ahead[0] - ahead[1] == set(found.overtakes)
        assert (found.before, found.after) == (before.rank, after.rank)


def ahead_of(legs: Legs, answer: str, alpha: float) -> set[str]:
    order = legs.order(weighted(alpha))
    return set(order[: order.index(answer)])


def test_a_crossing_is_where_the_lines_meet() -> None:
    legs = make_legs(
        {"a": 10.0, "b": 6.0, "z": 0.0}, {"b": 0.9, "a": 0.5, "z": 0.1}
    )  # scaled: a 1 and 0.5, b 0.6 and 1
    path = rank_path(legs, "a", "alpha")
    (found,) = path.breaks
    assert found.at == pytest.approx(0.4 / 0.9)
    assert (found.overtaken_by, found.overtakes) == (("b",), ())
    assert [step.rank for step in path.steps] == [1, 2]
    assert (path.best.rank, path.worst.rank) == (1, 2)


def test_at_the_ends_ties_are_ordered_as_in_a_search() -> None:
    legs = make_legs({"a": 2.0, "b": 1.0}, {"y": 0.9, "x": 0.8})
    path = rank_path(legs, "x", "alpha")
    assert path.rank_at(legs, 0.0) == legs.fused(weighted(0.0)).ranks["x"]
    assert path.steps[0].rank == legs.fused(weighted(1e-6)).ranks["x"]


@pytest.mark.parametrize("seed", range(3))
def test_every_k_has_the_rank_of_a_search(seed: int) -> None:
    legs = random_legs(seed, size=100)
    ks = range(int(PARAMETERS["rrf_k"].minimum), int(PARAMETERS["rrf_k"].maximum) + 1)
    fused = {k: legs.fused(SearchSettings(rrf_k=k)).ranks for k in ks}
    for answer in list(legs.documents)[::15]:
        path = rank_path(legs, answer, "rrf_k")
        assert [step_rank(path, k) for k in ks] == [fused[k][answer] for k in ks]
        assert path.steps[0].start == ks[0]
        assert path.steps[-1].end == ks[-1]


def test_a_k_break_names_who_changes_places() -> None:
    # a: 1 and 40; b: 10 and 10. A small k rewards the first rank.
    bm25 = {"a": 100.0} | {f"x{n:02}": 99.0 - n for n in range(8)} | {"b": 50.0}
    dense = {f"y{n:02}": 1 - n / 100 for n in range(50)}
    dense |= {"b": 1 - 8.5 / 100, "a": 1 - 37.5 / 100}
    path = rank_path(make_legs(bm25, dense), "a", "rrf_k")
    found = next(one for one in path.breaks if "b" in one.overtaken_by)
    for k, leads in ((found.at - 1, True), (found.at, False)):
        ranks = make_legs(bm25, dense).fused(SearchSettings(rrf_k=int(k))).ranks
        assert (ranks["a"] < ranks["b"]) == leads


@pytest.mark.parametrize("parameter", ["alpha", "rrf_k"])
def test_a_passage_in_neither_list_has_no_path(parameter: str) -> None:
    assert rank_path(random_legs(0), "elsewhere", parameter) is None


@pytest.mark.parametrize("parameter", ["alpha", "rrf_k"])
def test_a_lone_passage_is_first_everywhere(parameter: str) -> None:
    path = rank_path(make_legs({"a": 1.0}, {}), "a", parameter)
    assert [step.rank for step in path.steps] == [1]
    assert path.breaks == ()


@pytest.mark.parametrize("parameter", ["alpha", "rrf_k"])
def test_each_row_of_a_map_is_the_curve_of_its_settings(parameter: str) -> None:
    every = [random_legs(seed, size=150) for seed in range(3)]
    generator = np.random.default_rng(1)
    judged = [
        Judged(
            legs,
            {one: float(generator.integers(50)) for one in all_candidates(legs)},
            {"d3": 2, "d40": 1, "d77": 1},
        )
        for legs in every
    ]
    drawn = heat_map(judged, parameter, "MRR@10")
    for row, asked in zip(drawn.cells, grid_settings(parameter), strict=True):
        pools = [(ScoredPool(o.legs.order(asked), o.legs.documents, o.scores), o) for o in judged]
        pools = [
            (ScoredPool(p.order, p.documents, {c: p.scores[c] for c in p.candidates}), o.grades)
            for p, o in pools
        ]
        assert row == pytest.approx(curve(pools).values("MRR@10"))
    value, n, best = drawn.best
    assert best == max(max(row) for row in drawn.cells)
    assert drawn.cells[drawn.values.index(value)][n - 1] == best


def test_the_best_cell_is_the_cheapest_of_equals() -> None:
    legs = make_legs({"a": 1.0}, {"a": 1.0})
    drawn = heat_map([Judged(legs, {"a": 1.0}, {"d0": 1})], "alpha", "nDCG@10")
    assert drawn.best == (0.0, 1, 1.0)
    assert drawn.nearest(0.41) == 0.4


def test_a_map_needs_a_question() -> None:
    with pytest.raises(ValueError, match="got none"):
        heat_map([], "alpha", "nDCG@10")


@pytest.mark.parametrize("parameter", GRID)
def test_the_grid_lies_within_the_bounds_of_the_slider(parameter: str) -> None:
    low, high = PARAMETERS[parameter].minimum, PARAMETERS[parameter].maximum
    assert (GRID[parameter][0], GRID[parameter][-1]) == (low, high)


def test_all_candidates_are_no_more_than_the_lists_hold() -> None:
    legs = random_legs(2, size=190)
    found = all_candidates(legs)
    assert len(found) == len(set(found)) <= len(legs.documents)
    assert set(legs.pool(SearchSettings())) <= set(found)
    assert len(found) > DEPTH


def test_speed_is_measured_past_the_cache(store: Store, tmp_path: Path) -> None:
    models, cache = Models(), Cache()
    encoder = models.encoder(str(save_encoder(tmp_path / "encoder")))
    asked = SearchSettings(reranker=str(save_cross_encoder(tmp_path / "reranker")))
    snapshot, cascade = filled(store, encoder).snapshot(), Cascade(models, cache)
    cascade.search(snapshot, "the dog bit the man", asked)
    legs = Legs.gather(cascade, snapshot, "the dog bit the man", asked)

    found = measure_speed(cascade, models, snapshot, legs, asked)

    assert min(found.vector_ms, found.search_ms, found.pair_ms) > 0
    assert found.elapsed_ms(10) == pytest.approx(
        found.vector_ms + found.search_ms + 10 * found.pair_ms
    )


def test_a_pool_without_pairs_costs_none(store: Store, tmp_path: Path) -> None:
    models = Models()
    encoder = models.encoder(str(save_encoder(tmp_path / "encoder")))
    asked = SearchSettings(reranker=str(save_cross_encoder(tmp_path / "reranker")))
    snapshot = filled(store, encoder).snapshot()
    legs = make_legs({}, {})

    assert measure_speed(Cascade(models, Cache()), models, snapshot, legs, asked).pair_ms == 0
