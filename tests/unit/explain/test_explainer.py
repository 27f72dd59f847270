from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.errors import CollectionError, QueryError
from retrieval.explain import explainer as module
from retrieval.explain.explainer import EXPLAINED, Explainer, Passage, check_text
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings
from retrieval.store import Snapshot, Store
from tests.corpus import filled
from tests.tiny import save_cross_encoder, save_encoder

QUERY = "which medicine does not cause drowsiness"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    encoder = save_encoder(tmp_path_factory.mktemp("encoder"))
    reranker = save_cross_encoder(tmp_path_factory.mktemp("reranker"))
    return str(encoder), str(reranker)


@pytest.fixture
def asked(folders: tuple[str, str]) -> SearchSettings:
    return SearchSettings(reranker=folders[1], late=folders[0])


@pytest.fixture
def models() -> Models:
    return Models(backend="torch-fp32")


@pytest.fixture
def snapshot(store: Store, models: Models, folders: tuple[str, str]) -> Snapshot:
    return filled(store, models.encoder(folders[0])).snapshot()


def test_each_score_is_the_one_in_the_list(
    snapshot: Snapshot, models: Models, asked: SearchSettings, home: Path
) -> None:
    cache = Cache(home)
    trace = Cascade(models, cache).search(snapshot, QUERY, asked)
    explainer = Explainer(models, cache, snapshot, QUERY, asked)

    for stage in EXPLAINED:
        for hit in trace.rankings[stage].hits:
            passage = Passage(snapshot.chunks([hit.chunk_id])[hit.chunk_id].text, hit.chunk_id)
            assert explainer.score(stage, passage) == pytest.approx(hit.score, abs=1e-6)
            assert explainer.score(stage, Passage(passage.text)) == pytest.approx(
                hit.score, abs=2e-6
            )


def test_each_explanation_reconciles_with_its_score(
    snapshot: Snapshot, models: Models, asked: SearchSettings
) -> None:
    explainer = Explainer(models, Cache(), snapshot, QUERY, asked)
    passage = Passage("loratadine does not cause drowsiness", None)

    lexical, dense = explainer.lexical(passage), explainer.dense(passage)
    late, pair = explainer.late(passage), explainer.rerank(passage)

    assert lexical.score == pytest.approx(explainer.score("bm25", passage), abs=1e-4)
    assert dense.total + dense.remainder == pytest.approx(explainer.score("dense", passage))
    assert late.total == pytest.approx(explainer.score("late", passage), abs=1e-6)
    assert pair.passage.base == pytest.approx(explainer.score("rerank", passage), abs=1e-5)
    credited = explainer.gradients(pair)
    assert credited.passage.is_complete
    assert credited.question.is_complete
    assert credited.passage.logit == pytest.approx(pair.score, abs=1e-4)


def test_words_of_a_very_large_collection_are_not_counted(
    snapshot: Snapshot, models: Models, asked: SearchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IN_MEMORY_UP_TO", 3)
    explainer = Explainer(models, Cache(), snapshot, QUERY, asked)

    assert explainer.stages == ("dense", "late", "rerank")
    with pytest.raises(CollectionError, match="up to 3 passages; this collection has 8"):
        explainer.lexical(Passage("dog"))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "The question is empty."),
        ("  \n ", "The question is empty."),
        ("?!… --", "The question has no word, only punctuation."),
        ("word " * 5_000, "The question has 5,000 words"),
    ],
)
def test_a_question_that_cannot_be_explained_gets_one_line(
    snapshot: Snapshot, models: Models, asked: SearchSettings, query: str, message: str
) -> None:
    with pytest.raises(QueryError, match=message.replace("?", r"\?")) as caught:
        Explainer(models, Cache(), snapshot, query, asked)
    assert caught.value.hint


def test_a_passage_of_punctuation_gets_one_line() -> None:
    with pytest.raises(QueryError, match="The passage has no word"):
        check_text("*** . ***", "The passage")


def test_other_weights_than_the_collections_are_refused(
    store: Store, models: Models, asked: SearchSettings, tmp_path: Path
) -> None:
    folder = save_encoder(tmp_path / "encoder", seed=1)
    snapshot = filled(store, models.encoder(str(folder))).snapshot()
    for file in save_encoder(tmp_path / "other", seed=2).glob("*.safetensors"):
        (folder / file.name).write_bytes(file.read_bytes())
    explainer = Explainer(Models(backend="torch-fp32"), Cache(), snapshot, QUERY, asked)

    with pytest.raises(CollectionError, match="other weights"):
        explainer.score("dense", Passage("dog"))


def test_a_stored_vector_is_read_for_one_chunk(snapshot: Snapshot) -> None:
    chunk_id = snapshot.ids[3]

    assert (snapshot.vector(chunk_id) == snapshot.matrix[3]).all()
    with pytest.raises(KeyError):
        snapshot.vector("0" * 24)
