"""SIGKILL at any moment of an ingestion, then resume: nothing is lost and nothing is doubled."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from retrieval.errors import StorageError
from retrieval.ingest import pipeline
from retrieval.ingest.orders import Ingestions, Upload
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.sources import from_text, from_upload
from retrieval.jobs import Jobs
from retrieval.settings import Chunking
from retrieval.store import Store
from tests.conftest import TinyEncoder

ROOT = Path(__file__).resolve().parents[3]
BATCH_CHUNKS = 16
SECONDS = 600
CHILD = "import sys; from tests.unit.ingest.test_kill import child; child(*sys.argv[1:])"


def corpus(documents: int) -> bytes:
    rng = random.Random(documents)
    words = "the cat and the dog no plant helps a medicine water".split()
    lines = []
    for number in range(documents):
        text = " ".join(rng.choices(words, k=rng.randint(1, 60)))
        lines.append(json.dumps({"_id": f"d{number}", "text": f"{text} {number}"}))
    return "\n".join(lines).encode()


def ingestions(home: Path) -> tuple[Jobs, Ingestions]:
    jobs = Jobs(home / "jobs")
    return jobs, Ingestions(jobs, Store(home), lambda _: TinyEncoder(), home / "spool")


def run(home: Path, documents: int) -> None:
    """Ingest, or resume what a kill left behind."""
    jobs, orders = ingestions(home)
    left = orders.unfinished()
    if left:
        job = jobs.resume(left[0].id)
    else:
        upload = Upload("r.jsonl", corpus(documents))
        job = orders.submit("c", "tiny-0", Chunking(16), uploads=[upload])
    assert jobs.wait(job.id, SECONDS).state == "done"
    jobs.close()


def child(home: str, documents: str) -> None:
    pipeline.BATCH_CHUNKS = BATCH_CHUNKS
    print("ready", flush=True)  # noqa: T201 - the parent waits for it
    run(Path(home), int(documents))


def start(home: Path, documents: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(home), str(documents)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def content(home: Path) -> tuple[pa.Table, pa.Table]:
    """All rows of both tables, in the order of their keys."""
    collection = Store(home).open("c")
    chunks = collection._table("chunks").to_arrow().sort_by("chunk_id")
    documents = collection._table("documents").to_arrow().sort_by("document_id")
    return chunks, documents


def kill_and_resume(tmp_path: Path, documents: int, moments: int, seed: int) -> None:
    with start(tmp_path / "whole", documents) as process:
        begun = time.monotonic()
        assert process.wait(SECONDS) == 0
        duration = time.monotonic() - begun
    expected = content(tmp_path / "whole")
    assert expected[1].num_rows == documents
    rng = random.Random(seed)
    interrupted = 0
    for moment in range(moments):
        home = tmp_path / f"killed-{moment}"
        with start(home, documents) as process:
            time.sleep(rng.uniform(0, duration))
            process.kill()
            process.wait()
        interrupted += any(job.state == "interrupted" for job in Jobs(home / "jobs").list())
        run(home, documents)
        assert content(home) == expected, f"seed {seed}, moment {moment}"
    assert interrupted or moments < 5


def test_a_kill_at_any_moment_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, documents=150, moments=3, seed=random.randrange(10**6))


def _fill_the_disk(home: Path) -> None:
    import resource  # noqa: PLC0415 - only on Unix
    import signal  # noqa: PLC0415

    encoder = TinyEncoder()
    collection = Store(home).open("c")
    text = " ".join(random.Random(1).choices("abcdefghij", k=40_000))
    # A limit on the size of files fails like a full disk, and needs no disk of its own.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    with pytest.raises(StorageError, match="no room"):
        ingest(collection, [*from_upload("r.jsonl", corpus(30)), from_text(text)], encoder)


def test_a_full_disk_is_one_line_and_what_is_finished_is_kept(
    home: Path, store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("c", tiny_encoder, Chunking(16))
    ingest(collection, from_upload("r.jsonl", corpus(20)), tiny_encoder)
    process = multiprocessing.get_context("spawn").Process(target=_fill_the_disk, args=(home,))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert collection.counts().documents >= 20
    report = ingest(collection, from_upload("r.jsonl", corpus(30)), tiny_encoder)
    assert report.documents == 30


@pytest.mark.benchmark
def test_twenty_kills_of_two_thousand_documents(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, documents=2_000, moments=20, seed=20)
