"""The vector index: found as in the exact scan, with a filter and with chunks that came later."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.cache import Cache
from retrieval.models.protocols import Floats
from retrieval.settings import DEPTH, SearchSettings, settings
from retrieval.stages import Request
from retrieval.stages.dense import Dense
from retrieval.store import Collection, Snapshot, Store, indexes
from retrieval.store.recall import recall
from retrieval.types import Chunk, Document
from tests.conftest import TinyEncoder

COUNT = 4000
FILTER = (("part", "3"),)


class VectorEncoder(TinyEncoder):
    """Vectors in clusters, as those of real texts are; a text is the number of its vector."""

    def __init__(self) -> None:
        super().__init__()
        rng = np.random.default_rng(3)
        centres = rng.normal(size=(60, self.dimension))
        vectors = centres[rng.integers(0, 60, COUNT + 300)]
        vectors += rng.normal(scale=0.6, size=vectors.shape)
        self._rows = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def _encode(self, texts) -> Floats:
        return self._rows[[int(text) for text in texts]]


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "REST", 0)


@pytest.fixture
def encoder() -> VectorEncoder:
    return VectorEncoder()


@pytest.fixture
def large(store: Store, encoder: VectorEncoder, monkeypatch: pytest.MonkeyPatch) -> Collection:
    monkeypatch.setenv("SECOND_LOOK_VECTOR_INDEX_CHUNKS", "1000")
    settings.cache_clear()
    collection = store.create("large", encoder)
    add(collection, encoder, range(COUNT))
    return collection


def add(collection: Collection, encoder: VectorEncoder, numbers: range) -> None:
    texts = [str(number) for number in numbers]
    documents = [
        Document(f"d{text}", "", text, "many.txt", metadata={"part": str(int(text) % 20)})
        for text in texts
    ]
    chunks = [
        Chunk(f"c{one.text}", one.id, 0, one.text, 0, 1, source=one.source, metadata=one.metadata)
        for one in documents
    ]
    collection.replace(documents, chunks, encoder.encode_documents(texts))


def shares(snapshot: Snapshot, encoder: VectorEncoder, wanted=(), depth: int = DEPTH) -> float:
    """Mean share of the exact list that the index finds."""
    found = []
    for number in range(0, COUNT, 200):
        query = encoder.encode_query(str(number))
        exact = snapshot.nearest(query, depth, wanted, exact=True)
        quick = snapshot.nearest(query, depth, wanted)
        found.append(len(dict(exact).keys() & dict(quick).keys()) / len(exact))
    return float(np.mean(found))


def test_the_index_says_what_it_is_and_how_well_it_finds(large: Collection) -> None:
    (info,) = large.indexes.build()

    assert (info.column, info.kind, info.rows, info.unindexed) == ("vector", "IVF-RQ", COUNT, 0)
    assert info.bytes > 1000
    assert info.recall is not None
    assert 0.9 < info.recall <= 1
    assert info.built_version == large.snapshot().version


def test_the_recall_told_is_that_of_a_plain_count(large: Collection) -> None:
    large.indexes.build()
    snapshot = large.snapshot()
    sample = np.sort(np.random.default_rng(0).choice(COUNT, 20, replace=False))
    vectors = snapshot.matrix[sample]
    expected = []
    for vector in vectors:
        exact = np.argsort(-(snapshot.matrix @ vector))[:50]
        found = dict(snapshot.nearest(vector, 50, ()))
        expected.append(np.mean([snapshot.ids[row] in found for row in exact]))

    assert recall(snapshot._table, depth=50, sample=20) == pytest.approx(np.mean(expected))


def test_it_finds_what_the_exact_scan_finds(large: Collection, encoder: VectorEncoder) -> None:
    large.indexes.build()

    assert shares(large.snapshot(), encoder) > 0.95


def test_a_filter_that_keeps_one_in_twenty_costs_no_recall(
    large: Collection, encoder: VectorEncoder
) -> None:
    large.indexes.build()
    snapshot = large.snapshot()

    assert shares(snapshot, encoder, FILTER, depth=50) > 0.95
    hits = snapshot.nearest(encoder.encode_query("7"), DEPTH, FILTER)
    assert len(hits) == DEPTH
    assert all(int(chunk_id[1:]) % 20 == 3 for chunk_id, _ in hits)


def test_scores_are_cosines_whichever_way_a_chunk_was_found(
    large: Collection, encoder: VectorEncoder
) -> None:
    large.indexes.build()
    snapshot = large.snapshot()
    query = encoder.encode_query("11")

    for exact in (True, False):
        for chunk_id, score in snapshot.nearest(query, DEPTH, (), exact=exact):
            cosine = query @ snapshot.matrix[snapshot.positions[chunk_id]]
            assert score == pytest.approx(cosine, abs=2e-6)


def test_without_an_index_a_scan_answers_and_the_build_starts(
    large: Collection, encoder: VectorEncoder
) -> None:
    before = large.snapshot()
    found = before.nearest(encoder.encode_query("5"), 10, ())
    large.indexes.wait()
    after = large.snapshot()

    assert after.version > before.version
    assert after.indexes["vector"].rows == COUNT
    assert found == after.nearest(encoder.encode_query("5"), 10, (), exact=True)


def test_chunks_that_come_later_are_found_at_once(
    large: Collection, encoder: VectorEncoder
) -> None:
    large.indexes.build()
    add(large, encoder, range(COUNT, COUNT + 5))
    snapshot = large.snapshot()

    ((chunk_id, score),) = snapshot.nearest(encoder.encode_query(str(COUNT)), 1, ())

    assert (chunk_id, score) == (f"c{COUNT}", pytest.approx(1))
    assert snapshot.indexes["vector"].unindexed == 5
    large.indexes.wait()
    assert large.snapshot().indexes["vector"].unindexed == 0


def test_deleted_chunks_are_not_found(large: Collection, encoder: VectorEncoder) -> None:
    large.indexes.build()
    large.delete_documents(["d42"])

    hits = large.snapshot().nearest(encoder.encode_query("42"), DEPTH, ())

    assert "c42" not in dict(hits)
    large.indexes.wait()


def test_a_few_more_chunks_join_the_index_and_many_make_it_anew(
    large: Collection, encoder: VectorEncoder
) -> None:
    (first,) = large.indexes.build()
    add(large, encoder, range(COUNT, COUNT + 100))
    (joined,) = large.indexes.build()
    large.delete_documents(f"d{number}" for number in range(3000))
    add(large, encoder, range(COUNT, COUNT + 300))
    (anew,) = large.indexes.build()

    assert joined.build_seconds == first.build_seconds
    assert joined.rows == COUNT + 100
    assert anew.build_seconds != first.build_seconds
    assert anew.rows == COUNT + 300 - 3000


def test_a_large_collection_never_loads_its_vectors(
    large: Collection, encoder: VectorEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    large.indexes.build()
    snapshot = large.snapshot()
    for whole in ("matrix", "ids", "positions", "texts"):
        monkeypatch.setattr(Snapshot, whole, property(lambda _: pytest.fail("loaded whole")))

    for exact in (True, False):
        asked = SearchSettings(filter=FILTER, exact=exact)
        (ranking,) = Dense(encoder, Cache()).rank(Request("12", snapshot, asked), {})
        assert len(ranking.hits) == DEPTH
        wanted = [hit.chunk_id for hit in ranking.hits[:5]]
        assert [chunk.id for chunk in snapshot.chunks(wanted).values()] == wanted
    with pytest.raises(KeyError):
        snapshot.chunks(["unknown"])


def test_a_small_collection_is_exact_without_an_index(store: Store, encoder: VectorEncoder) -> None:
    collection = store.create("small", encoder)
    add(collection, encoder, range(500))
    snapshot = collection.snapshot()
    query = encoder.encode_query("9")

    assert snapshot.nearest(query, 20, FILTER) == snapshot.nearest(query, 20, FILTER, exact=True)
    assert collection.indexes.build() == ()
