"""Managing: rename, versions and the way back, disk use, export and import to the same figures."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from retrieval.errors import CollectionError, CollectionMissingError, StorageError
from retrieval.ingest.pipeline import ingest
from retrieval.settings import Chunking, settings
from retrieval.store import Collection, Store
from retrieval.store import collections as collections_module
from retrieval.store.export import export_collection
from retrieval.store.importing import import_collection, read_manifest
from retrieval.store.portable import LAYOUTS, Layout
from retrieval.types import Judgment, Question
from tests.conftest import TinyEncoder
from tests.unit.ingest.test_pipeline import files, records


@pytest.fixture
def collection(store: Store, tiny_encoder: TinyEncoder) -> Collection:
    made = store.create("c", tiny_encoder, Chunking(16, 4))
    contents: dict[str, str | bytes] = {
        "a.md": "---\nkind: it's\n---\n# Größe\n\n" + "the cat and the dog. " * 30,
        "t.csv": 'id,title,text,lang\n7,Fern,"Water\r\nit",en\n8,,no title,de\n',
        "r.jsonl": records(300),
    }
    ingest(made, files(contents), tiny_encoder)
    made.add_questions([Question("q1", "which\tcat?", {"kind": "x"}), Question("q2", "why?")])
    made.add_judgments([Judgment("q1", "r1", 2), Judgment("q1", "a.md", 0)])
    return made


def content(collection: Collection) -> object:
    snapshot = collection.snapshot()
    order = sorted(range(len(snapshot)), key=lambda row: snapshot.ids[row])
    documents = collection.pinned()["documents"].to_arrow().sort_by("document_id")
    return (
        documents.to_pylist(),
        dict(sorted(snapshot.chunks(snapshot.ids).items())),
        snapshot.matrix[order].tolist(),
        sorted(collection.questions(), key=lambda one: one.id),
        collection.judgments(),
        (collection.info.encoder, collection.info.weights, collection.info.chunking),
    )


def test_a_renamed_collection_is_the_same_one(store: Store, collection: Collection) -> None:
    before = content(collection)
    renamed = store.rename("c", "New  name ü")
    assert store.names() == ("New  name ü",)
    assert renamed.info.id == collection.info.id
    assert content(store.open("New  name ü")) == before
    assert store.open("New  name ü").snapshot().collection == "New  name ü"
    with pytest.raises(CollectionMissingError):
        store.open("c")
    assert store.rename("New  name ü", "New  name ü").name == "New  name ü"


def test_a_name_that_is_taken_or_not_allowed_is_refused(
    store: Store, collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    store.create("other", tiny_encoder)
    for new, message in (("other", "already"), ("a/b", "cannot hold")):
        with pytest.raises(CollectionError, match=message):
            store.rename("c", new)
    with pytest.raises(CollectionMissingError):
        store.rename("gone", "new")
    assert store.names() == ("c", "other")


def test_a_kill_while_renaming_loses_nothing(
    store: Store, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        # Asked for only after the new name has been entered.
        patched.setattr(collections_module, "one_of", killed)
        with pytest.raises(KeyboardInterrupt):
            store.rename("c", "new")
    assert store.names() == ("c", "new")
    store.rename("c", "new")
    assert store.names() == ("new",)
    assert store.open("new").counts().documents == 303


def test_each_change_is_a_version_and_one_can_go_back(
    store: Store, collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    collection.versions.mark("Questions came")
    before = content(collection)
    collection.delete_documents([f"r{n}" for n in range(300)])
    ingest(collection, files({"a.md": "other"}), tiny_encoder)
    last, deleted, questions, first = collection.versions.list()
    assert [one.number for one in (last, deleted, questions, first)] == [4, 3, 2, 1]
    assert first.reason == "Ingested: 303 added, 0 replaced"
    assert (deleted.reason, deleted.documents) == ("Deleted documents", 3)
    assert last.reason == "Ingested: 0 added, 1 replaced"
    assert [one.is_current for one in (last, questions)] == [True, False]

    collection.versions.restore(questions.number)
    assert content(collection) == before
    assert collection.versions.list()[0].reason == "Went back to version 2"
    again = ingest(collection, files({"r.jsonl": records(300)}), tiny_encoder)
    assert again.unchanged == 300
    collection.versions.restore(last.number)
    assert collection.counts().documents == 3
    assert collection.document("a.md").text == "other"


def test_what_does_not_change_a_collection_makes_no_version(
    collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    numbers = [one.number for one in collection.versions.list()]
    ingest(collection, files({"r.jsonl": records(300)}), tiny_encoder)
    collection.versions.mark("Nothing")
    collection.versions.mark("Nothing")
    assert len(collection.versions.list()) == len(numbers) + 1  # the questions


def test_a_version_that_is_not_there_is_one_clear_error(
    store: Store, collection: Collection
) -> None:
    with pytest.raises(CollectionError, match="no version 99"):
        collection.versions.restore(99)
    store.delete("c")
    for act in (collection.versions.list, lambda: collection.versions.mark("x")):
        with pytest.raises(CollectionMissingError):
            act()
    assert store.names() == ()


def test_a_kill_while_going_back_is_repaired_by_going_back_again(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(collection)
    collection.versions.mark("all")
    number = collection.versions.list()[0].number
    collection.delete_documents(["a.md"])

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("lancedb.table.LanceTable.restore", killed)
        with pytest.raises(KeyboardInterrupt):
            collection.versions.restore(number)
    assert collection.counts().documents == 0
    collection.versions.restore(number)
    assert content(collection) == before


def test_a_collection_from_before_versions_were_kept_gets_them(
    store: Store, collection: Collection
) -> None:
    store._database.drop_table(f"{collection.info.id}.versions")
    assert collection.versions.list() == ()
    collection.delete_documents(["a.md"])
    assert [one.number for one in collection.versions.list()] == [1]


def test_disk_use_counts_rows_and_all_files(collection: Collection) -> None:
    before = collection.disk_use()
    assert before.total is not None
    assert 300 * 16 * 4 < before.current < before.total
    collection.delete_documents(["a.md"])
    after = collection.disk_use()
    assert after.total is not None
    assert after.total > before.total


@pytest.mark.parametrize("ending", ["", ".zip"])
@pytest.mark.parametrize(
    ("layout", "vectors"),
    [("parquet", True), ("parquet", False), ("jsonl", True), ("jsonl", False), ("beir", False)],
)
def test_an_export_is_imported_to_the_same_figures(
    *,
    layout: Layout,
    vectors: bool,
    ending: str,
    store: Store,
    collection: Collection,
    tiny_encoder: TinyEncoder,
    tmp_path: Path,
) -> None:
    before = content(collection)
    path = export_collection(collection, tmp_path / f"out{ending}", layout, vectors=vectors)
    manifest = read_manifest(path)
    assert (manifest.layout, manifest.has_vectors, manifest.info.chunks) == (
        layout,
        vectors,
        collection.info.chunks,
    )
    with pytest.raises(CollectionError, match="already"):
        import_collection(store, path, tiny_encoder)
    encoder = None if vectors else tiny_encoder
    assert content(import_collection(store, path, encoder, name="copy")) == before
    store.delete("c")
    assert content(import_collection(store, path, encoder)) == before
    assert store.names() == ("c", "copy")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_empty_collection_is_exported_too(
    layout: Layout, store: Store, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    export_collection(store.create("empty", tiny_encoder), tmp_path / "e.zip", layout)
    copy = import_collection(store, tmp_path / "e.zip", tiny_encoder, name="copy")
    assert copy.counts().chunks == 0


def test_exports_are_what_other_programs_read(collection: Collection, tmp_path: Path) -> None:
    export_collection(collection, tmp_path / "p", vectors=True)
    table = pq.read_table(tmp_path / "p" / "chunks.parquet")
    assert {"chunk_id", "document_id", "text", "start", "end", "vector"} <= set(table.column_names)
    assert table.num_rows == collection.counts().chunks
    export_collection(collection, tmp_path / "b", "beir")
    lines = (tmp_path / "b" / "corpus.jsonl").read_text().splitlines()
    by_id = {record["_id"]: record for record in map(json.loads, lines)}
    assert (by_id["7"]["title"], by_id["7"]["text"]) == ("Fern", "Water\r\nit")
    assert "q1\tr1\t2" in (tmp_path / "b" / "qrels" / "test.tsv").read_text()


def test_an_export_that_cannot_be_written_leaves_nothing(
    collection: Collection, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(CollectionError, match="already"):
        export_collection(collection, tmp_path / "taken")
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        export_collection(collection, tmp_path / "file" / "x")
    with pytest.raises(CollectionError, match="no place for vectors"):
        export_collection(collection, tmp_path / "x", "beir", vectors=True)
    collection.add_judgments([Judgment("q\t1", "r1", 1)])
    with pytest.raises(CollectionError, match="no way to write"):
        export_collection(collection, tmp_path / "x", "beir")
    assert sorted(one.name for one in tmp_path.iterdir() if one.name != "home") == ["file", "taken"]


def test_another_encoder_or_none_is_refused(
    store: Store, collection: Collection, tmp_path: Path
) -> None:
    path = export_collection(collection, tmp_path / "x.zip")
    with pytest.raises(CollectionError, match="holds no vectors"):
        import_collection(store, path, name="copy")
    with pytest.raises(CollectionError, match="made with tiny-0"):
        import_collection(store, path, TinyEncoder(1), name="copy")
    assert store.names() == ("c",)


def _change(path: Path, name: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    members[name] = members[name].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("collection.json", b"{", b"["),
        ("collection.json", b'"name"', b'"nom"'),
        ("collection.json", b'"chunks": 3', b'"chunks": 4'),
        ("documents.jsonl", b"the cat", b"the dog"),
        ("documents.jsonl", b'"marks"', b'"smark"'),
        ("chunks.jsonl", b'"r1"', b'"r2"'),
        ("chunks.jsonl", b"}\n", b"\n"),
        ("judgments.jsonl", b'"grade"', b'"mark"'),
    ],
)
def test_a_damaged_export_is_one_line_and_leaves_nothing(
    *, name: str, old: bytes, new: bytes, store: Store, collection: Collection, tmp_path: Path
) -> None:
    path = export_collection(collection, tmp_path / "x.zip", "jsonl", vectors=True)
    _change(path, name, old, new)
    with pytest.raises(CollectionError, match="no export of a collection, or damaged"):
        import_collection(store, path, name="copy")
    assert store.names() == ("c",)
    assert len(store._database.list_tables().tables) == 6


def test_no_zip_no_folder_and_a_bomb_are_one_line_each(
    store: Store, collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    (tmp_path / "empty").mkdir()
    for name in ("x.zip", "empty", "nowhere"):
        with pytest.raises(CollectionError, match="no export"):
            import_collection(store, tmp_path / name)
    path = export_collection(collection, tmp_path / "big.zip", "jsonl")
    _change(path, "chunks.jsonl", b"}\n", b"}" + b" " * 20_000 + b"\n")
    monkeypatch.setenv("SECOND_LOOK_MAX_EXPANDED_MB", "1")
    settings.cache_clear()
    with pytest.raises(CollectionError, match="limit of 1 MiB"):
        import_collection(store, path, name="copy")


def test_vectors_of_the_wrong_length_are_damage(
    store: Store, collection: Collection, tmp_path: Path
) -> None:
    path = export_collection(collection, tmp_path / "p", vectors=True)
    table = pq.read_table(path / "chunks.parquet")
    column = table.schema.get_field_index("vector")
    broken = [list(np.zeros(16))] * table.num_rows
    pq.write_table(table.set_column(column, "vector", [broken]), path / "chunks.parquet")
    with pytest.raises(CollectionError, match="damaged"):
        import_collection(store, path, name="copy")
