"""An export holds a few pieces in memory, however large the collection is."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from retrieval.store import Store
from retrieval.store.export import CHUNKS_A_PIECE, DOCUMENTS_A_PIECE, _pieces_of, export_collection
from retrieval.store.portable import LAYOUTS, Layout
from retrieval.types import Chunk, Document, Judgment, Question
from tests.conftest import DIMENSION, TinyEncoder

STATUS = Path("/proc/self/status")
COUNTS = (300, 9_000)
TEXT = "the cat and the dog. " * 120
ROWS_A_COMMIT = 3_000
MIB = 1 << 20


def fill(home: Path, count: int) -> None:
    collection = Store(home).create("c", TinyEncoder())
    for start in range(0, count, ROWS_A_COMMIT):
        numbers = range(start, min(count, start + ROWS_A_COMMIT))
        documents = [Document(f"d{n}", f"D{n}", f"{n} {TEXT}", "s.txt") for n in numbers]
        chunks = [Chunk.cut(one, 0, (0, len(one.text)), None) for one in documents]
        vectors = np.tile(np.eye(1, DIMENSION, dtype=np.float32), (len(documents), 1))
        collection.replace(documents, chunks, vectors)
    collection.compact()
    collection.add_questions(Question(f"q{n}", f"which {n}?") for n in range(count))
    collection.add_judgments(Judgment(f"q{n}", f"d{n}", 1) for n in range(count))


def peak_memory() -> int:
    return int(STATUS.read_text(encoding="ascii").split("VmHWM:")[1].split()[0]) << 10


def growth(home: Path, layout: Layout) -> int:
    """Bytes that a process needs for exporting a collection."""
    collection = Store(home).open("c")
    before = peak_memory()
    export_collection(collection, home / f"{layout}.zip", layout, vectors=layout != "beir")
    return peak_memory() - before


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    found = []
    for count in COUNTS:
        found.append(tmp_path_factory.mktemp(f"home-{count}"))
        fill(found[-1], count)
    return found


@pytest.mark.skipif(not STATUS.exists(), reason="the peak is read from /proc")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_does_not_grow_with_what_is_exported(homes: list[Path], layout: Layout) -> None:
    peaks = []
    for home in homes:
        # A process of its own each, so that its peak is that of this work alone.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            peaks.append(pool.submit(growth, home, layout).result())
    # Each text is there twice, in its document and in its passage.
    data = 2 * COUNTS[1] * len(TEXT)
    assert data > 40 * MIB
    assert peaks[1] - peaks[0] < data / 3


def test_pieces_hold_all_rows_in_order_and_few_of_them() -> None:
    rng = np.random.default_rng(0)
    counts = [*rng.integers(0, 40, 3_000).tolist(), 3 * CHUNKS_A_PIECE, 1, 0, CHUNKS_A_PIECE]
    pieces = list(_pieces_of(counts))
    assert [row for piece in pieces for row in piece] == list(range(len(counts)))
    for piece in pieces:
        assert 1 <= len(piece) <= DOCUMENTS_A_PIECE
        assert len(piece) == 1 or sum(counts[row] for row in piece) <= CHUNKS_A_PIECE
    assert list(_pieces_of([])) == []
