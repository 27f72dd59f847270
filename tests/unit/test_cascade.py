"""The whole cascade, on tiny models that are loaded from disk as the real ones are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.errors import CollectionError, ModelError, QueryError, SettingsError
from retrieval.models.batching import PaddedBatch
from retrieval.models.loading import Models
from retrieval.models.protocols import Floats
from retrieval.settings import STAGE_ORDER, Chunking, SearchSettings
from retrieval.stages.blending import blended
from retrieval.store import Store
from tests.corpus import filled
from tests.tiny import MAX_TOKENS, WORDS, save_cross_encoder, save_encoder

QUERY = "which medicine does not cause drowsiness"


class CountingModels(Models):
    """Real models whose forward passes and rows are counted as they happen."""

    def __init__(self) -> None:
        super().__init__()
        self.passes = 0
        self.rows = 0

    def _backend(self, folder, head):
        backend = super()._backend(folder, head)
        if not hasattr(backend, "counted"):
            run = backend.run

            def counted(batch: PaddedBatch) -> Floats:
                self.passes += 1
                self.rows += len(batch.indices)
                return run(batch)

            backend.run = counted  # type: ignore[method-assign]
            backend.counted = True  # type: ignore[attr-defined]
        return backend

    def forget(self) -> None:
        self.passes = self.rows = 0


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    base = tmp_path_factory.mktemp("models")
    return save_encoder(base / "encoder"), save_cross_encoder(base / "reranker")


@pytest.fixture(scope="module")
def asked(folders: tuple[Path, Path]) -> SearchSettings:
    encoder, reranker = folders
    return SearchSettings(reranker=str(reranker), late=str(encoder))


@pytest.fixture
def models() -> CountingModels:
    return CountingModels()


@pytest.fixture
def cascade(models: CountingModels) -> Cascade:
    return Cascade(models, Cache())


def many_texts(count: int) -> list[str]:
    size = len(WORDS)
    return [f"{WORDS[i % size]} {WORDS[(i // size) % size]} medicine {i}" for i in range(count)]


@pytest.fixture
def collection(store: Store, models: CountingModels, folders: tuple[Path, Path]):
    def make(texts: Sequence[str] | None = None, **more: object):
        encoder = models.encoder(str(folders[0]))
        made = filled(store, encoder, texts, **more) if texts else filled(store, encoder, **more)
        models.forget()
        return made

    return make


def test_all_five_stages_rank_in_the_order_of_the_cascade(cascade, collection, asked) -> None:
    trace = cascade.search(collection().snapshot(), QUERY, asked)

    assert tuple(trace.rankings) == STAGE_ORDER
    assert trace.complete
    assert {s: r.unit for s, r in trace.rankings.items()} == {
        "bm25": "bm25",
        "dense": "cosine",
        "hybrid": "rrf",
        "late": "maxsim",
        "rerank": "logit",
    }
    for ranking in trace.rankings.values():
        assert [hit.rank for hit in ranking.hits] == list(range(1, len(ranking.hits) + 1))
        assert [hit.score for hit in ranking.hits] == sorted(
            (hit.score for hit in ranking.hits), reverse=True
        )


def test_a_blend_is_named_and_grows_into_the_same_order(cascade, collection, asked) -> None:
    snapshot = collection(many_texts(60)).snapshot()
    mixed = replace(asked, blend=0.5)
    traces = list(cascade.stream(snapshot, QUERY, mixed))
    last = traces[-1].rankings
    assert last["rerank"].unit == "blend"
    logits = cascade.search(snapshot, QUERY, asked).rankings["rerank"]
    near = {hit.chunk_id: hit.score for hit in last["late"].hits}
    expected = blended({hit.chunk_id: hit.score for hit in logits.hits}, near, 0.5)
    assert {hit.chunk_id: hit.score for hit in last["rerank"].hits} == pytest.approx(expected)
    assert [hit.score for hit in last["rerank"].hits] == sorted(expected.values(), reverse=True)
    partial = [t.rankings["rerank"] for t in traces if "rerank" in t.rankings]
    assert {one.unit for one in partial} == {"blend"}
    assert partial[0].pending == 60


def test_a_blend_reads_what_late_interaction_found_and_asks_it_if_nobody_did(
    cascade, collection, asked, models
) -> None:
    snapshot = collection(many_texts(30)).snapshot()
    mixed = replace(asked, blend=0.6, stages=("rerank",))
    alone = cascade.search(snapshot, QUERY, mixed)
    models.forget()
    full = cascade.search(snapshot, QUERY, replace(mixed, stages=STAGE_ORDER))
    assert models.passes == 0
    assert full.rankings["rerank"].hits == alone.rankings["rerank"].hits


def test_moving_the_blend_runs_no_model(cascade, collection, asked, models) -> None:
    snapshot = collection().snapshot()
    cascade.search(snapshot, QUERY, asked)
    models.forget()
    cascade.search(snapshot, QUERY, replace(asked, blend=0.3))
    assert models.passes == 0


def test_first_lists_come_before_any_pair_is_scored(cascade, collection, asked) -> None:
    traces = list(cascade.stream(collection(many_texts(60)).snapshot(), QUERY, asked))

    first = next(trace for trace in traces if "hybrid" in trace.rankings)
    assert set(first.rankings) == {"bm25", "dense", "hybrid"}
    assert first.cost.pairs_scored == 0
    growing = [len(trace.rankings["rerank"].hits) for trace in traces if "rerank" in trace.rankings]
    assert growing == sorted(growing)
    assert growing[0] == 0
    assert growing[-1] == 60


def test_the_same_search_again_runs_no_model(cascade, collection, asked, models) -> None:
    snapshot = collection().snapshot()
    first = cascade.search(snapshot, QUERY, asked)
    assert models.passes > 0
    models.forget()

    again = cascade.search(snapshot, QUERY, asked)

    assert models.passes == 0
    assert again.cost.forward_passes == again.cost.pairs_scored == 0
    assert [r.hits for r in again.rankings.values()] == [r.hits for r in first.rankings.values()]


@pytest.mark.parametrize(
    "changes",
    [{"candidates": 50}, {"top": 25}, {"stages": ("rerank",)}, {"stages": ("bm25", "late")}],
)
def test_a_slider_that_needs_no_new_pair_runs_no_model(
    cascade, collection, asked, models, changes
) -> None:
    snapshot = collection(many_texts(130)).snapshot()
    cascade.search(snapshot, QUERY, asked)
    models.forget()

    cascade.search(snapshot, QUERY, replace(asked, **changes))

    assert models.passes == 0


def test_twenty_more_candidates_cost_exactly_twenty_pairs(
    cascade, collection, asked, models
) -> None:
    snapshot = collection(many_texts(130)).snapshot()
    only = replace(asked, stages=("rerank",), candidates=100)
    assert cascade.search(snapshot, QUERY, only).cost.pairs_scored == 100
    models.forget()

    more = cascade.search(snapshot, QUERY, replace(only, candidates=120)).rankings["rerank"]

    assert models.rows == 20
    assert (more.cost.pairs_scored, more.cost.pairs_cached) == (20, 100)
    assert len(more.hits) == 120


def test_late_interaction_counts_its_pairs_too(cascade, collection, asked, models) -> None:
    snapshot = collection(many_texts(130)).snapshot()
    only = replace(asked, stages=("late",), candidates=100)
    cascade.search(snapshot, QUERY, only)
    models.forget()

    more = cascade.search(snapshot, QUERY, replace(only, candidates=120)).rankings["late"]

    assert models.rows == 20
    assert more.cost.pairs_scored == 20


def test_another_question_uses_the_token_vectors_again(cascade, collection, asked, models) -> None:
    snapshot = collection().snapshot()
    only = replace(asked, stages=("late",))
    cascade.search(snapshot, QUERY, only)
    models.forget()

    cascade.search(snapshot, "is the plant safe", only)

    assert models.rows == 1 + 1  # the question, once as one vector and once token by token


def test_pools_nest_whatever_the_fusion(cascade, collection, asked) -> None:
    snapshot = collection(many_texts(130)).snapshot()
    for fusion in ("rrf", "weighted"):
        settings = replace(asked, stages=("hybrid",), fusion=fusion)
        small = cascade.search(snapshot, QUERY, replace(settings, candidates=20)).pool
        large = cascade.search(snapshot, QUERY, replace(settings, candidates=90)).pool
        assert large[:20] == small


def test_equal_texts_are_scored_once_and_tie_in_order_of_their_ids(
    cascade, collection, asked, models
) -> None:
    snapshot = collection(["the dog bit the man"] * 6 + ["sun and water"]).snapshot()

    ranking = cascade.search(snapshot, "dog", replace(asked, stages=("rerank",))).rankings["rerank"]

    assert ranking.cost.pairs_scored == 2
    for run in (ranking.hits[:6], ranking.hits[1:]):
        ids = [hit.chunk_id for hit in run if hit.score == run[0].score]
        assert ids == sorted(ids)


def test_scores_survive_the_process(collection, asked, models, home) -> None:
    snapshot = collection().snapshot()
    Cascade(models, Cache(home)).search(snapshot, QUERY, asked)
    models.forget()

    trace = Cascade(models, Cache(home)).search(snapshot, QUERY, asked)

    assert models.passes == 0
    assert trace.cost.pairs_cached == 16


def test_the_cache_keeps_models_and_questions_apart(
    cascade, collection, asked, tmp_path: Path
) -> None:
    snapshot = collection().snapshot()
    other = save_cross_encoder(tmp_path / "other", seed=99)
    only = replace(asked, stages=("rerank",))
    first = cascade.search(snapshot, QUERY, only)

    by_model = cascade.search(snapshot, QUERY, replace(only, reranker=str(other)))
    by_question = cascade.search(snapshot, QUERY + " sun", only)

    assert by_model.cost.pairs_scored == by_question.cost.pairs_scored == 8
    assert by_model.rankings["rerank"].hits != first.rankings["rerank"].hits


def test_only_the_stages_that_are_needed_run(cascade, collection, asked, models) -> None:
    trace = cascade.search(collection().snapshot(), QUERY, replace(asked, stages=("bm25",)))

    assert tuple(trace.rankings) == ("bm25",)
    assert models.passes == 0


def test_a_filter_holds_in_every_stage(cascade, collection, asked) -> None:
    made = collection(metadata=[{"topic": "plants" if i > 3 else "pets"} for i in range(8)])
    wanted = (("topic", "plants"), ("source", "even.txt"))

    trace = cascade.search(made.snapshot(), "plant water dog", replace(asked, filter=wanted))

    for ranking in trace.rankings.values():
        documents = {trace.chunks[hit.chunk_id].document_id for hit in ranking.hits}
        assert documents <= {"d004", "d006"}
    assert len(trace.rankings["dense"].hits) == 2


@pytest.mark.parametrize("query", ["", "   ", "\n\t"])
def test_an_empty_question_is_refused(cascade, collection, asked, query: str) -> None:
    with pytest.raises(QueryError, match="empty"):
        cascade.search(collection().snapshot(), query, asked)


def test_a_question_of_ten_thousand_words_is_refused(cascade, collection, asked) -> None:
    with pytest.raises(QueryError, match="10,000 words"):
        cascade.search(collection().snapshot(), "word " * 10_000, asked)


def test_a_question_longer_than_the_encoder_reads_is_said_to_be_cut(
    cascade, collection, asked
) -> None:
    trace = cascade.search(collection().snapshot(), "dog " * 50, asked)

    assert trace.notes == (
        f"The question has 52 tokens; the encoder reads the first {MAX_TOKENS} of them.",
    )


def test_a_question_without_a_word_still_gets_the_lists_it_can(cascade, collection, asked) -> None:
    trace = cascade.search(collection().snapshot(), "?!…", asked)

    assert trace.rankings["bm25"].hits == ()
    assert len(trace.rankings["rerank"].hits) == 8


def test_an_empty_collection_gives_empty_lists(
    cascade, store: Store, models: Models, folders: tuple[Path, Path], asked
) -> None:
    empty = store.create("nothing", models.encoder(str(folders[0])), Chunking(tokens=16))

    trace = cascade.search(empty.snapshot(), QUERY, asked)

    assert all(ranking.hits == () for ranking in trace.rankings.values())
    assert trace.complete


def test_first_lists_arrive_though_the_reranker_is_missing(cascade, collection, asked) -> None:
    snapshot, wrong = collection().snapshot(), replace(asked, reranker="no/such")

    last = list(cascade.stream(snapshot, QUERY, wrong))[-1]
    assert set(last.rankings) == {"bm25", "dense", "hybrid", "late"}
    assert last.complete
    assert "no/such" in last.failed["rerank"].message
    with pytest.raises(ModelError, match="no/such"):
        cascade.search(snapshot, QUERY, wrong)


def test_two_rerankers_read_one_pool(cascade, collection, asked, tmp_path: Path) -> None:
    second = save_cross_encoder(tmp_path / "second", seed=23)
    snapshot, both = collection().snapshot(), replace(asked, reranker_2=str(second))
    trace = cascade.search(snapshot, QUERY, both)

    assert tuple(trace.rankings) == (*STAGE_ORDER, "rerank_2")
    first, other = trace.rankings["rerank"], trace.rankings["rerank_2"]
    assert set(first.ranks) == set(other.ranks) == set(trace.pool)
    assert [hit.score for hit in first.hits] != [hit.score for hit in other.hits]
    alone = cascade.search(snapshot, QUERY, replace(asked, reranker=str(second)))
    assert alone.rankings["rerank"].hits == other.hits
    assert alone.cost.pairs_scored == 0
    assert list(trace.as_dict()["stages"]) == [*STAGE_ORDER, "rerank_2"]
    assert trace.settings.reader("rerank_2") == str(second)


def test_a_second_reranker_joins_the_first_and_no_other_stage(asked) -> None:
    assert replace(asked, reranker_2="x").shown == (*STAGE_ORDER, "rerank_2")
    assert replace(asked, reranker_2="x", stages=("bm25",)).shown == ("bm25",)
    assert replace(asked, stages=("rerank",)).rerankers == (asked.reranker,)


def test_other_weights_than_the_collections_are_refused(
    collection, asked, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    made = collection()
    (folders[0] / "model.safetensors").rename(tmp_path / "kept")
    other = save_encoder(tmp_path / "other", seed=99)
    (other / "model.safetensors").rename(folders[0] / "model.safetensors")
    try:
        with pytest.raises(CollectionError, match="other weights"):
            Cascade(Models(), Cache()).search(made.snapshot(), QUERY, asked)
    finally:
        (tmp_path / "kept").rename(folders[0] / "model.safetensors")


@pytest.mark.parametrize(
    "changes",
    [
        {"candidates": 4},
        {"candidates": 201},
        {"top": 0},
        {"alpha": 1.1},
        {"rrf_k": 0},
        {"blend": 1.05},
        {"blend": -0.1},
        {"fusion": "sum"},
        {"stages": ()},
        {"stages": ("sparse",)},
    ],
)
def test_settings_out_of_bounds_are_refused(changes) -> None:
    with pytest.raises(SettingsError):
        SearchSettings(**changes)


def test_two_encoders_search_the_same_documents(
    cascade, collection, asked, *, store, models, tmp_path: Path
) -> None:
    second = models.encoder(str(save_encoder(tmp_path / "second", seed=23)))
    made, other = collection(), filled(store, second, name="other")
    both = replace(asked, collection_2="other", stages=("dense", "rerank"))
    trace = cascade.search(made.snapshot(), QUERY, both, other.snapshot())

    assert both.shown == ("dense", "dense_2", "rerank")
    assert list(trace.as_dict()["stages"]) == ["dense", "dense_2", "rerank"]
    alone = cascade.search(other.snapshot(), QUERY, replace(asked, stages=("dense",)))
    assert trace.rankings["dense_2"].hits == alone.rankings["dense"].hits
    assert trace.rankings["dense_2"].hits != trace.rankings["dense"].hits
    assert trace.notes == ()
    plain = cascade.search(made.snapshot(), QUERY, replace(asked, stages=("dense", "rerank")))
    assert plain.rankings["rerank"].hits == trace.rankings["rerank"].hits


def test_a_second_collection_of_other_passages_is_said_to_be_one(
    cascade, collection, asked, *, store, models, folders
) -> None:
    texts = ["water the dog", "the man bit the dog"]
    other = filled(store, models.encoder(str(folders[0])), texts, name="other")
    both = replace(asked, collection_2="other", stages=("dense",))
    trace = cascade.search(collection().snapshot(), QUERY, both, other.snapshot())
    assert "Only 0 of the first 2" in trace.notes[0]
    assert all(hit.chunk_id in trace.chunks for hit in trace.rankings["dense_2"].hits)


def test_a_second_encoder_that_is_gone_takes_no_other_list_with_it(
    cascade, collection, asked, *, store, models, tmp_path: Path
) -> None:
    folder = save_encoder(tmp_path / "second", seed=23)
    other = filled(store, models.encoder(str(folder)), name="other").snapshot()
    (folder / "model.safetensors").unlink()
    both = replace(asked, collection_2="other")
    *_, last = Cascade(Models(), Cache()).stream(collection().snapshot(), QUERY, both, other)
    assert set(last.failed) == {"dense_2"}
    assert tuple(last.rankings) == STAGE_ORDER
