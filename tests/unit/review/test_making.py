"""A review is made in the background: watched, stopped, made after all, and never twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.cascade import Cascade
from retrieval.errors import ReviewError, RoleError
from retrieval.evaluation.recipes import Recipe, stage_recipes
from retrieval.evaluation.systems import Systems
from retrieval.jobs import Jobs
from retrieval.review.pooling import Pooler
from retrieval.review.registry import system_as_dict
from retrieval.review.scale import SCALES
from retrieval.review.store import ReviewStore
from retrieval.review.types import Draft, PooledSystem, ReviewQuestion
from retrieval.review.work import Makings
from retrieval.store import Store
from tests.judged import JudgedScene, judged_scene
from tests.reviewing import ANN, EDITOR

SECONDS = 60.0


@pytest.fixture
def scene(store: Store, tmp_path: Path) -> JudgedScene:
    return judged_scene(store, tmp_path, questions=3)


@pytest.fixture
def jobs(home: Path) -> Iterator[Jobs]:
    jobs = Jobs(home / "jobs")
    yield jobs
    jobs.close()


@pytest.fixture
def work(jobs: Jobs, scene: JudgedScene, reviews: ReviewStore, home: Path) -> Makings:
    return Makings(jobs, scene.store, reviews, scene.cascade, Systems(home / "systems"))


def systems_of(scene: JudgedScene) -> tuple[PooledSystem, ...]:
    asked = replace(scene.asked, stages=("bm25", "dense"))
    return tuple(PooledSystem(name, one) for name, one in stage_recipes(asked).items())


def draft_of(scene: JudgedScene, **changes: object) -> Draft:
    asked = tuple(ReviewQuestion(one.id, one.text, "why") for one in scene.collection.questions())
    words = SCALES["binary"].worded(("no", "oh yes"))
    draft = Draft("by night", asked, words, depth=3, reviewers=("*",))
    return replace(draft, **changes)  # type: ignore[arg-type]


def test_the_review_is_the_one_that_would_be_made_at_once(
    work: Makings, scene: JudgedScene, reviews: ReviewStore, home: Path
) -> None:
    draft, systems, snapshot = draft_of(scene), systems_of(scene), scene.collection.snapshot()
    run = {"q0": (("doc 001", 2.0), ("doc 002", 1.0))}
    Systems(home / "systems").save_run("theirs", snapshot, run)
    systems = (*systems, PooledSystem("theirs"))
    job = work.wait(work.submit(EDITOR, scene.collection, draft, systems).id, SECONDS)
    assert job.state == "done"
    assert job.result is not None
    review = reviews.get(EDITOR, job.result["review"])
    assert (review.draft, review.created_by) == (draft, EDITOR.name)
    assert [*map(system_as_dict, review.systems)] == [*map(system_as_dict, systems)]
    pool = Pooler(scene.cascade, scene.collection, snapshot).gather(
        draft, systems, handed_in={"theirs": run}
    )
    made = reviews.lead(EDITOR, review.id).pool
    assert (made.by_id, made.runs) == (pool.by_id, pool.runs)


def test_one_that_was_stopped_is_no_review_until_it_is_made_again(
    work: Makings, scene: JudgedScene, reviews: ReviewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on, search = threading.Event(), threading.Event(), Cascade.search

    def held(cascade: Cascade, *rest: object) -> object:
        reached.set()
        assert go_on.wait(SECONDS)
        return search(cascade, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Cascade, "search", held)
    # Of one question, so that it is stopped after the last one was looked at.
    draft = draft_of(scene, questions=draft_of(scene).questions[:1])
    job = work.submit(EDITOR, scene.collection, draft, systems_of(scene)[:1])
    assert reached.wait(SECONDS)
    assert [one.id for one in work.list()] == [job.id]
    assert not work.list()[0].is_over
    work.stop(job.id)
    go_on.set()
    assert work.wait(job.id, SECONDS).state == "cancelled"
    assert reviews.list(EDITOR) == ()
    work.go_on(job.id)
    assert work.wait(job.id, SECONDS).state == "done"
    assert [one.name for one in reviews.list(EDITOR)] == ["by night"]
    work.forget(job.id)
    assert work.list() == ()


def test_what_cannot_be_made_is_said_before_anything_is_searched(
    work: Makings, scene: JudgedScene
) -> None:
    collection, systems = scene.collection, systems_of(scene)
    with pytest.raises(RoleError):
        work.submit(ANN, collection, draft_of(scene), systems)
    with pytest.raises(ReviewError, match="no name"):
        work.submit(EDITOR, collection, draft_of(scene, name=" "), systems)
    with pytest.raises(ReviewError, match="No system"):
        work.submit(EDITOR, collection, draft_of(scene), ())
    job = work.submit(EDITOR, collection, draft_of(scene), systems)
    assert work.wait(job.id, SECONDS).state == "done"
    with pytest.raises(ReviewError, match="already a review"):
        work.submit(EDITOR, collection, draft_of(scene, name="BY night"), systems)
    assert work.list() == (work.wait(job.id, 0),)


def test_what_goes_wrong_meanwhile_is_one_clear_line(work: Makings, scene: JudgedScene) -> None:
    lost = PooledSystem("lost", Recipe("rerank", replace(scene.asked, reranker="/no/such/folder")))
    for system, said in ((lost, "no reranker model"), (PooledSystem("gone"), "no saved system")):
        job = work.submit(EDITOR, scene.collection, draft_of(scene), (system,))
        job = work.wait(job.id, SECONDS)
        assert job.state == "failed"
        assert said in (job.error or {})["message"]
