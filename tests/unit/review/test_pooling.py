from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import CancelledError, ReviewError
from retrieval.evaluation.recipes import Recipe, stage_recipes
from retrieval.review.pool import Pool
from retrieval.review.pooling import Pooler
from retrieval.review.scale import SCALES
from retrieval.review.types import Draft, PooledSystem, ReviewQuestion
from retrieval.store import Store
from tests.judged import JudgedScene, fresh_runs, judged_scene

DEPTH = 3


@pytest.fixture
def scene(store: Store, tmp_path: Path) -> JudgedScene:
    return judged_scene(store, tmp_path, questions=3)


def systems_of(scene: JudgedScene) -> tuple[PooledSystem, ...]:
    asked = replace(scene.asked, stages=("bm25", "dense", "rerank"), candidates=20)
    return tuple(PooledSystem(name, one) for name, one in stage_recipes(asked).items())


def draft_of(scene: JudgedScene, **changes: object) -> Draft:
    asked = tuple(ReviewQuestion(one.id, one.text) for one in scene.collection.questions())
    return replace(Draft("n", asked, SCALES["binary"], depth=DEPTH), **changes)  # type: ignore[arg-type]


def pooler_of(scene: JudgedScene) -> Pooler:
    return Pooler(scene.cascade, scene.collection, scene.collection.snapshot())


def test_the_pool_is_the_union_of_the_first_results_each_once(scene: JudgedScene) -> None:
    draft, systems = draft_of(scene), systems_of(scene)
    told: list[tuple[int, int]] = []
    pool = pooler_of(scene).gather(draft, systems, tell=lambda *step: told.append(step))
    snapshot = scene.collection.snapshot()
    asked = replace(scene.asked, stages=("bm25", "dense", "rerank"), candidates=20)
    for question in draft.questions:
        trace = scene.cascade.search(snapshot, question.text, asked)
        tops = {
            name: [hit.chunk_id for hit in ranking.hits[:DEPTH]]
            for name, ranking in trace.rankings.items()
            if name in asked.stages
        }
        pooled = pool.by_question[question.id]
        assert {one.chunk_id for one in pooled} == {one for top in tops.values() for one in top}
        assert len({one.id for one in pooled}) == len(pooled)
        for name, top in tops.items():
            assert [one.chunk_id for one in pool.list_of(name, question.id)] == top
    assert told == [(1, 3), (2, 3), (3, 3)]
    fresh = fresh_runs(scene.cascade, snapshot, scene.collection.questions(), asked)
    assert {name: dict(run) for name, run in pool.runs.items()} == fresh


def test_a_saved_blend_returns_what_the_evaluation_measures(scene: JudgedScene) -> None:
    recipe = Recipe("rerank", replace(scene.asked, candidates=20, blend=0.4))
    pool = pooler_of(scene).gather(draft_of(scene), (PooledSystem("mixed", recipe),))
    bench = scene.bench()
    bench.gather([recipe])
    for _ in bench.score([recipe]):
        pass
    expected = bench.run(recipe)
    assert expected is not None
    assert {
        query: [document for document, _ in documents]
        for query, documents in pool.runs["mixed"].items()
    } == {query: [document for document, _ in documents] for query, documents in expected.items()}


def test_a_passage_is_kept_with_what_stands_around_it(scene: JudgedScene) -> None:
    pool = pooler_of(scene).gather(draft_of(scene), systems_of(scene))
    for one in pool.passages:
        text = scene.collection.document(one.document_id).text
        assert text == one.passage.before + one.passage.text + one.passage.after


def test_documents_of_a_handed_in_run_are_judged_by_a_passage_of_theirs(
    scene: JudgedScene,
) -> None:
    draft, searched = draft_of(scene), systems_of(scene)[:1]
    by_bm25 = pooler_of(scene).gather(draft, searched)
    known = by_bm25.by_question["q0"][0].document_id
    run = {"q0": ((known, 2.0), ("doc 079", 1.0), ("nowhere", 0.5))}
    systems = (PooledSystem("theirs"), *searched)
    pool = pooler_of(scene).gather(draft, systems, handed_in={"theirs": run})
    theirs = pool.list_of("theirs", "q0")
    assert [one.document_id for one in theirs] == [known, "doc 079"]
    assert "bm25" in theirs[0].found
    assert pool.runs["theirs"]["q0"] == run["q0"]
    assert pool.runs["theirs"]["q1"] == ()


def test_the_pool_comes_back_from_its_rows(scene: JudgedScene) -> None:
    pool = pooler_of(scene).gather(draft_of(scene), systems_of(scene))
    tables = pool.tables()
    again = Pool.of_rows(tables["passages"].to_pylist(), tables["lists"].to_pylist())
    assert again.by_id == pool.by_id
    assert again.runs == pool.runs


def test_lists_that_are_the_same_are_not_compared_and_counted(scene: JudgedScene) -> None:
    bm25, dense, _ = systems_of(scene)
    twin = replace(bm25, name="twin")
    pool = pooler_of(scene).gather(draft_of(scene, mode="lists"), (bm25, dense, twin))
    assert {(one.a, one.b) for one in pool.pairs((bm25, dense, twin))} == {
        ("bm25", "dense"),
        ("dense", "twin"),
    }
    assert pool.notes == ("3 of 9 pairs of lists hold the same passages in the same order.",)


def test_pooling_stops_when_asked_and_refuses_too_few_systems(scene: JudgedScene) -> None:
    pooler, systems = pooler_of(scene), systems_of(scene)
    with pytest.raises(CancelledError):
        pooler.gather(draft_of(scene), systems, cancelled=lambda: True)
    with pytest.raises(ReviewError, match="No system"):
        pooler.gather(draft_of(scene), ())
    with pytest.raises(ReviewError, match="Two lists need two"):
        pooler.gather(draft_of(scene, mode="lists"), systems[:1])
    with pytest.raises(ReviewError, match="one name"):
        pooler.gather(draft_of(scene), (systems[0], systems[0]))
