"""A home of an older version is brought up to date; one of a newer version is left alone."""

from __future__ import annotations

from itertools import count

import pyarrow as pa
import pytest
from lancedb.merge import LanceMergeInsertBuilder

from retrieval.errors import StorageError
from retrieval.settings import SearchSettings, settings
from retrieval.stages import Request
from retrieval.stages.lexical import Lexical
from retrieval.store import Collection, Store, indexes, migration
from retrieval.store.schema import words_of
from retrieval.types import Chunk, Document
from tests.conftest import TinyEncoder
from tests.corpus import filled

TEXTS = tuple(f"the cat number {n} drinks water" if n % 9 else "…?!" for n in range(250))


@pytest.fixture
def old(store: Store, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch) -> Collection:
    """A collection as it was before words were stored, of a size that asks for their index."""
    monkeypatch.setenv("SECOND_LOOK_FULL_TEXT_CHUNKS", "100")
    settings.cache_clear()
    monkeypatch.setattr(indexes, "REST", 0)
    monkeypatch.setattr(migration, "ROWS_A_COMMIT", 100)
    collection = filled(store, tiny_encoder, TEXTS)
    collection._table("chunks").drop_columns(["words"])
    return collection


def words_by_text(collection: Collection) -> dict[str, str | None]:
    rows = collection._table("chunks").search().select(["text", "words"]).to_list()
    return {row["text"]: row["words"] for row in rows}


def best(collection: Collection, query: str) -> list[tuple[str, float]]:
    request = Request(query, collection.snapshot(), SearchSettings())
    (ranking,) = Lexical().rank(request, {})
    return [(hit.chunk_id, hit.score) for hit in ranking.hits[:5]]


def add(collection: Collection, encoder: TinyEncoder, text: str) -> None:
    document = Document("new", "", text, "new.txt")
    chunk = Chunk.cut(document, 0, (0, len(text)), None)
    collection.replace([document], [chunk], encoder.encode_documents([text]))


def test_the_first_search_has_the_words_stored_and_indexed(old: Collection) -> None:
    before = best(old, "number 17")
    old.indexes.wait()
    assert words_by_text(old) == {text: words_of(text) for text in TEXTS}
    (info,) = old.indexes.infos()
    assert (info.column, info.rows) == ("words", len(TEXTS))
    assert old.snapshot().has_full_text
    assert best(old, "number 17") == before


def test_a_kill_half_way_is_completed_by_the_next_build_and_writers_go_on(
    old: Collection, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute, commits = LanceMergeInsertBuilder.execute, count(1)

    def dies_at_the_second(merge: LanceMergeInsertBuilder, rows: pa.Table) -> object:
        if next(commits) == 2:
            raise KeyboardInterrupt
        return execute(merge, rows)

    with monkeypatch.context() as patch:
        patch.setattr(LanceMergeInsertBuilder, "execute", dies_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            old.indexes.build()
    half = old._table("chunks")
    assert 0 < half.count_rows(f"{migration.FILLING} IS NOT NULL") < len(TEXTS)
    assert migration.lacks_words(half)
    assert not old.snapshot().has_full_text
    add(old, tiny_encoder, "a new plant")
    assert best(old, "plant")

    old.indexes.build()

    expected = {text: words_of(text) for text in (*TEXTS, "a new plant")}
    assert words_by_text(old) == expected
    assert old.snapshot().has_full_text
    assert best(old, "plant")


def test_a_small_collection_is_left_as_it_is(
    store: Store, tiny_encoder: TinyEncoder, old: Collection
) -> None:
    small = filled(store, tiny_encoder, name="small")
    small._table("chunks").drop_columns(["words"])
    assert small.indexes.build() == ()
    add(small, tiny_encoder, "a new plant")
    assert best(small, "new plant")
    assert migration.lacks_words(small._table("chunks"))


def test_a_home_of_a_newer_version_is_one_clear_line(store: Store, tiny_encoder) -> None:
    store.create("c", tiny_encoder)
    store._database.open_table("collections").add_columns({"colour": "'red'"})
    with pytest.raises(StorageError, match="another version"):
        store.names()
