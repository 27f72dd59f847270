"""Stored token vectors: complete, resumable, and ranked as by our own MaxSim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from retrieval.cache import Cache
from retrieval.errors import CancelledError, CollectionError, SettingsError
from retrieval.models.protocols import Batch, Floats
from retrieval.settings import DEPTH, SearchSettings
from retrieval.stages import Request
from retrieval.stages.late import Late, maxsim
from retrieval.store import Collection, Snapshot, Store, tokens
from retrieval.store.words import words
from retrieval.types import Hit
from tests.conftest import TinyEncoder
from tests.corpus import PASSAGES, filled

DIMENSION = 32
VOCABULARY = [f"w{number}" for number in range(300)]


class WordVectors:
    """A token encoder whose tokens are words, each with a seeded vector bent by its neighbour."""

    def __init__(self, seed: int = 0) -> None:
        self.id = f"words-{seed}"
        self.fingerprint = f"words-{seed}:numpy"
        self.texts_read = 0
        self._seed = seed

    def query_tokens(self, query: str) -> Floats:
        found = words(query)
        rows = np.array([self._vector(word) for word in found]).reshape(-1, DIMENSION)
        bent = rows + 0.4 * np.roll(rows, 1, axis=0)
        return (bent / np.linalg.norm(bent, axis=1, keepdims=True)).astype(np.float32)

    def document_tokens(self, texts: Sequence[str]) -> Iterator[Batch]:
        self.texts_read += len(texts)
        for index, text in enumerate(texts):
            yield Batch([index], [self.query_tokens(text)])

    def _vector(self, word: str) -> np.ndarray:
        seed = [self._seed, *word.encode()]
        return np.random.default_rng(seed).normal(size=DIMENSION)


def texts(count: int) -> list[str]:
    rng = np.random.default_rng(1)
    return [
        " ".join(rng.choice(VOCABULARY, size)) + f" n{number}"
        for number, size in enumerate(rng.integers(3, 20, count))
    ]


@pytest.fixture
def encoder() -> WordVectors:
    return WordVectors()


@pytest.fixture
def collection(store: Store, tiny_encoder: TinyEncoder) -> Collection:
    kinds = [{"part": str(number % 20)} for number in range(310)]
    return filled(store, tiny_encoder, [*texts(308), "…", "?!"], metadata=kinds)


def late(snapshot: Snapshot, encoder: WordVectors, query: str, wanted=()) -> tuple[Hit, ...]:
    asked = SearchSettings(late_scope="collection", filter=wanted)
    (ranking,) = Late(encoder, Cache()).rank(Request(query, snapshot, asked), {})
    assert ranking.unit == "maxsim"
    return ranking.hits


def expected(snapshot: Snapshot, encoder: WordVectors, query: str) -> dict[str, float]:
    question = encoder.query_tokens(query)
    return {
        chunk_id: maxsim(question, encoder.query_tokens(text))
        for chunk_id, text in zip(snapshot.ids, snapshot.texts, strict=True)
    }


@pytest.mark.parametrize("indexed", [False, True], ids=["scan", "index"])
def test_the_whole_collection_is_ranked_by_our_maxsim(
    collection: Collection, encoder: WordVectors, monkeypatch: pytest.MonkeyPatch, indexed: bool
) -> None:
    monkeypatch.setattr(tokens, "INDEX_FROM", 100 if indexed else 1000)
    snapshot = collection.snapshot()
    snapshot.store_tokens(encoder)

    for query in ("w1 w2 w3", "w50 w60 w70 w80 n5", "w299"):
        hits = late(snapshot, encoder, query)
        scores = expected(snapshot, encoder, query)
        best = sorted(scores, key=lambda one: (-scores[one], one))
        assert len(hits) == DEPTH
        assert len({hit.chunk_id for hit in hits[:50]} & set(best[:50])) >= 47
        for hit in hits:
            assert hit.score == pytest.approx(scores[hit.chunk_id], abs=2e-3)


def test_a_filter_holds(collection: Collection, encoder: WordVectors) -> None:
    snapshot = collection.snapshot()
    snapshot.store_tokens(encoder)

    hits = late(snapshot, encoder, "w1 w2", (("part", "3"),))

    mask = snapshot.mask((("part", "3"),))
    assert mask is not None
    assert {hit.chunk_id for hit in hits} == set(np.array(snapshot.ids)[mask])


def test_a_question_without_tokens_finds_nothing(
    collection: Collection, encoder: WordVectors
) -> None:
    snapshot = collection.snapshot()
    snapshot.store_tokens(encoder)

    assert late(snapshot, encoder, "?!") == ()


def test_the_cost_told_before_is_near_the_one_after(
    collection: Collection, encoder: WordVectors
) -> None:
    snapshot = collection.snapshot()
    before = snapshot.token_cost(encoder, sample=200)
    assert collection.tokens.info() is None

    after = snapshot.store_tokens(encoder)

    assert after.chunks == before.chunks == len(snapshot)
    assert before.bytes == pytest.approx(after.bytes, rel=0.5)
    assert after.bytes_a_chunk == pytest.approx(after.bytes / len(snapshot))
    assert collection.tokens.info() == after
    assert before.seconds > 0


def test_disk_use_counts_token_vectors(collection: Collection, encoder: WordVectors) -> None:
    before = collection.disk_use()
    collection.snapshot().store_tokens(encoder)
    after = collection.disk_use()
    rows = collection.tokens.row_bytes()
    assert rows > 0
    assert after.current == before.current + rows
    assert before.total is not None
    assert after.total is not None
    assert after.total >= before.total + rows
    collection.tokens.drop()
    assert collection.disk_use().current == before.current


def test_stopped_work_goes_on_where_it_was(
    collection: Collection, encoder: WordVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "BATCH_CHUNKS", 100)
    snapshot = collection.snapshot()
    told: list[tuple[int, int]] = []
    with pytest.raises(CancelledError):
        snapshot.store_tokens(
            encoder, lambda *progress: told.append(progress), lambda: len(told) == 2
        )
    assert told == [(100, 310), (200, 310)]

    info = snapshot.store_tokens(encoder)

    assert encoder.texts_read == info.chunks == 310


def test_what_came_and_went_is_followed(
    collection: Collection, encoder: WordVectors, tiny_encoder: TinyEncoder
) -> None:
    collection.snapshot().store_tokens(encoder)
    gone = collection.document_chunks("d000")[0]
    collection.delete_documents(["d000"])
    snapshot = collection.snapshot()

    assert gone.id not in {hit.chunk_id for hit in late(snapshot, encoder, gone.text)}
    encoder.texts_read = 0
    assert snapshot.store_tokens(encoder).chunks == 309
    assert encoder.texts_read == 0


def test_another_model_is_refused_and_then_takes_the_place(
    collection: Collection, encoder: WordVectors
) -> None:
    snapshot = collection.snapshot()
    other = WordVectors(seed=1)
    with pytest.raises(CollectionError, match="no token vectors"):
        late(snapshot, encoder, "w1")
    snapshot.store_tokens(other)
    with pytest.raises(CollectionError, match="no token vectors"):
        late(snapshot, encoder, "w1")

    info = snapshot.store_tokens(encoder)

    assert info.model == encoder.fingerprint
    assert info.chunks == 310
    assert late(snapshot, encoder, "w1")


def test_dropping_leaves_nothing(collection: Collection, encoder: WordVectors) -> None:
    collection.snapshot().store_tokens(encoder)
    collection.tokens.drop()
    collection.tokens.drop()

    assert collection.tokens.info() is None


def test_deleting_the_collection_takes_its_token_vectors_along(
    store: Store, collection: Collection, encoder: WordVectors
) -> None:
    collection.snapshot().store_tokens(encoder)
    store.delete(collection.name)

    assert collection.tokens.info() is None


def test_an_empty_collection_stores_nothing(store: Store, tiny_encoder, encoder) -> None:
    snapshot = store.create("empty", tiny_encoder).snapshot()

    assert snapshot.token_cost(encoder).bytes == 0
    assert snapshot.store_tokens(encoder).chunks == 0


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(SettingsError, match="everything"):
        SearchSettings(late_scope="everything")  # type: ignore[arg-type]


def test_the_pool_stays_the_default(store: Store, tiny_encoder, encoder: WordVectors) -> None:
    snapshot = filled(store, tiny_encoder, PASSAGES).snapshot()
    assert SearchSettings().late_scope == "pool"
    assert snapshot.tokens is None
