"""What an ingestion holds in memory: 100,000 passages against 1,000, and one text of 100 MB.

Run with ``pytest -m benchmark -s tests/benchmarks/test_ingestion_memory.py``. Each ingestion runs
in a process of its own, and its peak is printed: the resident set as the system counts it since
that process began. Reading, cutting, batching and storing are the real ones, with vectors of 384
numbers; the encoder is a table of token vectors, because a model's own memory is the same for any
corpus. ``SECOND_LOOK_BENCHMARK_LARGE`` is the larger number of passages, and
``SECOND_LOOK_BENCHMARK_TEXT_MB`` the size of the text, for a quicker run.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from retrieval.ingest.pipeline import ingest
from retrieval.ingest.sources import expand
from retrieval.models.protocols import Floats
from retrieval.settings import Chunking
from retrieval.store import Store
from tests.conftest import WORDS, TinyEncoder

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).resolve().parents[2]
CHILD = "import sys; from tests.benchmarks.test_ingestion_memory import child; child(*sys.argv[1:])"
SMALL, LARGE = 1_000, int(os.environ.get("SECOND_LOOK_BENCHMARK_LARGE", "100000"))
DIMENSION = 384
WORDS_A_PASSAGE = 50
MEGABYTE = 10**6
TEXT_BYTES = int(os.environ.get("SECOND_LOOK_BENCHMARK_TEXT_MB", "100")) * MEGABYTE
MOST_GROWTH = 2.5
"""Times the small peak that the large one may be, with a hundred times the passages."""


class WideEncoder(TinyEncoder):
    """The tiny encoder with vectors as long as a real one's, and no memory of what it read."""

    def __init__(self) -> None:
        super().__init__()
        self.dimension = DIMENSION
        size = self.tokenizer.get_vocab_size()
        self._vectors: Floats = np.random.default_rng(0).normal(size=(size, DIMENSION))

    def encode_documents(self, texts: Sequence[str]) -> Floats:
        return self._encode(texts)


def sentences(seed: int) -> Iterator[str]:
    rng = random.Random(seed)
    while True:
        yield " ".join(rng.choices(WORDS, k=WORDS_A_PASSAGE)) + "."


def records(path: Path, count: int) -> Path:
    """A file of records, of one passage each."""
    source = sentences(count)
    with path.open("w", encoding="utf-8") as stream:
        for number in range(count):
            stream.write(json.dumps({"_id": str(number), "text": next(source)}) + "\n")
    return path


def long_text(path: Path) -> Path:
    """One text of a hundred megabytes, in paragraphs of a few sentences."""
    source = sentences(1)
    with path.open("w", encoding="utf-8") as stream:
        while stream.tell() < TEXT_BYTES:
            stream.write("\n".join(next(source) for _ in range(5)) + "\n\n")
    return path


def peak_memory() -> int:
    """The most memory this process has held, in MiB; ``getrusage`` would count its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) >> 10


def child(home: str, path: str) -> None:
    encoder = WideEncoder()
    collection = Store(Path(home)).create("c", encoder, Chunking(60))
    before, started = peak_memory(), time.perf_counter()
    report = ingest(collection, expand([Path(path)]), encoder)
    stored, seconds = peak_memory(), time.perf_counter() - started
    collection.indexes.wait()
    figures = {"chunks": report.chunks, "before": before, "stored": stored, "s": seconds}
    figures["peak"] = peak_memory()
    print(json.dumps({**figures, "skipped": len(report.skipped)}))


def measured(home: Path, path: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(home), str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def show(label: str, figures: dict[str, float]) -> None:
    print(
        f"  | {label} | {figures['chunks']:,} | {figures['before']} | {figures['stored']} "
        f"| {figures['peak']} | {figures['s']:.0f} |"
    )


def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    peaks = []
    print("\n  | corpus | passages | MiB before | MiB until stored | MiB until indexed | s |")
    for count in (SMALL, LARGE):
        figures = measured(tmp_path / f"home-{count}", records(tmp_path / f"{count}.jsonl", count))
        show(f"{count:,} records", figures)
        assert figures["chunks"] == count
        peaks.append(figures["peak"])
    print(f"  {LARGE:,} passages against {SMALL:,}: {peaks[1] / peaks[0]:.2f} times the memory")
    assert peaks[1] < MOST_GROWTH * peaks[0]


def test_a_text_of_a_hundred_megabytes(tmp_path: Path) -> None:
    path = long_text(tmp_path / "long.txt")
    figures = measured(tmp_path / "home", path)
    print("\n  | corpus | passages | MiB before | MiB until stored | MiB until indexed | s |")
    show(f"one text of {path.stat().st_size / MEGABYTE:.0f} MB", figures)
    assert figures["skipped"] == 0
    assert figures["chunks"] > TEXT_BYTES / 1_000
