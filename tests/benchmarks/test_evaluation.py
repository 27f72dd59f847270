"""Each stage's quality, the shape of the curve for N, and what both cost, printed.

Run with ``pytest -m benchmark -s tests/benchmarks/test_evaluation.py``. The sample collections are
always there; a BEIR folder of one's own is named by ``SECOND_LOOK_BENCHMARK_BEIR``, and without it
the one of the development data is taken where there is one.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.evaluation.curve import ScoredPool, curve
from retrieval.evaluation.evaluate import DEFAULT_MEASURES, measure_run
from retrieval.evaluation.knob import read_curve
from retrieval.evaluation.question_sets import own_set
from retrieval.evaluation.recipes import stage_recipes
from retrieval.evaluation.workbench import Workbench
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.samples import open_collection, samples
from retrieval.ingest.sources import expand
from retrieval.models.loading import Models
from retrieval.models.reranker import CrossEncoderReranker
from retrieval.settings import DEPTH, STAGE_ORDER, SearchSettings
from retrieval.store import Collection, Store

pytestmark = pytest.mark.benchmark

DEV = Path(__file__).resolve().parents[3] / "shared" / "data" / "dev" / "ranking" / "cisi"
BEIR = Path(os.environ.get("SECOND_LOOK_BENCHMARK_BEIR", DEV))
FIRST = DEFAULT_MEASURES[0]


@pytest.mark.parametrize("sample", [sample.id for sample in samples()])
def test_sample_collections(
    sample: str, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = open_collection(Store(home), Models(home), sample)
    with capsys.disabled():
        report(collection, home, monkeypatch)


def test_a_beir_folder(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (BEIR / "corpus.jsonl").is_file():
        pytest.skip(f"no BEIR folder at {BEIR} (set SECOND_LOOK_BENCHMARK_BEIR)")
    models = Models(home)
    collection = Store(home).create(BEIR.name, models.encoder())
    ingest(collection, expand([BEIR]), models.encoder())
    with capsys.disabled():
        report(collection, home, monkeypatch)


def report(collection: Collection, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Score everything once, print the figures, and move N."""
    models, cache, snapshot = Models(home), Cache(home), collection.snapshot()
    documents = set(snapshot.document_ids)
    asked = own_set(collection.questions(), collection.judgments(), documents)
    bench = Workbench(Cascade(models, cache), models, cache, snapshot, asked)
    recipes = stage_recipes(SearchSettings())
    start = time.perf_counter()
    bench.gather(recipes.values())
    gathered = time.perf_counter()
    pairs = [step.pairs for step in bench.score(recipes.values(), DEPTH)][-1]
    scored = time.perf_counter()
    print(
        f"\n{collection.name}: {len(documents):,} documents, {len(snapshot):,} passages, "
        f"{len(asked.questions)} judged questions, {asked.judgments} judgments"
    )
    for stage in STAGE_ORDER:
        found = measure_run(bench.run(recipes[stage]), asked.qrels, (FIRST,)).means[FIRST]
        print(f"  {stage:<7} {FIRST} {found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]")
        assert found.low <= found.mean <= found.high
    print(f"  first scoring: {gathered - start:.1f} s for the lists of all questions, and")
    print(f"  {scored - gathered:.1f} s for {pairs:,} pairs")
    print(f"  {shape(bench)}")
    monkeypatch.setattr(CrossEncoderReranker, "score_pairs", None)
    print(f"  a move of N: {moved_ms(bench):.0f} ms for all five stages with their figures")


def shape(bench: Workbench) -> str:
    """What the curve for N does, and its best N."""
    recipe = stage_recipes(SearchSettings())["rerank"]
    ((model, wanted),) = bench._wanted([recipe], DEPTH)
    judged = [
        (
            ScoredPool(legs.order(recipe.settings), legs.documents, model.pairs.known(legs, pool)),
            bench.asked.qrels[question.id],
        )
        for question, (_, legs, pool) in zip(bench.asked.questions, wanted, strict=True)
    ]
    drawn = curve(judged)
    reading = read_curve(drawn.values("nDCG@10"), drawn.without["nDCG@10"])
    plain = drawn.without["nDCG@10"]
    return (
        f"nDCG@10 over N {reading.shape}: best N {reading.best} ({reading.value:.3f}), within 1 % "
        f"from {reading.near}, {reading.last:.3f} at {DEPTH}, {plain:.3f} without"
    )


def moved_ms(bench: Workbench) -> float:
    """What all runs and their figures take once N is moved; no model runs."""
    start = time.perf_counter()
    recipes = stage_recipes(replace(SearchSettings(), candidates=50))
    assert bench.missing(recipes.values()) == 0
    for recipe in recipes.values():
        measure_run(bench.run(recipe), bench.asked.qrels, DEFAULT_MEASURES)
    return (time.perf_counter() - start) * 1000
