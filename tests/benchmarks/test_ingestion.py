"""Ingestion end to end against one plain call that only encodes the same passages, printed.

Run with ``pytest -m benchmark -s tests/benchmarks/test_ingestion.py``. The plain call is
``SentenceTransformer.encode(chunks, batch_size=32)`` in single precision: no reading, no cutting,
no storing. Both ways run one after the other, several rounds, and the medians count. The number of
passages and of rounds is ``SECOND_LOOK_BENCHMARK_PASSAGES`` and ``SECOND_LOOK_BENCHMARK_ROUNDS``.

The texts are the sample collections', repeated with another word here and there, so that no passage
is there twice.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from textwrap import wrap

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from sentence_transformers import SentenceTransformer

from retrieval.ingest.pipeline import ingest
from retrieval.ingest.samples import samples
from retrieval.ingest.sources import expand
from retrieval.models.cards import DEFAULT_ENCODER, find_card
from retrieval.models.loading import Models
from retrieval.store import Store

pytestmark = pytest.mark.benchmark

PASSAGES = int(os.environ.get("SECOND_LOOK_BENCHMARK_PASSAGES", "512"))
ROUNDS = int(os.environ.get("SECOND_LOOK_BENCHMARK_ROUNDS", "3"))
CHARACTERS_A_PASSAGE = 1_000
"""Of real text at the default size; only to tell how much of it to write."""
CHARACTERS_A_FILE = 20_000
LINE, LINES_A_PAGE = 90, 55

Write = Callable[[Path, str], None]


def texts() -> Iterator[str]:
    """Real paragraphs, again and again, each time with some words changed."""
    paths = [
        path
        for sample in samples()
        for path in sorted((sample.folder / "documents").rglob("*"))
        if path.suffix in {".md", ".txt"}
    ]
    paragraphs = [one for path in paths for one in path.read_text("utf-8").split("\n\n")]
    rng = random.Random(0)
    vocabulary = [word for one in paragraphs for word in one.split(" ") if word.isalpha()]
    while True:
        for paragraph in paragraphs:
            words = paragraph.split(" ")
            for _ in range(1 + len(words) // 20):
                words[rng.randrange(len(words))] = rng.choice(vocabulary)
            yield " ".join(words)


def write_text(path: Path, text: str) -> None:
    path.with_suffix(".txt").write_text(text, "utf-8")


def write_pdf(path: Path, text: str) -> None:
    lines = [line for part in text.split("\n") for line in (wrap(part, LINE) or [""])]
    canvas = Canvas(str(path.with_suffix(".pdf")), pagesize=A4)
    for start in range(0, len(lines), LINES_A_PAGE):
        page = canvas.beginText(40, 800)
        for line in lines[start : start + LINES_A_PAGE]:
            # The fonts that need no file know no other letters.
            page.textLine(line.encode("latin-1", "replace").decode("latin-1"))
        canvas.drawText(page)
        canvas.showPage()
    canvas.save()


def write_files(folder: Path, write: Write) -> None:
    source, left, number = texts(), PASSAGES * CHARACTERS_A_PASSAGE, 0
    folder.mkdir()
    while left > 0:
        paragraphs: list[str] = []
        while sum(map(len, paragraphs)) < CHARACTERS_A_FILE:
            paragraphs.append(next(source))
        write(folder / f"{number:04}", "\n\n".join(paragraphs))
        left, number = left - CHARACTERS_A_FILE, number + 1


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@pytest.mark.parametrize(("name", "write"), [("plain text", write_text), ("PDF", write_pdf)])
def test_ingestion_against_one_plain_call(name: str, write: Write, home: Path) -> None:
    folder = home.parent / "files"
    write_files(folder, write)
    store, encoder = Store(home), Models(home).encoder()
    plain = SentenceTransformer(str(find_card(DEFAULT_ENCODER, "encoder").path), device="cpu")
    assert {str(one.dtype) for one in plain.parameters()} == {"torch.float32"}
    collections: list[str] = []

    def ingested() -> None:
        collections.append(f"round {len(collections)}")
        report = ingest(store.create(collections[-1], encoder), expand([folder]), encoder)
        assert not report.skipped

    # Loading, compiling and starting processes belong to no round.
    ingested()
    chunks = list(store.open(collections[0]).snapshot().texts)
    plain.encode(chunks[:32], batch_size=32, show_progress_bar=False)
    rounds = []
    for _ in range(ROUNDS):
        whole = seconds(ingested)
        rounds.append(
            (seconds(lambda: plain.encode(chunks, batch_size=32, show_progress_bar=False)), whole)
        )
    ratios = [call / whole for call, whole in rounds]
    print(f"\n{name}: {len(chunks)} passages from {len(list(folder.iterdir()))} files")
    print("  | round | one plain call, s | ingestion, s | times as fast |")
    for number, (call, whole) in enumerate(rounds, start=1):
        print(f"  | {number} | {call:.2f} | {whole:.2f} | {call / whole:.2f} |")
    calls, wholes = zip(*rounds, strict=True)
    print(f"  | median | {median(calls):.2f} | {median(wholes):.2f} | {median(ratios):.2f} |")
    assert len(set(chunks)) > 0.95 * len(chunks)
    assert sorted(store.open(collections[-1]).snapshot().texts) == sorted(chunks)
