"""An ingestion as a whole: counted, replaced, resumed, cancelled, and never brought to a halt."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import CollectionError, CollectionMissingError
from retrieval.ingest import cutting, pipeline
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.report import REASONS_A_FILE, Report
from retrieval.ingest.sources import Found, Source, expand, from_upload
from retrieval.models.protocols import Floats
from retrieval.progress import Progress
from retrieval.settings import Chunking
from retrieval.store import Collection, Store
from retrieval.types import Chunk, Document, Judgment
from tests.conftest import TinyEncoder
from tests.unit.ingest.test_sources import make_zip


def files(contents: dict[str, str | bytes]) -> list[Found]:
    return [_file(name, data) for name, data in contents.items()]


def _file(name: str, data: str | bytes) -> Source:
    content = data.encode() if isinstance(data, str) else data
    return Source(name, len(content), lambda: io.BytesIO(content))


def reasons(report: Report) -> dict[str, str]:
    return {one.file: one.reason for one in report.skipped}


@pytest.fixture
def collection(store: Store, tiny_encoder: TinyEncoder) -> Collection:
    return store.create("c", tiny_encoder, Chunking(16))


def records(count: int, text: str = "the cat and the dog") -> str:
    lines = ({"_id": f"r{n}", "text": f"{text} {n}"} for n in range(count))
    return "\n".join(json.dumps(line) for line in lines)


def test_the_report_counts_what_the_collection_now_holds(
    collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    ingest(collection, files({"old.txt": "the plant"}), tiny_encoder)
    report = ingest(collection, files({"a.txt": "the cat", "b.md": "# B\n\nwater"}), tiny_encoder)
    assert report.as_dict() == {
        "collection": "c",
        "documents": 3,
        "chunks": 3,
        "added": 2,
        "replaced": 0,
        "unchanged": 0,
        "skipped": [],
        "seconds": report.seconds,
    }
    assert json.loads(json.dumps(report.as_dict())) == report.as_dict()


def test_what_is_stored_is_what_the_encoder_makes_of_each_text(
    collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    ingest(collection, files({"a.txt": "the cat " * 30, "r.jsonl": records(5)}), tiny_encoder)
    snapshot = collection.snapshot()
    assert (snapshot.matrix == tiny_encoder.encode_documents(snapshot.texts)).all()
    for chunk in snapshot.chunks(snapshot.ids).values():
        whole = collection.document(chunk.document_id).text
        assert whole[chunk.start : chunk.end] == chunk.text


def test_the_same_files_again_change_nothing_and_cost_no_encoding(
    collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    found = files({"a.txt": "the cat", "r.jsonl": records(300)})
    first = ingest(collection, found, tiny_encoder)
    version, read = collection.snapshot().version, len(tiny_encoder.texts_read)
    again = ingest(collection, found, tiny_encoder)
    assert (first.added, again.added, again.unchanged) == (301, 0, 301)
    assert collection.snapshot().version == version
    assert len(tiny_encoder.texts_read) == read


def test_a_changed_document_is_replaced_in_one_commit(
    collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    ingest(collection, files({"a.txt": "the cat " * 40, "b.txt": "the dog"}), tiny_encoder)
    before = collection.snapshot()
    report = ingest(collection, files({"a.txt": "no plant", "b.txt": "the dog"}), tiny_encoder)
    after = collection.snapshot()
    assert (report.replaced, report.unchanged, report.added) == (1, 1, 0)
    assert after.version == before.version + 1
    assert sorted(after.texts) == ["no plant", "the dog"]


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The documents of each commit, in a collection whose batches have four passages."""
    monkeypatch.setattr(pipeline, "BATCH_CHUNKS", 4)
    monkeypatch.setattr(pipeline, "HELD_SHARE", 2)
    sizes: list[int] = []
    store_them = Collection.replace

    def counted(self: Collection, documents: Sequence[Document], *rest: object) -> None:
        sizes.append(len(documents))
        store_them(self, documents, *rest)

    monkeypatch.setattr(Collection, "replace", counted)
    return sizes


def test_the_larger_the_collection_the_more_changed_documents_share_a_commit(
    collection: Collection, tiny_encoder: TinyEncoder, commits: list[int]
) -> None:
    ingest(collection, files({"r.jsonl": records(40)}), tiny_encoder)
    assert commits == [4] * 10
    commits.clear()
    report = ingest(collection, files({"r.jsonl": records(41, "water")}), tiny_encoder)
    assert commits == [20, 20, 1]
    assert (report.added, report.replaced, report.chunks) == (1, 40, 41)
    assert all(text.startswith("water") for text in collection.snapshot().texts)


def test_changed_documents_that_wait_are_stored_when_a_person_stops(
    collection: Collection, tiny_encoder: TinyEncoder, commits: list[int]
) -> None:
    ingest(collection, files({"r.jsonl": records(40)}), tiny_encoder)
    commits.clear()
    told: list[Progress] = []
    report = ingest(
        collection,
        files({"r.jsonl": records(40, "water")}),
        tiny_encoder,
        on_progress=told.append,
        cancelled=lambda: bool(told) and told[-1].documents >= 8,
    )
    assert report.cancelled
    assert 0 < report.replaced == sum(commits) < 20
    assert sum(text.startswith("water") for text in collection.snapshot().texts) == sum(commits)


def test_a_kill_between_the_two_commits_is_repaired_by_ingesting_again(
    collection: Collection, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(collection, files({"a.txt": "the cat"}), tiny_encoder)
    changed = files({"a.txt": "the dog", "b.txt": "water"})

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        # Only the second commit goes through here.
        patched.setattr(Collection, "_upsert", killed)
        with pytest.raises(KeyboardInterrupt):
            ingest(collection, changed, tiny_encoder)
    assert sorted(collection.snapshot().texts) == ["the dog", "water"]
    report = ingest(collection, changed, tiny_encoder)
    assert (report.documents, report.chunks) == (2, 2)
    assert (report.added, report.replaced) == (1, 1)
    assert collection.document("a.txt").text == "the dog"
    assert ingest(collection, changed, tiny_encoder).unchanged == 2


def test_a_bad_file_is_a_line_and_the_rest_goes_on(
    collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    contents: dict[str, str | bytes] = {
        "broken.pdf": b"%PDF-1.4 nothing",
        "empty.txt": b"",
        "blank.txt": b" \n ",
        "wrong.txt": b"%PDF-1.4",
        "binary.md": b"a\x00b",
        "photo.xyz": b"x",
        "blank.jsonl": b"\n\n",
        "header.csv": b"id,text\n",
        "rows.jsonl": b'{"_id": "ok", "text": "the cat"}\n{broken\n',
        "good <b>.txt": b"<script>alert(1)</script>",
    }
    report = ingest(collection, files(contents), tiny_encoder)
    assert report.added == 2
    assert reasons(report).keys() == contents.keys() - {"good <b>.txt"}
    assert all(reason and "\n" not in reason for reason in reasons(report).values())
    assert reasons(report)["rows.jsonl"] == "line 2 is not valid JSON"
    assert collection.document("good <b>.txt").text == "<script>alert(1)</script>"
    assert "<script>alert(1)" in collection.snapshot().texts


def test_a_file_that_cannot_be_opened_is_a_line(
    collection: Collection, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("the cat")
    (tmp_path / "b.txt").write_text("the dog")
    found = list(expand([tmp_path / "a.txt", tmp_path / "b.txt"]))
    (tmp_path / "a.txt").unlink()
    report = ingest(collection, found, tiny_encoder)
    assert report.added == 1
    assert reasons(report) == {"a.txt": "it cannot be read: No such file or directory"}


def test_a_zip_damaged_inside_is_a_line(collection: Collection, tiny_encoder: TinyEncoder) -> None:
    data = bytearray(make_zip({"a.txt": b"the cat and the dog " * 50, "b.txt": b"the dog"}))
    start = data.index(b"a.txt") + 8
    data[start : start + 6] = b"\xff" * 6
    report = ingest(collection, from_upload("x.zip", bytes(data)), tiny_encoder)
    assert (report.added, reasons(report)) == (1, {"a.txt": "it is damaged inside the ZIP"})


def test_thousands_of_bad_rows_are_a_bounded_number_of_lines(
    collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    report = ingest(collection, files({"r.jsonl": "x\n" * 1_000}), tiny_encoder)
    assert len(report.skipped) == REASONS_A_FILE + 1
    assert str(1_000 - REASONS_A_FILE) in report.skipped[-1].reason


def test_two_files_of_one_path_are_both_refused(
    collection: Collection, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text(folder)
    (tmp_path / "a" / "y.txt").write_text("the cat")
    report = ingest(collection, expand([tmp_path / "a", tmp_path / "b"]), tiny_encoder)
    assert report.added == 1
    assert [one.file for one in report.skipped] == ["x.txt", "x.txt"]


def test_an_id_used_twice_keeps_the_first_and_names_both(
    collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    one = '{"_id": "r0", "text": "first"}\n{"_id": "r0", "text": "second"}\n'
    found = files({"a.jsonl": one, "b.jsonl": records(2)})
    report = ingest(collection, found, tiny_encoder)
    assert report.added == 2
    assert collection.document("r0").text == "first"
    assert reasons(report) == {
        "a.jsonl": "the id “r0” was used already earlier in it; the first one is kept",
        "b.jsonl": "the id “r0” was used already by a.jsonl; the first one is kept",
    }


def test_cancelling_keeps_what_is_finished_and_running_again_does_the_rest(
    collection: Collection, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_CHUNKS", 10)
    found = files({"r.jsonl": records(35)})

    def enough() -> bool:
        return len(tiny_encoder.texts_read) >= 20

    report = ingest(collection, found, tiny_encoder, cancelled=enough)
    assert report.cancelled
    assert (report.added, report.documents, report.chunks) == (20, 20, 20)
    rest = ingest(collection, found, tiny_encoder)
    assert (rest.added, rest.unchanged, rest.cancelled) == (15, 20, False)
    assert len(tiny_encoder.texts_read) == 35


def test_a_cancelled_document_is_not_stored_in_part(
    collection: Collection, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_CHUNKS", 2)
    report = ingest(
        collection,
        files({"long.txt": "the cat and the dog. " * 50}),
        tiny_encoder,
        cancelled=lambda: len(tiny_encoder.texts_read) >= 4,
    )
    assert report.cancelled
    assert (report.documents, report.chunks) == (0, 0)


def passages(collection: Collection) -> list[Chunk]:
    return [
        one
        for document in ("a.txt", "long.txt", "z.txt")
        for one in collection.document_chunks(document)
    ]


def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "PART_CHUNKS", 3)


LONG = "the cat and the dog. " * 200
AROUND: dict[str, str | bytes] = {"a.txt": "the cat", "long.txt": LONG, "z.txt": "the dog"}


def test_a_long_document_stored_in_parts_is_the_same_and_one_change_to_whoever_reads(
    store: Store, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = store.create("whole", tiny_encoder, Chunking(16))
    ingest(whole, files(AROUND), tiny_encoder)
    in_parts(monkeypatch)
    parts = store.create("parts", tiny_encoder, Chunking(16))
    before = parts.snapshot().version
    report = ingest(parts, files(AROUND), tiny_encoder)
    assert report.added == 3
    assert passages(parts) == passages(whole)
    assert len(parts.document_chunks("long.txt")) > 10 * 3
    # What came before it, the long one, what came after it.
    assert parts.snapshot().version - before == 3
    assert ingest(parts, files(AROUND), tiny_encoder).unchanged == 3


@pytest.mark.parametrize("text", [LONG + "no plant helps", LONG[:21] * 3, "no plant. " + LONG])
def test_a_long_document_that_changed_is_replaced_whole(
    store: Store, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    changed = {**AROUND, "long.txt": text}
    fresh = store.create("fresh", tiny_encoder, Chunking(16))
    ingest(fresh, files(changed), tiny_encoder)
    in_parts(monkeypatch)
    collection = store.create("c", tiny_encoder, Chunking(16))
    ingest(collection, files(AROUND), tiny_encoder)
    before = collection.snapshot().version
    report = ingest(collection, files(changed), tiny_encoder)
    assert (report.added, report.replaced, report.unchanged) == (0, 1, 2)
    assert passages(collection) == passages(fresh)
    assert collection.document("long.txt").text == text
    assert collection.snapshot().version - before == 1


def test_a_long_document_that_was_cancelled_is_not_stored_in_part(
    collection: Collection, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts(monkeypatch)

    def enough() -> bool:
        return len(tiny_encoder.texts_read) > 20

    report = ingest(collection, files(AROUND), tiny_encoder, cancelled=enough)
    assert report.cancelled
    assert (report.documents, report.chunks) == (1, 1)
    assert ingest(collection, files(AROUND), tiny_encoder).added == 2


class BatchEncoder(TinyEncoder):
    """Remembers how many passages each call was given."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def encode_documents(self, texts: Sequence[str]) -> Floats:
        self.calls.append(len(texts))
        return super().encode_documents(texts)


def test_cutting_a_long_document_ends_soon_after_a_stop(
    collection: Collection, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut, begun, made = cutting.cut, threading.Event(), []

    def slow(*given: object) -> Iterator[Chunk]:
        for chunk in cut(*given):
            begun.set()
            time.sleep(0.01)
            made.append(chunk)
            yield chunk

    monkeypatch.setattr(cutting, "cut", slow)
    long = files({"a.txt": "the cat and the dog. " * 3_000})
    report = ingest(collection, long, tiny_encoder, cancelled=begun.is_set)
    assert report.cancelled
    assert 0 < len(made) < 200
    assert collection.counts().chunks == 0


def test_passages_are_encoded_and_stored_in_bounded_batches(store: Store) -> None:
    encoder = BatchEncoder()
    collection = store.create("c", encoder, Chunking(16))
    before = collection.snapshot().version
    long = "the cat and the dog. " * 1_500
    ingest(collection, files({"r.jsonl": records(600), "long.txt": long}), encoder)
    assert max(encoder.calls) <= pipeline.BATCH_CHUNKS
    assert sum(encoder.calls) == collection.counts().chunks
    assert collection.snapshot().version - before == 3


def test_progress_only_grows_and_ends_at_the_whole(
    collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    seen: list[Progress] = []
    # Longer than what a reader takes at once.
    lines = records(600).replace('"}', '"' + " " * 400 + "}")
    contents: dict[str, str | bytes] = {"a.txt": "the cat", "r.jsonl": lines, "e.txt": ""}
    ingest(collection, files(contents), tiny_encoder, on_progress=seen.append)
    assert [one.chunks for one in seen] == sorted(one.chunks for one in seen)
    assert [one.documents for one in seen] == sorted(one.documents for one in seen)
    last = seen[-1]
    assert (last.files, last.total_files, last.documents, last.chunks) == (3, 3, 601, 601)
    assert last.fraction == 1
    assert any(0 < one.fraction < 1 for one in seen)


def test_another_encoder_is_refused_before_anything_is_read(collection: Collection) -> None:
    with pytest.raises(CollectionError, match="made with tiny-0"):
        ingest(collection, files({"a.txt": "the cat"}), TinyEncoder(seed=1))
    assert collection.counts().documents == 0


def test_a_collection_deleted_during_ingestion_is_one_clear_error(
    store: Store, collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    def delete(progress: Progress) -> None:
        if progress.chunks >= 256 and "c" in store.names():
            store.delete("c")

    found = files({"r.jsonl": records(600)})
    with pytest.raises(CollectionMissingError, match="“c”"):
        ingest(collection, found, tiny_encoder, on_progress=delete)


BEIR = {
    "corpus.jsonl": records(3).encode(),
    "queries.jsonl": b'{"_id": "q1", "text": "which cat?", "metadata": {}}\n',
    "qrels/test.tsv": b"query-id\tcorpus-id\tscore\nq1\tr1\t2\n",
}


def test_a_beir_folder_and_its_zip_bring_questions_and_judgments_along(
    store: Store, tiny_encoder: TinyEncoder, tmp_path: Path
) -> None:
    folder = tmp_path / "beir"
    for name, data in BEIR.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    wrapped = make_zip({f"tiny/{name}": data for name, data in BEIR.items()})
    for name, found in (("folder", expand([folder])), ("zip", from_upload("x.zip", wrapped))):
        collection = store.create(name, tiny_encoder)
        report = ingest(collection, found, tiny_encoder)
        assert (report.added, report.skipped) == (3, ())
        assert collection.document("r1").text == "the cat and the dog 1"
        assert [(q.id, q.text) for q in collection.questions()] == [("q1", "which cat?")]
        assert collection.judgments() == {"q1": {"r1": 2}}


class SlowEncoder(TinyEncoder):
    """Takes its time, so that a test can look at what goes on beside it."""

    def encode_documents(self, texts: Sequence[str]) -> Floats:
        time.sleep(0.05)
        return super().encode_documents(texts)


def test_reading_runs_ahead_of_encoding_but_only_a_little(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_CHUNKS", 4)
    monkeypatch.setattr(cutting, "GROUP_DOCUMENTS", 4)
    encoder = SlowEncoder()
    opened: list[str] = []

    def noted(source: Source) -> Source:
        return replace(source, opener=lambda: (opened.append(source.id), source.opener())[1])

    found = [noted(one) for one in files({f"{n:03}.txt": "the cat" for n in range(100)})]
    ahead: list[int] = []

    def look(progress: Progress) -> None:
        ahead.append(len(set(opened)) - progress.documents)

    collection = store.create("c", encoder, Chunking(16))
    ingest(collection, found, encoder, on_progress=look)
    assert 8 <= max(ahead) <= 40
    assert [one.id for one in collection.documents()] == [one.id for one in found]


def test_progress_is_told_in_the_thread_of_the_caller(
    collection: Collection, tiny_encoder: TinyEncoder
) -> None:
    told: set[int] = set()
    asked: set[int] = set()
    ingest(
        collection,
        files({"r.jsonl": records(600)}),
        tiny_encoder,
        on_progress=lambda _: told.add(threading.get_ident()),
        cancelled=lambda: asked.add(threading.get_ident()) is not None,
    )
    assert told == asked == {threading.get_ident()}


@pytest.mark.parametrize("where", ["read", "cut", "encode", "store", "progress"])
def test_an_error_anywhere_comes_out_once_and_ends_every_thread(
    where: str, collection: Collection, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError(where)

    targets = {
        "read": ("retrieval.ingest.reading.parser_for", fail),
        "cut": ("retrieval.ingest.cutting.cut", fail),
        "encode": ("tests.conftest.TinyEncoder.encode_documents", fail),
        "store": ("retrieval.store.collection.Collection.replace", fail),
    }
    if where in targets:
        monkeypatch.setattr(*targets[where])
    on_progress = fail if where == "progress" else None
    before = set(threading.enumerate())
    with pytest.raises(ZeroDivisionError, match=where):
        ingest(
            collection,
            files({f"{n}.jsonl": records(300) for n in range(9)}),
            tiny_encoder,
            on_progress=on_progress,
        )
    # Others that stood before may end meanwhile; none may be new.
    assert set(threading.enumerate()) <= before


def test_judgments_are_stored_after_the_documents_that_came_before_them(
    collection: Collection, tiny_encoder: TinyEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    def note(self: Collection, judgments: Iterable[Judgment]) -> None:
        if list(judgments):
            held.append(self.counts().documents)

    monkeypatch.setattr(Collection, "add_judgments", note)
    corpus = replace(_file("corpus.jsonl", records(300)), role="corpus")
    qrels = replace(_file("qrels.tsv", "q1\tr1\t1\n"), role="judgments")
    ingest(collection, [corpus, qrels], tiny_encoder)
    assert held == [300]
