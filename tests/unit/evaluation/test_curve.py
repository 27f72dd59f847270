from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.evaluation.curve import (
    CURVE_MEASURES,
    Curve,
    Grades,
    ScoredPool,
    curve,
    walk,
)
from retrieval.evaluation.entry import entry
from retrieval.evaluation.legs import Legs, PairScores
from retrieval.evaluation.measures import Measure, per_question
from retrieval.models.loading import Models
from retrieval.settings import DEPTH, Chunking, SearchSettings
from retrieval.store import Snapshot, Store
from retrieval.types import Chunk, Document
from tests.effort import calls_of
from tests.judged import by_document
from tests.tiny import WORDS, save_cross_encoder, save_encoder

QUERIES = (
    "which medicine does not cause drowsiness",
    "what plant is poisonous to cats",
    "who bit the dog",
    "zzz",
)
SOME_N = (5, 6, 9, 10, 13, 20, 47, 100, 150, 200)
MEASURES = tuple(Measure.parse(measure) for measure in CURVE_MEASURES)
RECALL = Measure.parse("recall@1000")


def random_pool(generator: np.random.Generator, chunks: int = 260, documents: int = 90):
    """A pool whose scores tie and whose documents have several chunks."""
    ids = [f"c{number:03}" for number in generator.permutation(chunks)]
    scores = {one: float(generator.integers(40)) for one in ids[:DEPTH]}
    of = {one: f"d{generator.integers(documents)}" for one in ids}
    grades = {f"d{generator.integers(documents)}": int(generator.integers(4)) for _ in range(9)}
    return ScoredPool(tuple(ids), of, scores), grades


def reranked_documents(pool: ScoredPool, n: int) -> tuple[tuple[str, float], ...]:
    """The ranking of the first N, made afresh."""
    ordered = sorted(pool.order[:n], key=lambda one: (-pool.scores[one], one))
    documents = dict.fromkeys(pool.documents[one] for one in ordered)
    return tuple((document, 0.0) for document in documents)


@pytest.mark.parametrize("seed", range(6))
def test_inserting_one_candidate_after_another_equals_ranking_each_pool_afresh(seed: int) -> None:
    pool, grades = random_pool(np.random.default_rng(seed))
    drawn = curve([(pool, grades)])
    for n in range(1, DEPTH + 1):
        run = {"q": reranked_documents(pool, n)}
        expected = per_question((*MEASURES, RECALL), {"q": grades}, run)
        point = drawn.at(n)
        assert point.ndcg == pytest.approx(expected[MEASURES[0]]["q"], abs=1e-12)
        assert point.mrr == pytest.approx(expected[MEASURES[1]]["q"], abs=1e-12)
        assert point.recall == pytest.approx(expected[RECALL]["q"], abs=1e-12)
        assert point.pairs == n


def test_without_reranking_the_hybrid_list_is_measured_as_it_stands() -> None:
    pool, grades = random_pool(np.random.default_rng(3), chunks=400, documents=5)
    listed = tuple(dict.fromkeys(pool.documents[one] for one in pool.order))
    run = {"q": tuple((document, 0.0) for document in listed)}
    expected = per_question(MEASURES, {"q": grades}, run)
    without = curve([(pool, grades)]).without
    assert [without[str(m)] for m in MEASURES] == pytest.approx(
        [expected[m]["q"] for m in MEASURES]
    )


def test_a_short_pool_stays_as_it_is_beyond_its_end() -> None:
    pool = ScoredPool(("a", "b"), {"a": "x", "b": "y"}, {"a": 0.0, "b": 1.0})
    drawn = curve([(pool, {"y": 1})])
    assert drawn.at(1) == replace(drawn.at(1), recall=0, ndcg=0, mrr=0, pairs=1)
    assert {replace(point, candidates=2) for point in drawn.points[1:]} == {drawn.at(2)}
    assert (drawn.at(200).mrr, drawn.at(200).pairs) == (1.0, 2)


@pytest.mark.parametrize("grades", [{}, {"x": 0}, {"x": -1}, {"elsewhere": 2}])
def test_nothing_relevant_in_reach_counts_0(grades: Grades) -> None:
    pool = ScoredPool(("a",), {"a": "x"}, {"a": 0.0})
    drawn = curve([(pool, grades), (ScoredPool((), {}, {}), grades)])
    assert {(p.recall, p.ndcg, p.mrr) for p in drawn.points} == {(0, 0, 0)}


def test_a_mean_is_over_all_questions_and_needs_one() -> None:
    pool = ScoredPool(("a",), {"a": "x"}, {"a": 0.0})
    assert curve([(pool, {"x": 1}), (pool, {"y": 1})]).at(1).ndcg == 0.5
    with pytest.raises(ValueError, match="got none"):
        curve([])


def test_a_curve_walks_each_pool_once_and_does_not_rank_it_anew_for_each_n() -> None:
    generator = np.random.default_rng(0)
    judged = [random_pool(generator, chunks=DEPTH) for _ in range(50)]
    curve(judged)
    calls_of(lambda: curve(judged), most=20 * 50 * DEPTH)


def test_a_walk_has_a_column_for_each_n() -> None:
    assert walk((), {}, {}, {}).shape == (4, DEPTH)


# The whole way, on tiny models that are loaded as the real ones are.


class Scene:
    """A collection with several chunks a document, a cascade, and the knob's view of both."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.models = Models()
        self.cache = Cache()
        self.cascade = Cascade(self.models, self.cache)
        reranker = str(save_cross_encoder(folder / "reranker"))
        self.asked = SearchSettings(reranker=reranker, stages=("hybrid", "rerank"))
        self.snapshot = self._fill(store, str(save_encoder(folder / "encoder")))
        self.pairs = PairScores(self.models.reranker(reranker), self.cache, self.snapshot)

    def _fill(self, store: Store, encoder_path: str) -> Snapshot:
        encoder = self.models.encoder(encoder_path)
        documents, chunks = _documents(chunks_a_document=3, count=90)
        collection = store.create("knob", encoder, Chunking(tokens=16))
        vectors = encoder.encode_documents([chunk.text for chunk in chunks])
        collection.replace(documents, chunks, vectors)
        return collection.snapshot()

    def pool(self, query: str, asked: SearchSettings) -> ScoredPool:
        legs = Legs.gather(self.cascade, self.snapshot, query, asked)
        order = legs.order(asked)
        pairs = PairScores.of(self.models, self.cache, self.snapshot, asked)
        list(pairs.score([(legs, order[:DEPTH])]))
        return ScoredPool(order, legs.documents, pairs.known(legs, order[:DEPTH]))

    def curve(self, qrels: dict[str, Grades], asked: SearchSettings) -> Curve:
        return curve([(self.pool(query, asked), grades) for query, grades in qrels.items()])


def _documents(chunks_a_document: int, count: int) -> tuple[list[Document], list[Chunk]]:
    documents, chunks = [], []
    for number in range(count):
        document_id = f"d{number:03}"
        texts = [_text(number, part) for part in range(chunks_a_document)]
        documents.append(Document(document_id, f"Document {number}", "\n".join(texts), "odd.txt"))
        start = 0
        for ordinal, text in enumerate(texts):
            end = start + len(text)
            chunk_id = Chunk.make_id(document_id, start, end, text)
            chunks.append(Chunk(chunk_id, document_id, ordinal, text, start, end))
            start = end + 1
    return documents, chunks


def _text(number: int, part: int) -> str:
    words = np.random.default_rng((number, part)).choice(WORDS, size=6)
    return " ".join(words.tolist())


@pytest.fixture
def scene(store: Store, tmp_path: Path) -> Scene:
    return Scene(store, tmp_path)


def judge(queries: Sequence[str]) -> dict[str, Grades]:
    generator = np.random.default_rng(4)
    return {
        query: {f"d{generator.integers(90):03}": int(generator.integers(4)) for _ in range(8)}
        for query in queries
    }


@pytest.mark.parametrize(
    "changes",
    [{}, {"fusion": "weighted", "alpha": 0.3}, {"rrf_k": 3}, {"blend": 0.5}],
    ids=str,
)
def test_curves_equal_fresh_cascades_measured_by_ir_measures(scene: Scene, changes: dict) -> None:
    asked, qrels = replace(scene.asked, **changes), judge(QUERIES)
    drawn = scene.curve(qrels, asked)
    for n in SOME_N:
        fresh = Cascade(scene.models, Cache())
        traces = {
            query: fresh.search(scene.snapshot, query, replace(asked, candidates=n))
            for query in qrels
        }
        runs = {
            stage: {q: by_document(t.rankings[stage], scene.snapshot) for q, t in traces.items()}
            for stage in ("hybrid", "rerank")
        }
        after, before = (per_question(MEASURES, qrels, runs[s]) for s in ("rerank", "hybrid"))
        for measure in MEASURES:
            name = str(measure)
            mean = float(np.mean(list(after[measure].values())))
            assert drawn.values(name)[n - 1] == pytest.approx(mean, abs=1e-9)
            plain = float(np.mean(list(before[measure].values())))
            assert drawn.without[name] == pytest.approx(plain, abs=1e-9)
        recall = per_question((RECALL,), qrels, runs["rerank"])[RECALL]
        assert drawn.at(n).recall == pytest.approx(np.mean(list(recall.values())), abs=1e-9)
        pairs = np.mean([len(trace.rankings["rerank"].hits) for trace in traces.values()])
        assert drawn.at(n).pairs == pairs


def test_an_answer_enters_at_its_hybrid_rank_and_comes_first_as_in_fresh_searches(
    scene: Scene,
) -> None:
    pool = scene.pool(QUERIES[0], scene.asked)
    answer = max(pool.candidates, key=lambda one: (pool.scores[one], one))
    found = entry(pool, {answer})
    assert found.enters == pool.order.index(answer) + 1
    for n in SOME_N:
        asked = replace(scene.asked, candidates=n)
        trace = scene.cascade.search(scene.snapshot, QUERIES[0], asked)
        is_first = trace.rankings["rerank"].hits[0].chunk_id == answer
        assert is_first == any(low <= n <= high for low, high in found.first)


def test_an_answer_may_lose_the_first_place_and_win_it_back() -> None:
    scores = {"a": 1.0, "b": 3.0, "c": 4.0, "d": 2.0}
    pool = ScoredPool(("a", "b", "d", "c"), dict.fromkeys("abcd", "x"), scores)
    assert entry(pool, {"a", "c"}).first == ((1, 1), (4, 4))
    assert [entry(pool, one).stays_first for one in ({"c"}, {"b"}, {"a", "c"})] == [
        True,
        False,
        False,
    ]
    assert entry(pool, {"d"}) == entry(pool, ["d"])
    assert (entry(pool, {"d"}).enters, entry(pool, {"d"}).first) == (3, ())


def test_an_answer_in_neither_list_never_enters() -> None:
    found = entry(ScoredPool(("a",), {"a": "x"}, {"a": 0.0}), {"elsewhere"})
    assert (found.chunk_id, found.enters, found.first) == (None, None, ())


def test_scoring_tells_how_far_it_is_and_resumes_where_it_stopped(scene: Scene) -> None:
    every = [Legs.gather(scene.cascade, scene.snapshot, q, scene.asked) for q in QUERIES[:2]]
    wanted = [(legs, legs.pool(scene.asked)) for legs in every]
    work = scene.pairs.score(wanted)
    first = next(work)
    assert (first.questions, first.pairs, first.seconds_left) == (0, 0, None)
    second = next(work)
    work.close()
    assert 0 < second.pairs < second.total_pairs
    assert second.seconds_left > 0
    steps = list(scene.pairs.score(wanted))
    assert steps[0].total_pairs == first.total_pairs - second.pairs
    assert (steps[-1].questions, steps[-1].fraction) == (2, 1.0)
    assert [step.total_pairs for step in scene.pairs.score(wanted)] == [0]
