"""How search grows with the collection: times, recall, bytes a chunk and memory, printed.

Run with ``pytest -m benchmark -s tests/benchmarks/test_index.py``; a million chunks are asked for
with ``SECOND_LOOK_BENCHMARK_CHUNKS=10000,100000,1000000``.

The passages, their vectors and the questions of the sample collections are real. Larger collections
are grown from them: a text joins pieces of two passages, a vector is a passage's with noise. Recall
over grown vectors is indicative.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from retrieval.cache import Cache
from retrieval.ingest.samples import open_collection, samples
from retrieval.models.loading import Models
from retrieval.models.protocols import Floats
from retrieval.settings import DEPTH, Filter, SearchSettings, settings
from retrieval.stages import Request
from retrieval.stages.late import Late
from retrieval.stages.lexical import BM25Index, Lexical, counted_scores, words
from retrieval.store import Snapshot, Store
from retrieval.store.schema import chunk_rows
from retrieval.store.search import BM25_DECIMALS
from retrieval.store.selection import Pairs, best, ordered
from retrieval.store.snapshot import IN_MEMORY_UP_TO
from retrieval.types import Chunk

pytestmark = pytest.mark.benchmark

SIZES = [int(n) for n in os.environ.get("SECOND_LOOK_BENCHMARK_CHUNKS", "10000,100000").split(",")]
NOISE = 0.035
"""Standard deviation a number: a grown vector's cosine with its origin is about .82."""
QUESTIONS = 40
"""Asked for recall."""
EXACT_QUESTIONS = 8
"""Timed by the exact scan of a large collection, which takes seconds for each."""
ONE_IN_TWENTY: Filter = (("part", "3"),)
ROWS_A_COMMIT = 20_000

Search = Callable[[int, Filter], Pairs]
Mask = npt.NDArray[np.bool_] | None


@pytest.mark.parametrize("count", SIZES)
def test_search_by_size(count: int, home: Path) -> None:
    store, models = Store(home), Models(home)
    sources = [open_collection(store, models, sample.id) for sample in samples()]
    questions = [one.text for source in sources for one in source.questions()][:60]
    encoder = models.encoder()
    np.save(home / "questions.npy", np.stack([encoder.encode_query(one) for one in questions]))
    collection = store.create("large", encoder)
    snapshots = [source.snapshot() for source in sources]
    passages = [text for snapshot in snapshots for text in snapshot.texts]
    table = collection._table("chunks")
    for chunks, vectors in grown(passages, np.vstack([one.matrix for one in snapshots]), count):
        table.add(chunk_rows(chunks, vectors))

    started = time.perf_counter()
    infos = collection.indexes.build()
    print(f"\n{count:,} chunks; indexes built in {time.perf_counter() - started:.1f} s")
    for info in infos:
        print(f"  {info}; {info.bytes / count:.0f} bytes a chunk")
    latest = collection._table("chunks")
    indexed = sum(config.size_bytes or 0 for config in latest.list_indices())
    print(
        f"  {latest.stats()['total_bytes'] / count:.0f} bytes a chunk, {indexed / count:.0f} more"
    )
    # A process of its own, so that its peak is that of searching alone.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        peak = pool.submit(measure_served, home, questions).result()
    print(f"  peak memory of a process that searches: {peak} MiB")
    measure_recall(collection.snapshot(), home, questions)


def grown(passages: list[str], real: Floats, count: int) -> Iterator[tuple[list[Chunk], Floats]]:
    """Chunks with vectors, batch by batch; the first ones are the real ones."""
    rng = np.random.default_rng(0)
    split = [text.split() for text in passages]
    for start in range(0, count, ROWS_A_COMMIT):
        numbers = range(start, min(start + ROWS_A_COMMIT, count))
        drawn = rng.integers(0, len(passages), (len(numbers), 2))
        vectors = real[drawn[:, 0]] + rng.normal(scale=NOISE, size=(len(numbers), real.shape[1]))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        texts = [
            " ".join(split[a][: 20 + n % 60] + split[b][-20:]) for n, (a, b) in enumerate(drawn)
        ]
        for row, number in enumerate(numbers[: max(0, len(passages) - start)]):
            vectors[row], texts[row] = real[number], passages[number]
        yield [chunk(*one) for one in zip(numbers, texts, strict=True)], vectors.astype(np.float32)


def chunk(number: int, text: str) -> Chunk:
    metadata = {"part": str(number % 20)}
    identity = Chunk.make_id(f"d{number}", 0, len(text), text)
    return Chunk(identity, f"d{number}", 0, text, 0, len(text), source="grown", metadata=metadata)


def measure_served(home: Path, questions: list[str]) -> int:
    """Print the times of both legs as a search runs them; the peak memory in MiB."""
    settings.cache_clear()
    print(f"  memory before the first search: {peak_memory()} MiB")
    snapshot = Store(home).open("large").snapshot()
    for name, search in legs(snapshot, home, questions).items():
        for wanted in ((), ONE_IN_TWENTY):
            search(0, wanted)
            slow = name == "exact" and len(snapshot) > IN_MEMORY_UP_TO
            times = []
            for number in range(min(len(questions), EXACT_QUESTIONS if slow else len(questions))):
                started = time.perf_counter()
                search(number, wanted)
                times.append(1000 * (time.perf_counter() - started))
            p50, p95 = np.percentile(times, (50, 95))
            kept = "5 %" if wanted else "all"
            print(
                f"  {name:8} {kept}: p50 {p50:7.1f} ms, p95 {p95:7.1f} ms ({len(times)} questions)"
            )
    hits = [chunk_id for chunk_id, _ in legs(snapshot, home, questions)["dense"](1, ())][:100]
    started = time.perf_counter()
    snapshot.chunks(hits)
    print(f"  texts of 100 hits: {1000 * (time.perf_counter() - started):.1f} ms")
    return peak_memory()


def peak_memory() -> int:
    """The most memory this process has held, in MiB; ``getrusage`` would count its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) >> 10


def legs(snapshot: Snapshot, home: Path, questions: list[str]) -> dict[str, Search]:
    vectors = np.load(home / "questions.npy")

    def bm25(number: int, wanted: Filter) -> Pairs:
        asked = SearchSettings(filter=wanted)
        (ranking,) = Lexical().rank(Request(questions[number], snapshot, asked), {})
        return [(hit.chunk_id, hit.score) for hit in ranking.hits]

    def dense(number: int, wanted: Filter) -> Pairs:
        return snapshot.nearest(vectors[number], DEPTH, wanted)

    def exact(number: int, wanted: Filter) -> Pairs:
        return snapshot.nearest(vectors[number], DEPTH, wanted, exact=True)

    return {"bm25": bm25, "dense": dense, "exact": exact}


def measure_recall(snapshot: Snapshot, home: Path, questions: list[str]) -> None:
    """Print how much of the exact lists both legs find."""
    served = legs(snapshot, home, questions)
    asked = questions[:QUESTIONS]
    vectors = np.load(home / "questions.npy")[: len(asked)]
    for wanted in ((), ONE_IN_TWENTY):
        mask = snapshot.mask(wanted)
        exact = {
            "dense": nearest_of_all(snapshot, vectors, mask),
            "bm25": counted(snapshot, asked, mask),
        }
        for name, lists in exact.items():
            at: dict[int, list[float]] = {10: [], DEPTH: []}
            for number, expected in enumerate(lists):
                found = served[name](number, wanted)
                for depth, shares in at.items():
                    if expected:
                        shares.append(share(found[:depth], expected[:depth]))
            told = ", ".join(f"@{depth} {np.mean(shares):.4f}" for depth, shares in at.items())
            print(f"  {name:8} {'5 %' if wanted else 'all'}: recall {told}")
            assert np.mean(at[10]) > 0.9


def nearest_of_all(snapshot: Snapshot, vectors: Floats, mask: Mask) -> list[Pairs]:
    """The nearest chunks of each question among all vectors, read once for all questions."""
    row, parts = 0, []
    query = snapshot._table.search().select(["chunk_id", "vector"])
    for batch in query.to_batches():
        ids = np.array(batch.column("chunk_id").to_pylist())
        flat = batch.column("vector").flatten().to_numpy(zero_copy_only=False)
        cosines = flat.reshape(len(ids), -1) @ vectors.T
        kept = None if mask is None else mask[row : row + len(ids)]
        parts.append([best(ids, cosines[:, n], kept, DEPTH) for n in range(len(vectors))])
        row += len(ids)
    return [
        ordered((pair for part in parts for pair in part[n]), DEPTH) for n in range(len(vectors))
    ]


def counted(snapshot: Snapshot, questions: list[str], mask: Mask) -> Iterator[Pairs]:
    """The BM25 list of each question, without an index; a million are too many for memory."""
    small = BM25Index(snapshot.texts) if len(snapshot) <= IN_MEMORY_UP_TO else None
    for question in questions:
        asked = words(question)
        scores = (
            small.scores(asked) if small else counted_scores(snapshot.count_words(asked), asked)
        )
        scores = np.round(scores, BM25_DECIMALS)
        keep = scores > 0
        yield best(snapshot.ids, scores, keep if mask is None else keep & mask, DEPTH)


def share(found: Pairs, expected: Pairs) -> float:
    """The share of the expected that was found; one that ties with the last place counts."""
    last = expected[-1][1]
    right = dict(expected)
    good = sum(one in right or score >= last - 2e-4 for one, score in found)
    return min(1.0, good / len(expected))


def test_token_vectors(home: Path) -> None:
    store, models = Store(home), Models(home)
    encoder, late = models.encoder(), models.late()
    for source in [open_collection(store, models, sample.id) for sample in samples()]:
        snapshot = source.snapshot()
        before, started = snapshot.token_cost(late), time.perf_counter()
        after = snapshot.store_tokens(late)
        seconds = time.perf_counter() - started
        print(
            f"\n{source.name}: {len(snapshot)} chunks; told before: {before.bytes_a_chunk:,.0f} "
            f"bytes a chunk in {before.seconds:.1f} s; taken: {after.bytes_a_chunk:,.0f} bytes a "
            f"chunk in {seconds:.1f} s; one vector takes {4 * encoder.dimension:,}"
        )
        times, shares = [], []
        for question in [one.text for one in source.questions()][:15]:
            asked = SearchSettings(late_scope="collection")
            (ranking,) = Late(late, Cache()).rank(Request(question, snapshot, asked), {})
            times.append(ranking.cost.elapsed_ms)
            scores = Late(late, Cache()).scores(question, snapshot.texts)
            expected = best(snapshot.ids, np.array(scores), None, 10)
            found = [hit.chunk_id for hit in ranking.hits[:10]]
            shares.append(len(dict(expected).keys() & set(found)) / 10)
        print(f"  the whole collection: p50 {np.median(times):.0f} ms, @10 {np.mean(shares):.3f}")
        assert np.mean(shares) > 0.95
