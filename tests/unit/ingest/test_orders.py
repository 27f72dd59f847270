"""Ingestions as jobs: spooled, in turn, resumed, and failing in one clear line."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from retrieval.errors import IngestError, StorageError
from retrieval.ingest.columns import Columns
from retrieval.ingest.orders import Ingestions, Order, Upload
from retrieval.jobs import Job, Jobs
from retrieval.models.protocols import Floats
from retrieval.settings import Chunking, settings
from retrieval.store import Store
from tests.conftest import TinyEncoder
from tests.unit.ingest.test_pipeline import records
from tests.unit.ingest.test_sources import make_zip

SECONDS = 30


class Held(TinyEncoder):
    """Waits before each batch until it is let go."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.go = threading.Event()
        self.go.set()
        self.waiting = threading.Event()

    def encode_documents(self, texts: Sequence[str]) -> Floats:
        self.waiting.set()
        self.go.wait(SECONDS)
        return super().encode_documents(texts)


@pytest.fixture
def encoder() -> Held:
    return Held()


@pytest.fixture
def jobs(home: Path) -> Iterator[Jobs]:
    made = Jobs(home / "jobs")
    yield made
    made.close()


@pytest.fixture
def ingestions(home: Path, store: Store, jobs: Jobs, encoder: Held) -> Iterator[Ingestions]:
    yield Ingestions(
        jobs,
        store,
        lambda encoder_id: encoder if encoder_id == encoder.id else TinyEncoder(1),
        home / "spool",
    )
    encoder.go.set()


def order(ingestions: Ingestions, *uploads: Upload, collection: str = "c") -> Job:
    return ingestions.submit(collection, "tiny-0", Chunking(16), uploads=uploads)


def ids(store: Store, name: str = "c") -> list[str]:
    return sorted(one.id for one in store.open(name).documents(limit=10_000))


def test_uploads_become_a_collection_and_the_spool_is_emptied(
    ingestions: Ingestions, jobs: Jobs, store: Store, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "big.txt").write_text("no plant")
    job = order(
        ingestions,
        Upload("C:\\x\\a.txt", b"the cat"),
        Upload("z.zip", make_zip({"in/b.txt": b"the dog"})),
        Upload("big.txt", tmp_path / "big.txt"),
    )
    done = jobs.wait(job.id, SECONDS)
    assert done.state == "done", done.error
    assert done.result is not None
    assert (done.result["added"], done.result["skipped"]) == (3, [])
    assert ids(store) == ["a.txt", "big.txt", "in/b.txt"]
    assert list((home / "spool").iterdir()) == []


def test_two_uploads_into_one_collection_at_once_take_turns_and_lose_nothing(
    ingestions: Ingestions, jobs: Jobs, store: Store
) -> None:
    made = [
        order(ingestions, Upload(f"{n}.jsonl", records(300).replace('"r', f'"{n}-').encode()))
        for n in range(2)
    ]
    assert [jobs.wait(job.id, SECONDS).state for job in made] == ["done", "done"]
    assert store.open("c").counts().documents == 600


def test_columns_and_names_that_are_strange_survive_the_spool(
    ingestions: Ingestions, jobs: Jobs, store: Store
) -> None:
    chosen = {"t.csv": Columns("note", id="no", metadata=("kind",))}
    job = ingestions.submit(
        "c",
        "tiny-0",
        Chunking(16),
        uploads=[
            Upload("t.csv", b"no,body,kind,note\n7,long text here,k,the cat\n"),
            Upload("..", b"x"),
            Upload("ü" * 300 + ".txt", b"the dog"),
        ],
        columns=chosen,
    )
    done = jobs.wait(job.id, SECONDS)
    assert store.open("c").document("7").text == "the cat"
    assert store.open("c").document("7").metadata == {"kind": "k"}
    assert done.result is not None
    assert [one["file"] for one in done.result["skipped"]] == ["upload"]
    assert done.result["added"] == 2


def test_an_order_comes_back_as_it_was_written() -> None:
    one = Order("c", "e", Chunking(32, 8), ("a",), ("/x",), {"a": Columns("t", metadata=("m",))})
    assert Order.from_dict(one.as_dict()) == one


def test_cancelling_keeps_what_is_finished_and_resuming_does_the_rest(
    ingestions: Ingestions,
    jobs: Jobs,
    store: Store,
    encoder: Held,
    home: Path,
) -> None:
    encoder.go.clear()
    job = order(ingestions, Upload("r.jsonl", records(2_000).encode()))
    encoder.waiting.wait(SECONDS)
    jobs.cancel(job.id)
    encoder.go.set()
    stopped = jobs.wait(job.id, SECONDS)
    assert stopped.state == "cancelled"
    assert store.open("c").counts().documents < 2_000
    assert [one.id for one in ingestions.unfinished()] == [job.id]
    jobs.resume(job.id)
    assert jobs.wait(job.id, SECONDS).state == "done"
    assert store.open("c").counts().documents == 2_000
    assert list((home / "spool").iterdir()) == []


def test_giving_up_empties_the_spool(
    ingestions: Ingestions, jobs: Jobs, home: Path, encoder: Held
) -> None:
    encoder.go.clear()
    job = order(ingestions, Upload("a.txt", b"the cat"))
    waiting = order(ingestions, Upload("b.txt", b"the dog"))
    jobs.cancel(waiting.id)
    ingestions.forget(waiting.id)
    assert [one.name for one in (home / "spool").iterdir()] == [job.id]
    assert ingestions.unfinished() == ()


def test_a_collection_deleted_during_ingestion_is_one_clear_line(
    ingestions: Ingestions, jobs: Jobs, store: Store, encoder: Held
) -> None:
    encoder.go.clear()
    job = order(ingestions, Upload("r.jsonl", records(600).encode()))
    encoder.waiting.wait(SECONDS)
    store.delete("c")
    encoder.go.set()
    failed = jobs.wait(job.id, SECONDS)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error["code"] == "collection_missing"
    assert store.names() == ()


def test_another_encoder_is_one_clear_line(
    ingestions: Ingestions, jobs: Jobs, store: Store
) -> None:
    store.create("c", TinyEncoder())
    job = ingestions.submit("c", "tiny-1", Chunking(16), uploads=[Upload("a.txt", b"the cat")])
    failed = jobs.wait(job.id, SECONDS)
    assert failed.error is not None
    assert "made with tiny-0, not with tiny-1" in failed.error["message"]


def test_folders_of_the_server_are_checked_before_anything_is_queued(
    ingestions: Ingestions,
    jobs: Jobs,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "offered").mkdir()
    (tmp_path / "offered" / "a.txt").write_text("the cat")
    path = str(tmp_path / "offered")
    with pytest.raises(IngestError, match="offers no folder"):
        ingestions.submit("c", "tiny-0", Chunking(16), server_paths=[path])
    assert jobs.list() == ()
    monkeypatch.setenv("SECOND_LOOK_SERVER_FOLDERS", path)
    settings.cache_clear()
    job = ingestions.submit("c", "tiny-0", Chunking(16), server_paths=[path])
    assert jobs.wait(job.id, SECONDS).state == "done"
    assert ids(store) == ["a.txt"]


def test_nothing_to_ingest_is_said(ingestions: Ingestions) -> None:
    with pytest.raises(IngestError, match="nothing to ingest"):
        order(ingestions)


def test_a_spool_that_cannot_be_written_is_a_storage_error(
    store: Store, jobs: Jobs, tmp_path: Path, encoder: Held
) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = Ingestions(jobs, store, lambda _: encoder, tmp_path / "file" / "spool")
    with pytest.raises(StorageError, match="uploads"):
        order(blocked, Upload("a.txt", b"x"))
    assert jobs.list() == ()
