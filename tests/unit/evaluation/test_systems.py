from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import CancelledError, SecondLookError, SettingsError, StorageError
from retrieval.evaluation.evaluate import measure_run
from retrieval.evaluation.legs import PairScores
from retrieval.evaluation.measures import Measure
from retrieval.evaluation.recipes import Recipe, stage_recipes
from retrieval.evaluation.systems import LONGEST_NAME, System, Systems
from retrieval.evaluation.table import Entry
from retrieval.evaluation.work import Evaluations
from retrieval.jobs import Job, Jobs
from retrieval.settings import DEPTH
from retrieval.store import Snapshot, Store
from tests.judged import JudgedScene, judged_scene

SECONDS = 60
RUN = {"q 1": (("doc 1", 2.0), ("doc 2", 1.0)), "q2": (("doc 3", 0.5),)}


@pytest.fixture
def scene(store: Store, tmp_path: Path) -> JudgedScene:
    return judged_scene(store, tmp_path)


@pytest.fixture
def snapshot(scene: JudgedScene) -> Snapshot:
    return scene.collection.snapshot()


@pytest.fixture
def systems(tmp_path: Path) -> Systems:
    return Systems(tmp_path / "home" / "systems")


def collection_id(snapshot: Snapshot) -> str:
    return snapshot.key.partition("@")[0]


def test_a_system_keeps_all_that_makes_its_run(
    systems: Systems, scene: JudgedScene, snapshot: Snapshot
) -> None:
    recipe = Recipe("rerank", replace(scene.asked, candidates=20, fusion="weighted", alpha=0.3))
    saved = systems.save(" My  best ", snapshot, recipe, "abc:torch-fp32")
    (listed,) = systems.list(collection_id(snapshot))
    assert listed == saved == systems.find(collection_id(snapshot), "MY best")
    assert (listed.name, listed.recipe) == ("My best", recipe)
    assert (listed.collection, listed.version) == ("judged", snapshot.version)
    assert (listed.encoder, listed.fingerprint) == (snapshot.encoder, "abc:torch-fp32")
    assert systems.list("another") == ()
    assert System.from_dict(listed.as_dict()) == listed


def test_a_system_is_renamed_and_deleted(systems: Systems, snapshot: Snapshot) -> None:
    first = systems.save("first", snapshot, Recipe("bm25"))
    systems.save("second", snapshot, Recipe("dense"))
    assert systems.rename(first, "FIRST").name == "FIRST"
    with pytest.raises(SettingsError, match="already a system"):
        systems.rename(first, "Second")
    systems.delete(first)
    systems.delete(first)
    assert [one.name for one in systems.list()] == ["second"]
    with pytest.raises(SettingsError, match="no saved system") as caught:
        systems.find(collection_id(snapshot), "first")
    assert "second" in caught.value.hint


@pytest.mark.parametrize("name", ["", "  ", "\x00\n", "x" * (LONGEST_NAME + 1), "rerank", "BM25"])
def test_a_name_that_cannot_be_is_refused(systems: Systems, snapshot: Snapshot, name: str) -> None:
    with pytest.raises(SettingsError):
        systems.save(name, snapshot, Recipe("rerank"))
    assert systems.list() == ()


@pytest.mark.parametrize("name", ["../../etc", "a/b", "=1+1", "<b>", "日本"])
def test_a_strange_name_is_only_a_name(systems: Systems, snapshot: Snapshot, name: str) -> None:
    systems.save_run(name, snapshot, RUN)
    (listed,) = systems.list()
    assert listed.name == name
    assert systems.run(listed)


def test_a_run_comes_back_with_its_order(systems: Systems, snapshot: Snapshot) -> None:
    saved = systems.save_run("theirs", snapshot, RUN)
    assert saved.is_run
    assert systems.run(saved) == RUN
    systems.delete(saved)
    with pytest.raises(StorageError, match="not there any more"):
        systems.run(saved)


def test_of_two_who_take_a_name_at_once_one_has_it(systems: Systems, snapshot: Snapshot) -> None:
    def save(_: int) -> bool:
        try:
            systems.save("mine", snapshot, Recipe("rerank"))
        except SettingsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(save, range(8))) == 1
    assert len(systems.list()) == 1


def test_a_damaged_file_is_passed_over(systems: Systems, snapshot: Snapshot) -> None:
    systems.save("good", snapshot, Recipe("rerank"))
    for place, text in enumerate(("{", "[]", '{"id": 1}')):
        (systems._folder / f"{place}.json").write_text(text)
    assert [one.name for one in systems.list()] == ["good"]


def test_a_changed_collection_is_said(systems: Systems, scene: JudgedScene) -> None:
    before = scene.collection.snapshot()
    saved = systems.save("mine", before, Recipe("rerank"), "one")
    handed_in = systems.save_run("theirs", before, RUN)
    assert saved.remark(before) == saved.remark(before, "one") == ""
    assert "Saved with one; run with two now." in saved.remark(before, "two")
    scene.collection.delete_documents(["doc 000"])
    after = scene.collection.snapshot()
    assert saved.remark(after).startswith(f"Saved at version {before.version}")
    assert f"{after.version} now; it is run anew" in saved.remark(after)
    assert "its ranks are of then" in handed_in.remark(after)


def test_a_folder_that_cannot_be_written_is_one_line(snapshot: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageError, match="cannot be saved"):
        Systems(tmp_path / "taken").save("mine", snapshot, Recipe("rerank"))


# In the background.


@pytest.fixture
def work(scene: JudgedScene, tmp_path: Path) -> Iterator[Evaluations]:
    home = tmp_path / "home"
    jobs = Jobs(home / "jobs")
    yield Evaluations(jobs, scene.store, scene.models, scene.cache, home)
    jobs.close()


def finished(work: Evaluations, job: Job) -> Job:
    return work.wait(job.id, SECONDS)


def test_a_set_is_scored_in_the_background(work: Evaluations, scene: JudgedScene) -> None:
    recipes = list(stage_recipes(scene.asked).values())
    bench = work.bench(scene.collection, work.question_set(scene.collection))
    job = finished(work, work.submit(scene.collection, "", recipes, None))
    assert job.state == "done"
    assert bench.is_ready(recipes)
    needed = bench.missing(recipes, DEPTH)
    job = finished(work, work.submit(scene.collection, "", recipes, DEPTH))
    assert (job.state, job.result["pairs"]) == ("done", needed)
    assert bench.missing(recipes, DEPTH) == 0
    assert work.latest(scene.collection).id == job.id


def test_a_cancelled_order_keeps_its_scores_and_goes_on(
    work: Evaluations, scene: JudgedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = [Recipe("rerank", scene.asked)]
    bench = work.bench(scene.collection, work.question_set(scene.collection))
    bench.gather(recipes)
    needed = bench.missing(recipes)
    plain = PairScores._score_some

    def slow(self: PairScores, *arguments: object) -> int:
        time.sleep(0.1)
        return plain(self, *arguments)

    monkeypatch.setattr(PairScores, "_score_some", slow)
    job = work.submit(scene.collection, "", recipes, 0)
    deadline = time.monotonic() + SECONDS
    while not (progress := work.latest(scene.collection).progress) or not progress.chunks:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert progress.documents == needed
    work.stop(job.id)
    assert finished(work, job).state == "cancelled"
    left = bench.missing(recipes)
    assert 0 < left < needed
    again = finished(work, work.submit(scene.collection, "", recipes, 0))
    assert (again.state, again.result["pairs"]) == ("done", left)


def test_a_saved_set_is_measured_too(work: Evaluations, scene: JudgedScene) -> None:
    own = work.question_set(scene.collection)
    first = own.questions[0]
    small = replace(own, questions=(first,), qrels={first.id: own.qrels[first.id]}, name="one")
    saved = work.sets.add(scene.collection.info.id, small)
    recipes = [Recipe("hybrid", scene.asked)]
    job = finished(work, work.submit(scene.collection, saved.id, recipes, 0))
    assert (job.state, job.result["questions"]) == ("done", 1)


def test_new_judgments_are_seen(work: Evaluations, scene: JudgedScene) -> None:
    before = work.question_set(scene.collection)
    assert work.question_set(scene.collection) is before
    question = next(iter(before.questions))
    assert before.qrels[question.id]
    scene.collection.add_questions([replace(question, id="new")])
    assert work.question_set(scene.collection) is not before


def test_a_failed_order_says_why(work: Evaluations, scene: JudgedScene) -> None:
    job = finished(work, work.submit(scene.collection, "gone", [Recipe("bm25")], 0))
    assert job.state == "failed"
    assert "not there any more" in job.error["message"]


def test_a_row_of_the_table_is_a_stage_a_system_or_a_run(
    work: Evaluations, scene: JudgedScene
) -> None:
    bench = work.bench(scene.collection, work.question_set(scene.collection))
    recipe = Recipe("bm25", scene.asked)
    bench.gather([recipe])
    stage = Entry("bm25", recipe)
    saved = work.systems.save_run("theirs", bench.snapshot, stage.run(bench))
    theirs = Entry("theirs", None, saved, work.systems.run(saved))
    first = Measure.parse("nDCG@10")
    ours, again = (
        measure_run(one.run(bench), bench.asked.qrels, (first,)) for one in (stage, theirs)
    )
    assert ours.values == again.values
    assert (stage.stage, theirs.stage, stage.remark(bench), theirs.remark(bench)) == (
        "bm25",
        "",
        "",
        "",
    )
    assert issubclass(CancelledError, SecondLookError)
