"""Indexes: built when the size asks for them, seen from the next snapshot on, exact or said so."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pytest

from retrieval.settings import DEPTH, SearchSettings, settings
from retrieval.stages import Request
from retrieval.stages.lexical import Lexical
from retrieval.store import Collection, Snapshot, Store, indexes
from retrieval.store.indexes import Indexes
from retrieval.types import Chunk, Document, Hit
from tests.conftest import TinyEncoder
from tests.corpus import filled

ODD = (
    "Crème BRÛLÉE in der Straße",
    "ﬁne ﬂour, x² and ½ cup",
    "under_score and hy-phen 3.14",
    "हिन्दी में लिखा हुआ पाठ",
    "東京 は 日本 の 首都",
    "a" * 90 + " is one long word",
    "Ærø, Łódź and Œuvre",
    "it does NOT; no: never! not",
    "…?!",
    "",
    "—",
)
QUESTIONS = (
    "creme brulee strasse",
    "fine flour 2 cup",
    "under score hyphen 14",
    "हिन्दी पाठ",
    "東京 首都",
    "a" * 90,
    "ærø łódź",
    "not not no",
)


def corpus(count: int = 600, seed: int = 0) -> list[str]:
    """Texts whose words are spread as in real ones: a few everywhere, most of them rare."""
    rng = np.random.default_rng(seed)
    vocabulary = np.array([f"w{number}" for number in range(2000)])
    weights = 1 / np.arange(1, 2001)
    lengths = rng.integers(3, 80, count - len(ODD))
    drawn = [rng.choice(vocabulary, size, p=weights / weights.sum()) for size in lengths]
    return [*ODD, *(" ".join(words) for words in drawn)]


def questions(count: int = 40) -> list[str]:
    drawn = corpus(count + len(ODD), seed=1)[len(ODD) :]
    return [*QUESTIONS, *(" ".join(text.split()[:12]) for text in drawn)]


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "REST", 0)


@pytest.fixture
def low(home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes at which a test's collection counts as large."""
    monkeypatch.setenv("SECOND_LOOK_FULL_TEXT_CHUNKS", "100")
    settings.cache_clear()


@pytest.fixture
def in_memory(monkeypatch: pytest.MonkeyPatch):
    """Ranks a snapshot as if it had no index."""

    def rank(snapshot: Snapshot, query: str, wanted=()) -> tuple[Hit, ...]:
        with monkeypatch.context() as patch:
            patch.setattr(Snapshot, "has_full_text", False)
            return lexical(snapshot, query, wanted)

    return rank


@pytest.fixture
def large(store: Store, tiny_encoder: TinyEncoder, low) -> Collection:
    texts = corpus()
    metadata = [{"part": str(number % 20)} for number in range(len(texts))]
    return filled(store, tiny_encoder, texts, metadata=metadata)


def lexical(snapshot: Snapshot, query: str, wanted=()) -> tuple[Hit, ...]:
    asked = SearchSettings(filter=wanted)
    (ranking,) = Lexical().rank(Request(query, snapshot, asked), {})
    return ranking.hits


def assert_same_but_for_ties(one: Sequence[Hit], other: Sequence[Hit]) -> None:
    assert len(one) == len(other)
    scores = {hit.chunk_id: hit.score for hit in one}
    for left, right in zip(one, other, strict=True):
        assert left.score == pytest.approx(right.score, abs=2e-4)
        if left.chunk_id != right.chunk_id and right.chunk_id in scores:
            assert scores[right.chunk_id] == pytest.approx(left.score, abs=2e-4)
        elif right.chunk_id not in scores:
            assert right.score == pytest.approx(one[-1].score, abs=2e-4)


def add(collection: Collection, encoder: TinyEncoder, texts: Sequence[str]) -> None:
    documents = [Document(f"new-{i}", "", text, "new.txt") for i, text in enumerate(texts)]
    chunks = [
        Chunk(f"new-{one.id}", one.id, 0, one.text, 0, len(one.text), source=one.source)
        for one in documents
    ]
    collection.replace(documents, chunks, encoder.encode_documents(texts))


def test_a_small_collection_has_no_index(store: Store, tiny_encoder: TinyEncoder) -> None:
    collection = filled(store, tiny_encoder)

    assert collection.indexes.build() == ()
    assert not collection.snapshot().has_full_text


def test_a_built_index_says_what_it_is(large: Collection) -> None:
    (info,) = large.indexes.build()

    assert (info.column, info.kind, info.rows, info.unindexed) == ("words", "full text", 600, 0)
    assert info.bytes > 1000
    assert 0 < info.build_seconds < 60
    assert info.recall is None
    assert info.built_version == large.snapshot().version
    assert large.indexes.infos() == (info,)
    assert large.snapshot().indexes == {"words": info}


def test_what_is_up_to_date_is_not_built_again(large: Collection) -> None:
    large.indexes.build()
    before = large.snapshot()

    large.indexes.build()

    assert large.snapshot() == before


@pytest.mark.parametrize("wanted", [(), (("part", "3"),)], ids=["all", "filtered"])
def test_both_keyword_indexes_rank_alike(large: Collection, in_memory, wanted) -> None:
    large.indexes.build()
    snapshot = large.snapshot()
    assert snapshot.has_full_text
    found = 0

    for query in questions():
        hits = lexical(snapshot, query, wanted)
        assert_same_but_for_ties(hits, in_memory(snapshot, query, wanted))
        found += len(hits)

    assert found > 200


@pytest.mark.parametrize("query", QUESTIONS)
def test_odd_words_are_the_same_words_to_both(large: Collection, in_memory, query: str) -> None:
    large.indexes.build()
    snapshot = large.snapshot()

    hits = lexical(snapshot, query)

    assert hits
    assert [hit.chunk_id for hit in hits] == [one.chunk_id for one in in_memory(snapshot, query)]


def test_a_question_without_a_word_finds_nothing(large: Collection) -> None:
    large.indexes.build()

    assert lexical(large.snapshot(), "?!…") == ()


def test_equal_passages_come_in_order_of_their_ids(large: Collection, tiny_encoder) -> None:
    add(large, tiny_encoder, ["the very same words"] * (DEPTH + 20))
    large.indexes.build()

    hits = lexical(large.snapshot(), "very same")

    ids = [hit.chunk_id for hit in hits]
    assert len(ids) == DEPTH
    assert ids == sorted(f"new-new-{i}" for i in range(DEPTH + 20))[:DEPTH]


def test_a_stale_index_gives_way_until_it_is_built_again(
    large: Collection, tiny_encoder, in_memory
) -> None:
    large.indexes.build()
    add(large, tiny_encoder, corpus(100, seed=5))
    large.delete_documents(f"d{number:03}" for number in range(50, 150))
    stale = large.snapshot()

    assert not stale.has_full_text
    large.indexes.wait()
    fresh = large.snapshot()

    assert fresh.has_full_text
    for query in questions(15):
        expected = in_memory(stale, query)
        assert_same_but_for_ties(lexical(stale, query), expected)
        assert_same_but_for_ties(lexical(fresh, query), expected)


@pytest.mark.parametrize("built", [True, False], ids=["stale", "missing"])
def test_what_is_too_large_for_memory_ranks_alike_without_its_index(
    large: Collection, tiny_encoder, in_memory, monkeypatch: pytest.MonkeyPatch, built
) -> None:
    if built:
        large.indexes.build()
    add(large, tiny_encoder, [*ODD, *corpus(100, seed=5)])
    large.delete_documents(f"d{number:03}" for number in range(50, 150))
    snapshot = large.snapshot()
    assert bool(snapshot.indexes) == built
    monkeypatch.setattr(Indexes, "start", lambda _: None)
    asked = [(query, wanted) for query in questions(12) for wanted in ((), (("part", "3"),))]
    expected = [in_memory(snapshot, *one) for one in asked]
    monkeypatch.setattr("retrieval.store.snapshot.IN_MEMORY_UP_TO", 10)
    monkeypatch.setattr("retrieval.stages.lexical.index_of", None)

    assert [lexical(snapshot, *one) for one in asked] == expected
    assert lexical(snapshot, "?!… zzz") == ()


def test_the_first_search_starts_the_build_and_does_not_wait_for_it(large: Collection) -> None:
    before = large.snapshot()

    assert lexical(before, "w1 w2")
    large.indexes.wait()

    assert not large.indexes.building
    assert large.snapshot().version > before.version
    assert large.snapshot().has_full_text


def test_a_build_in_the_background_rests_before_the_next(
    large: Collection, tiny_encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "REST", 1e6)
    large.indexes.start()
    large.indexes.wait()
    add(large, tiny_encoder, ["w1 w2"])

    lexical(large.snapshot(), "w1")
    large.indexes.wait()
    assert not large.snapshot().has_full_text

    large.indexes.build()
    assert large.snapshot().has_full_text


def test_an_older_snapshot_keeps_the_index_it_had(large: Collection, tiny_encoder) -> None:
    large.indexes.build()
    older = large.snapshot()
    add(large, tiny_encoder, ["w1 w1 w1"])
    large.indexes.build()

    assert older.has_full_text
    assert "new-new-0" not in {hit.chunk_id for hit in lexical(older, "w1")}
    assert "new-new-0" in {hit.chunk_id for hit in lexical(large.snapshot(), "w1")}


def test_chunks_that_come_during_a_build_make_it_stale(
    large: Collection, tiny_encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = indexes.record

    def interrupted(*arguments: object) -> None:
        add(large, tiny_encoder, ["w1 late"])
        finish(*arguments)

    monkeypatch.setattr(indexes, "record", interrupted)
    large.indexes.build()
    monkeypatch.undo()

    assert not large.snapshot().has_full_text
    large.indexes.wait()


def test_a_collection_deleted_meanwhile_is_a_line_in_the_log(
    store: Store, large: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    store.delete(large.name)

    with caplog.at_level(logging.WARNING):
        large.indexes.start()
        large.indexes.wait()

    assert "no longer there" in caplog.text
