"""Collections: made, listed, written whole, replaced in one commit, deleted under a reader."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lancedb.merge import LanceMergeInsertBuilder

from retrieval.errors import (
    CollectionError,
    CollectionMissingError,
    SettingsError,
    StorageError,
)
from retrieval.settings import Chunking
from retrieval.store import Collection, Store, keys
from retrieval.store.schema import chunk_rows
from retrieval.types import Chunk, Document, Judgment, Mark, Question
from tests.conftest import TinyEncoder


def document(document_id: str, text: str, **fields: object) -> Document:
    return Document(document_id, title=document_id, text=text, source=document_id, **fields)


def chunks_of(one: Document, size: int = 10) -> list[Chunk]:
    starts = range(0, len(one.text), size)
    pieces = [(start, one.text[start : start + size]) for start in starts]
    return [
        Chunk(
            id=Chunk.make_id(one.id, start, start + len(text), text),
            document_id=one.id,
            ordinal=ordinal,
            text=text,
            start=start,
            end=start + len(text),
            title=one.title,
            source=one.source,
            metadata=one.metadata,
        )
        for ordinal, (start, text) in enumerate(pieces)
    ]


def put(collection: Collection, encoder: TinyEncoder, *documents: Document) -> None:
    chunks = [chunk for one in documents for chunk in chunks_of(one)]
    vectors = encoder.encode_documents([chunk.text for chunk in chunks])
    collection.replace(documents, chunks, vectors)


def test_a_collection_is_listed_with_its_settings_and_counts(
    store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("Household", tiny_encoder, Chunking(32, 8))
    put(collection, tiny_encoder, document("a", "the cat sleeps"), document("b", "dog"))
    (info,) = store.list()
    assert (info.name, info.encoder, info.dimension) == ("Household", "tiny-0", 16)
    assert (info.documents, info.chunks, info.chunking) == (2, 3, Chunking(32, 8))
    assert info == collection.info == store.open("Household").info


@pytest.mark.parametrize(
    "name", ["", " a", "a ", ".hidden", "a.", "a/b", "a\\b", "it's", 'say "x"', "<b>", "x" * 65]
)
def test_a_name_that_is_not_allowed_is_refused_in_one_line(
    name: str, store: Store, tiny_encoder: TinyEncoder
) -> None:
    with pytest.raises(CollectionError) as caught:
        store.create(name, tiny_encoder)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    assert store.list() == ()


@pytest.mark.parametrize("name", ["a", "Haus - Hof", "薬と植物", "नमस्ते", "v1.2_x"])
def test_a_name_in_any_script_is_allowed(
    name: str, store: Store, tiny_encoder: TinyEncoder
) -> None:
    store.create(name, tiny_encoder)
    assert store.names() == (name,)


def test_two_spellings_of_one_name_are_one(store: Store, tiny_encoder: TinyEncoder) -> None:
    store.create("Cafe\u0301", tiny_encoder)
    with pytest.raises(CollectionError, match="already"):
        store.create("Caf\u00e9", tiny_encoder)


def test_a_missing_collection_is_an_error_that_names_those_that_exist(
    store: Store, tiny_encoder: TinyEncoder
) -> None:
    with pytest.raises(CollectionMissingError):
        store.open("nothing yet")
    store.create("one", tiny_encoder)
    store.create("two", tiny_encoder)
    with pytest.raises(CollectionMissingError) as caught:
        store.open("it's /etc")
    assert "one, two" in caught.value.hint
    with pytest.raises(CollectionMissingError):
        store.delete("three")


def test_chunks_longer_than_the_encoder_reads_are_refused(
    store: Store, tiny_encoder: TinyEncoder
) -> None:
    store.create("fits", tiny_encoder, Chunking(62))
    with pytest.raises(SettingsError, match="at most 62"):
        store.create("too long", tiny_encoder, Chunking(63))


def test_the_default_size_of_chunks_fits_an_encoder_that_reads_little(
    store: Store, tiny_encoder: TinyEncoder
) -> None:
    assert store.create("c", tiny_encoder).info.chunk_tokens == 62


def test_a_replaced_document_changes_in_one_commit(store: Store, tiny_encoder: TinyEncoder) -> None:
    collection = store.create("c", tiny_encoder)
    put(collection, tiny_encoder, document("a", "x" * 35), document("b'", "y" * 5))
    before = collection.snapshot()
    put(collection, tiny_encoder, document("a", "x" * 10 + "z" * 5))
    after = collection.snapshot()
    assert after.version == before.version + 1
    assert sorted(after.texts) == ["x" * 10, "y" * 5, "zzzzz"]
    assert len(before.texts) == 5
    assert collection.document("a").text.endswith("zzzzz")


def test_only_a_write_that_has_chunks_to_take_away_reads_the_whole_table(
    store: Store, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    deletes = LanceMergeInsertBuilder.when_not_matched_by_source_delete
    asked: list[str] = []

    def spy(merge: LanceMergeInsertBuilder, condition: str) -> LanceMergeInsertBuilder:
        asked.append(condition)
        return deletes(merge, condition)

    monkeypatch.setattr(LanceMergeInsertBuilder, "when_not_matched_by_source_delete", spy)
    collection = store.create("c", tiny_encoder)
    put(collection, tiny_encoder, document("a", "x" * 30), document("b", "y"))
    put(collection, tiny_encoder, replace(document("a", "x" * 30), metadata={"kind": "new"}))
    assert asked == []
    put(collection, tiny_encoder, document("a", "x" * 5))
    assert asked == ["document_id IN ('a')"]
    assert sorted(collection.snapshot().texts) == ["xxxxx", "y"]


def test_a_document_comes_back_as_it_went_in(store: Store, tiny_encoder: TinyEncoder) -> None:
    stored = document(
        'folder/it\'s "a".md',
        "<script>alert('x')</script>\r\n\x07 {{ }} 😀 e\u0301",
        marks=(Mark(0, page=2), Mark(5, heading=("A", "B"))),
        metadata={"kind": "it's", "a=b": "<i>"},
    )
    collection = store.create("c", tiny_encoder)
    put(collection, tiny_encoder, stored, document("other", "x" * 30))
    assert collection.document(stored.id) == stored
    assert collection.document_chunks(stored.id) == tuple(chunks_of(stored))
    assert collection.fingerprints([stored.id, "none"]) == {stored.id: stored.fingerprint}
    assert {info.id for info in collection.documents()} == {stored.id, "other"}
    assert len(collection.documents(limit=1, offset=1)) == 1


def test_an_unknown_document_is_one_clear_error(store: Store, tiny_encoder: TinyEncoder) -> None:
    with pytest.raises(CollectionError, match="no document “it's”"):
        store.create("c", tiny_encoder).document("it's")


def test_deleted_documents_take_their_chunks_along(store: Store, tiny_encoder: TinyEncoder) -> None:
    collection = store.create("c", tiny_encoder)
    put(collection, tiny_encoder, document("a'", "x" * 30), document("b", "y" * 5))
    collection.delete_documents(["a'", "never there"])
    assert collection.snapshot().texts == ("yyyyy",)
    assert collection.fingerprints(["a'", "b"]).keys() == {"b"}


def test_questions_and_judgments_are_kept_and_replaced(
    store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("c", tiny_encoder)
    collection.add_questions([Question("1", "old"), Question("2", "why?", {"kind": "luck"})])
    collection.add_questions([Question("1", "new")])
    collection.add_judgments([Judgment("1", "a", 1), Judgment("1", "a", 3), Judgment("1", "b", 0)])
    collection.add_judgments([Judgment("1", "b", 2), Judgment("2", "a", 1)])
    assert {q.id: q for q in collection.questions()} == {
        "1": Question("1", "new"),
        "2": Question("2", "why?", {"kind": "luck"}),
    }
    assert collection.judgments() == {"1": {"a": 3, "b": 2}, "2": {"a": 1}}
    assert collection.counts().questions == 2
    assert collection.counts().judgments == 3


def test_a_collection_can_be_deleted_while_a_snapshot_is_being_read(
    home: Path, store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("c", tiny_encoder)
    put(collection, tiny_encoder, document("a", "x" * 30))
    loaded, fresh = collection.snapshot(), Store(home).open("c").snapshot()
    assert loaded.matrix.shape == (3, 16)
    store.delete("c")
    assert len(loaded.ids) == 3
    for read in (
        lambda: fresh.ids,
        lambda: loaded.texts,
        lambda: loaded.chunks(loaded.ids),
        lambda: loaded.mask((("source", "a"),)),
        loaded.facets,
        collection.snapshot,
        collection.counts,
        collection.judgments,
        lambda: collection.document("a"),
        lambda: put(collection, tiny_encoder, document("b", "y")),
    ):
        with pytest.raises(CollectionMissingError, match="“c”"):
            read()


def test_a_name_used_again_does_not_meet_the_old_content(
    store: Store, tiny_encoder: TinyEncoder
) -> None:
    old = store.create("c", tiny_encoder)
    put(old, tiny_encoder, document("a", "x"))
    store.delete("c")
    new = store.create("c", tiny_encoder)
    assert new.counts().chunks == 0
    assert new.snapshot().ids == ()
    assert new.snapshot().matrix.shape == (0, 16)
    with pytest.raises(CollectionMissingError):
        old.counts()


def test_a_half_finished_deletion_leaves_nothing_in_the_way(
    store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("c", tiny_encoder)
    store._database.drop_table(f"{collection.info.id}.chunks")
    assert store.list() == ()
    store.create("c", tiny_encoder)
    assert store.names() == ("c",)


def _write_from_another_process(home: Path) -> None:
    put(Store(home).open("c"), TinyEncoder(), document("b", "y"))


def test_writes_of_another_process_are_seen(
    home: Path, store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("c", tiny_encoder)
    put(collection, tiny_encoder, document("a", "x"))
    before = collection.snapshot()
    process = multiprocessing.get_context("spawn").Process(
        target=_write_from_another_process, args=(home,)
    )
    process.start()
    process.join()
    assert process.exitcode == 0
    assert before.texts == ("x",)
    assert sorted(collection.snapshot().texts) == ["x", "y"]


def test_writers_at_once_neither_lose_nor_double(store: Store, tiny_encoder: TinyEncoder) -> None:
    collection = store.create("c", tiny_encoder)
    documents = [document(f"d{n}", f"text {n}") for n in range(6)]

    def write(turn: int) -> None:
        put(store.open("c"), tiny_encoder, documents[turn % 6], documents[(turn + 1) % 6])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(12)))
    assert sorted(collection.snapshot().document_ids) == sorted(one.id for one in documents)
    assert collection.counts().documents == 6


def _write_many(home: Path) -> None:
    collection = Store(home).open("c")
    for number in range(6):
        put(collection, TinyEncoder(), document(f"d{number}", f"text {number}"))


def test_processes_that_write_the_same_documents_do_not_double_them(
    home: Path, store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("c", tiny_encoder)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write_many, args=(home,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert sorted(collection.snapshot().document_ids) == sorted(f"d{n}" for n in range(6))
    assert collection.counts().documents == 6


def test_another_process_that_writes_the_same_document_meanwhile_does_not_double_it(
    store: Store, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = store.create("c", tiny_encoder)
    put(collection, tiny_encoder, document("b", "y"))
    has_stale, other = keys.has_stale, document("a", "other")

    def then_another_writes(table, ids, chunk_ids) -> bool:
        answer = has_stale(table, ids, chunk_ids)
        collection._table("chunks").add(
            chunk_rows(chunks_of(other), tiny_encoder.encode_documents([other.text]))
        )
        return answer

    monkeypatch.setattr(keys, "has_stale", then_another_writes)
    put(collection, tiny_encoder, document("a", "mine"))
    assert sorted(collection.snapshot().texts) == ["mine", "y"]


def test_vectors_of_the_wrong_shape_or_length_are_a_mistake_of_the_caller(
    store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("c", tiny_encoder)
    one = document("a", "x")
    for vectors in (np.ones((1, 3)), np.ones((2, 16)), np.full((1, 16), np.nan), np.zeros((1, 16))):
        with pytest.raises(ValueError, match="vectors"):
            collection.replace([one], chunks_of(one), vectors.astype(np.float32))
    assert collection.counts().chunks == 0


def test_another_encoder_is_refused(store: Store, tiny_encoder: TinyEncoder) -> None:
    collection = store.create("c", tiny_encoder)
    collection.check_encoder(TinyEncoder())
    with pytest.raises(CollectionError, match="made with tiny-0, not with tiny-1"):
        collection.check_encoder(TinyEncoder(seed=1))


def test_compacting_keeps_every_chunk_and_old_snapshots(
    store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("c", tiny_encoder)
    for number in range(20):
        put(collection, tiny_encoder, document(f"d{number}", f"text {number}"))
    before = collection.snapshot()
    collection.compact()
    after = collection.snapshot()
    assert after.version > before.version
    assert set(after.texts) == set(before.texts)
    assert collection._table("chunks").stats()["fragment_stats"]["num_fragments"] == 1


def test_a_home_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="home"):
        Store(tmp_path / "file")


def test_a_full_disk_is_a_storage_error_and_loses_nothing(
    home: Path, store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("c", tiny_encoder)
    put(collection, tiny_encoder, document("a", "x"))
    # A limit on the size of files fails like a full disk, and needs no disk of its own.
    process = multiprocessing.get_context("spawn").Process(target=_fill_the_disk, args=(home,))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert collection.snapshot().texts == ("x",)


def _fill_the_disk(home: Path) -> None:
    import resource  # noqa: PLC0415 - only on Unix
    import signal  # noqa: PLC0415

    collection = Store(home).open("c")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
    with pytest.raises(StorageError, match="no room"):
        put(collection, TinyEncoder(), document("b", "y" * 3_000))
