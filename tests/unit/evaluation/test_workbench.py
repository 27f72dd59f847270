from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import ir_measures
import numpy as np
import pytest

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.errors import CancelledError, ModelError, SettingsError
from retrieval.evaluation.evaluate import evaluate, measure_run
from retrieval.evaluation.files import qrels_text, run_text
from retrieval.evaluation.heat import all_candidates, grid_recipes
from retrieval.evaluation.measures import Measure
from retrieval.evaluation.recipes import Recipe, stage_recipes
from retrieval.evaluation.shelf import Shelf
from retrieval.evaluation.workbench import Workbench
from retrieval.models.encoder import BiEncoder
from retrieval.models.learned import LearnedModel, LearnedModels, Versions
from retrieval.models.multivector import LateInteractionModel
from retrieval.models.reranker import CrossEncoderReranker
from retrieval.settings import DEPTH, STAGE_ORDER, SearchSettings, settings
from retrieval.store import Store
from tests.judged import JudgedScene, fresh_runs, judged_scene
from tests.tiny import save_cross_encoder

MEASURES = tuple(
    Measure.parse(text)
    for text in ("nDCG@10", "MRR@10", "recall@100", "precision@5", "MAP", "success@1", "judged@10")
)

ROUNDING = 1e-5
"""Scores are sums of single-precision products of size 1: with the batch that a passage is read in
they round by some 1e-6, however close to 0 they come out. A share of a small score is no bound."""


@pytest.fixture
def scene(store: Store, tmp_path: Path) -> JudgedScene:
    return judged_scene(store, tmp_path)


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on every call of a model is counted, and none is made."""
    calls: list[str] = []

    def refuse(name: str):
        def called(*_: object) -> None:
            calls.append(name)
            raise AssertionError(f"{name} ran")

        return called

    monkeypatch.setattr(CrossEncoderReranker, "score_pairs", refuse("reranker"))
    monkeypatch.setattr(BiEncoder, "encode_query", refuse("encoder"))
    monkeypatch.setattr(LateInteractionModel, "query_tokens", refuse("late"))
    monkeypatch.setattr(LateInteractionModel, "document_tokens", refuse("late"))
    return calls


def scored(scene: JudgedScene, depth: int = 0, **changes: object) -> tuple[Workbench, dict]:
    bench = scene.bench()
    recipes = stage_recipes(replace(scene.asked, **changes))
    bench.gather(recipes.values())
    list(bench.score(recipes.values(), depth))
    return bench, recipes


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"candidates": 7, "rrf_k": 3},
        {"fusion": "weighted", "alpha": 0.3},
        {"exact": True},
        {"candidates": 20, "blend": 0.4},
    ],
    ids=str,
)
def test_runs_by_arithmetic_are_those_of_fresh_searches(scene: JudgedScene, changes: dict) -> None:
    bench, recipes = scored(scene, **changes)
    fresh = Cascade(scene.models, Cache())
    asked = replace(scene.asked, **changes)
    expected = fresh_runs(fresh, bench.snapshot, bench.asked.questions, asked)
    for stage in STAGE_ORDER:
        run = bench.run(recipes[stage])
        assert list(run) == list(expected[stage])
        for query, hits in expected[stage].items():
            assert [one for one, _ in run[query]] == [one for one, _ in hits]
            scores = [score for _, score in hits]
            assert [score for _, score in run[query]] == pytest.approx(scores, abs=ROUNDING)


def test_figures_equal_those_of_ir_measures_on_the_exported_files(scene: JudgedScene) -> None:
    bench, recipes = scored(scene, candidates=40)
    qrels = list(ir_measures.read_trec_qrels(qrels_text(bench.asked.qrels)))
    for stage in STAGE_ORDER:
        run = bench.run(recipes[stage])
        ours = measure_run(run, bench.asked.qrels, MEASURES).means
        exported = list(ir_measures.read_trec_run(run_text(run, stage)))
        theirs = ir_measures.calc_aggregate([one.calculator for one in MEASURES], qrels, exported)
        for measure in MEASURES:
            assert ours[measure].mean == pytest.approx(theirs[measure.calculator], abs=1e-6)


def score_at_random(bench: Workbench, scene: JudgedScene, recipes: dict[str, Recipe]) -> None:
    """Keep a score for every pair that any N may need, as an earlier scoring would have."""
    generator = np.random.default_rng(3)
    for model, wanted in bench._wanted(recipes.values(), DEPTH):
        for _, legs, chunk_ids in wanted:
            scores = {legs.hashes[one]: float(generator.normal()) for one in chunk_ids}
            scene.cache.store_pair_scores(model.pairs.key[0], legs.query, scores)


def test_moving_n_over_two_hundred_questions_runs_no_model(
    store: Store, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    scene = judged_scene(store, tmp_path, questions=200, home=tmp_path)
    bench, recipes = scene.bench(), stage_recipes(scene.asked)
    bench.gather(recipes.values())
    score_at_random(bench, scene, recipes)
    calls = request.getfixturevalue("no_models")
    before = bench.run(recipes["rerank"]), bench.run(recipes["hybrid"])
    for n in (5, 50, 200):
        asked = replace(scene.asked, candidates=n)
        assert bench.missing(stage_recipes(asked).values()) == 0
        runs = {name: bench.run(recipe) for name, recipe in stage_recipes(asked).items()}
        assert all(run is not None and len(run) == 200 for run in runs.values())
        assert runs["rerank"] != before[0]
        assert runs["hybrid"] == before[1]
    assert calls == []


def test_moving_the_blend_runs_no_model(scene: JudgedScene, request: pytest.FixtureRequest) -> None:
    bench, recipes = scored(scene, candidates=20)
    calls = request.getfixturevalue("no_models")
    for share in (0.3, 1.0):
        mixed = stage_recipes(replace(scene.asked, candidates=20, blend=share))
        assert bench.missing(mixed.values()) == 0
        assert bench.run(mixed["rerank"]) != bench.run(recipes["rerank"])
        assert bench.run(mixed["late"]) == bench.run(recipes["late"])
    assert calls == []


def test_what_is_not_scored_has_no_run_and_is_counted(scene: JudgedScene) -> None:
    bench, recipes = scene.bench(), stage_recipes(scene.asked)
    assert not bench.is_ready(recipes.values())
    bench.gather(recipes.values())
    assert bench.is_ready(recipes.values())
    assert bench.run(recipes["hybrid"]) is not None
    assert bench.run(recipes["rerank"]) is None
    needed = bench.missing(recipes.values())
    assert needed == bench.missing([recipes["late"]]) + bench.missing([recipes["rerank"]])
    assert bench.missing(recipes.values(), DEPTH) > needed
    steps = list(bench.score(recipes.values()))
    assert (steps[-1].pairs, steps[-1].total_pairs, steps[-1].fraction) == (needed, needed, 1.0)
    assert bench.missing(recipes.values()) == 0
    assert bench.run(recipes["rerank"]) is not None


def test_scoring_that_stops_goes_on_where_it_stopped(scene: JudgedScene) -> None:
    bench, recipes = scene.bench(), [Recipe("rerank", scene.asked)]
    bench.gather(recipes)
    needed = bench.missing(recipes)
    work = bench.score(recipes)
    next(work)
    done = next(work).pairs
    work.close()
    assert 0 < done < needed
    again = scene.bench()
    again.gather(recipes)
    assert again.missing(recipes) == needed - done


def test_gathering_that_stops_goes_on_where_it_stopped(scene: JudgedScene) -> None:
    bench, recipes = scene.bench(), [Recipe("hybrid", scene.asked)]
    told: list[tuple[int, int]] = []
    with pytest.raises(CancelledError):
        bench.gather(recipes, lambda *step: told.append(step), lambda: len(told) == 3)
    assert told[-1] == (3, 8)
    bench.gather(recipes, lambda *step: told.append(step))
    assert told[3:] == [(n, 8) for n in range(4, 9)]


def test_a_model_that_is_gone_fails_its_own_system_only(scene: JudgedScene) -> None:
    lost = Recipe("rerank", replace(scene.asked, reranker="/no/such/folder"))
    bench, recipes = scene.bench(), [*stage_recipes(scene.asked).values(), lost]
    bench.gather(recipes)
    assert bench.is_ready(recipes)
    assert isinstance(bench.failure(lost), ModelError)
    with pytest.raises(ModelError):
        bench.run(lost)
    list(bench.score(recipes))
    assert bench.run(recipes[-2]) is not None


def test_a_model_that_arrives_later_is_scored_with_when_asked_again(
    scene: JudgedScene, tmp_path: Path
) -> None:
    folder = tmp_path / "late-comer"
    late_comer = Recipe("rerank", replace(scene.asked, reranker=str(folder)))
    bench = scene.bench()
    bench.gather([late_comer])
    assert bench.is_ready([late_comer])
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert not bench.is_ready([late_comer])
    bench.gather([late_comer])
    assert bench.is_ready([late_comer])
    assert isinstance(bench.failure(late_comer), ModelError)
    save_cross_encoder(folder)
    assert not bench.is_ready([late_comer])
    bench.gather([late_comer])
    assert bench.failure(late_comer) is None
    list(bench.score([late_comer]))
    assert bench.run(late_comer) == scored(scene)[0].run(Recipe("rerank", scene.asked))


def test_the_registry_of_models_is_asked_once_a_run(
    scene: JudgedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = grid_recipes(replace(scene.asked, blend=0.4))
    bench = scene.bench()
    bench.gather(recipes)
    asked: list[str] = []
    find = LearnedModels.find

    def counted(registry: LearnedModels, name: str) -> LearnedModel | None:
        asked.append(name)
        return find(registry, name)

    monkeypatch.setattr(LearnedModels, "find", counted)
    models = sorted((scene.asked.reranker, scene.asked.late))
    for call in (bench.is_ready, bench.missing):
        call(recipes)
        assert sorted(asked) == models
        asked.clear()
    versions = Versions(settings().home)
    assert len({recipe.key(versions) for recipe in recipes}) == len(recipes)
    assert sorted(asked) == models


def test_systems_that_share_a_model_score_the_union_of_their_pools(scene: JudgedScene) -> None:
    recipes = [
        Recipe("rerank", replace(scene.asked, candidates=20)),
        Recipe("rerank", replace(scene.asked, candidates=20, fusion="weighted", alpha=0.0)),
    ]
    bench = scene.bench()
    bench.gather(recipes)
    together = bench.missing(recipes)
    assert max(map(bench.missing, ([one] for one in recipes))) < together
    assert together < sum(map(bench.missing, ([one] for one in recipes)))


def test_the_scores_of_systems_are_those_that_are_known_of_their_candidates(
    scene: JudgedScene,
) -> None:
    bench, recipes = scored(scene, candidates=20)
    every = bench.every_list(recipes["rerank"])
    known = bench.scores([recipes["rerank"]])
    for legs, scores in zip(every, known, strict=True):
        assert list(scores) == list(recipes["rerank"].order(legs)[:20])
    assert known == [
        {one: found[one] for one in scores}
        for scores, found in zip(
            known, bench.scores([recipes["rerank"], deeper(scene, 40)]), strict=True
        )
    ]
    mixed = Recipe("rerank", replace(scene.asked, candidates=20, blend=0.4))
    bench.gather([mixed])
    run = bench.run(mixed)
    assert run is not None
    for place, question in enumerate(bench.asked.questions):
        best = max(bench.scores([mixed])[place].values())
        assert run[question.id][0][1] == pytest.approx(best)
    assert bench.scores([mixed]) != known
    with pytest.raises(ValueError, match="share no model"):
        bench.scores([recipes["rerank"], recipes["late"]])
    lost = Recipe("rerank", replace(scene.asked, reranker="/no/such/folder"))
    bench.gather([lost])
    with pytest.raises(ModelError):
        bench.scores([lost])


def deeper(scene: JudgedScene, candidates: int) -> Recipe:
    return Recipe("rerank", replace(scene.asked, candidates=candidates))


@pytest.mark.parametrize("source", ["bm25", "dense"])
def test_candidates_can_be_taken_of_one_first_list_alone(scene: JudgedScene, source: str) -> None:
    recipe = Recipe("rerank", replace(scene.asked, candidates=12), source)
    bench = scene.bench()
    bench.gather([recipe])
    list(bench.score([recipe]))
    run = bench.run(recipe)
    for legs, scores in zip(bench.every_list(recipe), bench.scores([recipe]), strict=True):
        hits = (legs.bm25 if source == "bm25" else legs.dense).hits
        assert list(scores) == [hit.chunk_id for hit in hits[:12]]
    assert run is not None
    assert all(len(documents) <= 12 for documents in run.values())
    assert Recipe.from_dict(recipe.as_dict()) == recipe
    assert key_of(recipe) != key_of(Recipe("rerank", recipe.settings))
    assert recipe.described().startswith(f"{source} alone, N 12, ")
    with pytest.raises(SettingsError, match="no list"):
        Recipe.from_dict({**recipe.as_dict(), "source": "both"})


def test_scoring_for_the_maps_scores_what_the_maps_need(scene: JudgedScene) -> None:
    recipes = grid_recipes(scene.asked)
    bench = scene.bench()
    bench.gather(recipes)
    needed = {all_candidates(legs) for legs in bench.every_list(recipes[0])}
    assert bench.missing(recipes) == sum(map(len, needed))
    list(bench.score(recipes))
    assert bench.missing(recipes) == 0
    assert [set(scores) for scores in bench.scores(recipes)] == [
        set(all_candidates(legs)) for legs in bench.every_list(recipes[0])
    ]


def test_evaluating_on_a_baseline_compares_each_with_it(scene: JudgedScene) -> None:
    bench, recipes = scored(scene, candidates=20)
    runs = {name: bench.run(recipe) for name, recipe in recipes.items()}
    found = evaluate(runs, bench.asked.qrels, MEASURES, "hybrid")
    assert [one.b for one in found.comparisons] == ["bm25", "dense", "late", "rerank"]
    assert {(one.a, one.family) for one in found.comparisons} == {("hybrid", 4)}
    assert len(evaluate(runs, bench.asked.qrels, MEASURES).comparisons) == 10


def key_of(recipe: Recipe) -> object:
    return recipe.key(Versions(settings().home))


def test_a_recipe_knows_what_bears_on_its_run() -> None:
    usual, other = SearchSettings(), SearchSettings(candidates=7, rrf_k=9, top=3)
    assert key_of(Recipe("bm25", usual)) == key_of(Recipe("bm25", other))
    assert key_of(Recipe("dense", usual)) == key_of(Recipe("dense", other))
    for stage in ("hybrid", "late", "rerank"):
        assert key_of(Recipe(stage, usual)) != key_of(Recipe(stage, other))
    weighted = SearchSettings(fusion="weighted")
    assert key_of(Recipe("hybrid", weighted)) == key_of(
        Recipe("hybrid", replace(weighted, rrf_k=9))
    )
    assert key_of(Recipe("hybrid", usual)) == key_of(Recipe("hybrid", replace(usual, candidates=9)))
    mixed = replace(usual, blend=0.3)
    assert key_of(Recipe("rerank", mixed)) != key_of(Recipe("rerank", usual))
    assert key_of(Recipe("late", mixed)) == key_of(Recipe("late", usual))


def test_a_recipe_comes_back_as_it_was_kept() -> None:
    asked = SearchSettings(candidates=20, fusion="weighted", alpha=0.2, filter=(("source", "a"),))
    recipe = Recipe("rerank", asked)
    assert Recipe.from_dict(recipe.as_dict()) == recipe
    assert recipe.described() == "weighted alpha 0.2, N 20, second-look-reranker, source: a"
    mixed = Recipe("rerank", replace(asked, blend=0.25))
    assert Recipe.from_dict(mixed.as_dict()) == mixed
    assert "blend 0.25" in mixed.described()
    before = {name: value for name, value in recipe.as_dict().items() if name != "blend"}
    assert Recipe.from_dict(before) == recipe
    with pytest.raises(SettingsError):
        Recipe.from_dict({"stage": "sparse"})
    with pytest.raises(SettingsError):
        Recipe.from_dict({"stage": "rerank", "candidates": 0})


def test_the_shelf_keeps_the_benches_used_last(scene: JudgedScene) -> None:
    shelf = Shelf(size=2)
    first = shelf.get("a", scene.bench)
    shelf.get("b", scene.bench)
    assert shelf.get("a", scene.bench) is first
    shelf.get("c", scene.bench)
    assert shelf.get("a", scene.bench) is first
    made: list[Workbench] = []
    shelf.get("b", lambda: made.append(scene.bench()) or made[0])
    assert made
