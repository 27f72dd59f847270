"""The ratios of this machine: each fast way against the plain one, in turn, in the same run.

Times on a shared machine change from minute to minute, ratios hardly: both ways run one after the
other, several rounds, and the median of the rounds' ratios is what counts.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.sources import expand
from retrieval.models.cards import DEFAULT_ENCODER, DEFAULT_RERANKER, find_card
from retrieval.models.loading import Description, Models
from retrieval.models.protocols import Encoder, Floats, Reranker
from retrieval.models.sample_texts import QUESTION, mixed_passages
from retrieval.settings import DATA_FOLDER, SearchSettings
from retrieval.store import Store

PAIRS = 100
CHUNKS = 128
SESSIONS = 10

_WARM_UP_SECONDS = 1
_COLLECTION = "bench"
_ROOT = DATA_FOLDER.parent

_PLAIN_START = """
import sys
from sentence_transformers import SentenceTransformer
SentenceTransformer(sys.argv[1])
"""

_WARM_START = """
import sys
from pathlib import Path
from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings
from retrieval.store import Store
home, backend, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
snapshot = Store(home).open("bench").snapshot()
models = Models(home, backend=backend, threads=threads)
Cascade(models, Cache()).search(snapshot, sys.argv[4], SearchSettings(stages=("dense",)))
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Attributes:
        name: What was measured.
        unit: ``x`` for how many times as fast as the plain way, ``ms`` for a time.
        values: One value a round.
        target: What it should reach (``x``) or stay under (``ms``).
        note: What else is worth knowing, in one line.
    """

    name: str
    unit: Literal["x", "ms"]
    values: tuple[float, ...]
    target: float
    note: str = ""

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return median(self.values)

    @property
    def is_met(self) -> bool:
        """Whether the median reaches the target."""
        return self.median >= self.target if self.unit == "x" else self.median < self.target

    def as_dict(self) -> dict[str, Any]:
        """The figure as plain values for JSON."""
        low, high = min(self.values), max(self.values)
        return {**asdict(self), "median": self.median, "low": low, "high": high, "met": self.is_met}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All figures of a run, and what computed."""

    models: Description
    figures: tuple[Figure, ...]

    def as_dict(self) -> dict[str, Any]:
        """The run as plain values for JSON."""
        figures = [figure.as_dict() for figure in self.figures]
        return {"models": self.models.as_dict(), "figures": figures}


@dataclass(slots=True)
class Bench:
    """What the measurements share.

    Attributes:
        models: The models as they would serve.
        home: A folder for collections and converted networks.
        rounds: How often each pair of ways is run.
    """

    models: Models
    home: Path
    rounds: int = 5
    passages: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.passages = mixed_passages(max(PAIRS, CHUNKS), self.models.encoder())

    def figures(self) -> Iterator[Figure]:
        """Every figure, as soon as it has been measured."""
        yield self.reranking()
        yield self.encoding()
        yield self.question()
        yield self.ingestion()
        yield self.warm_start()
        yield self.slider()
        yield self.sessions()

    def reranking(self) -> Figure:
        """Reranking mixed passages against ``CrossEncoder.predict``."""
        import torch  # noqa: PLC0415
        from sentence_transformers import CrossEncoder  # noqa: PLC0415

        texts = self.passages[:PAIRS]
        path = str(find_card(DEFAULT_RERANKER, "reranker").path)
        plain = CrossEncoder(path, activation_fn=torch.nn.Identity())
        pairs = [(QUESTION, text) for text in texts]
        reranker = self.models.reranker()
        ratios = self._ratios(
            partial(plain.predict, pairs, show_progress_bar=False),
            partial(all_logits, reranker, QUESTION, texts),
        )
        expected = np.asarray(plain.predict(pairs, show_progress_bar=False), dtype=np.float32)
        found = all_logits(reranker, QUESTION, texts)
        same = len(set(np.argsort(-expected)[:10]) & set(np.argsort(-found)[:10]))
        note = (
            f"Spearman {_spearman(expected, found):.5f}, {same} of the top 10 the same, "
            f"largest difference {np.abs(expected - found).max():.3f} in the logit"
        )
        return Figure(f"Reranking {PAIRS} mixed passages", "x", ratios, 4.5, note)

    def encoding(self) -> Figure:
        """Encoding passages against ``SentenceTransformer.encode``."""
        plain, encoder = _plain_encoder(), self.models.encoder()
        texts = list(self.passages[:CHUNKS])
        ratios = self._ratios(
            partial(plain.encode, texts, batch_size=32, show_progress_bar=False),
            partial(encoder.encode_documents, texts),
        )
        expected = plain.encode(texts, show_progress_bar=False)
        cosine = float((expected * encoder.encode_documents(texts)).sum(axis=1).min())
        note = f"smallest cosine to the plain vector {cosine:.5f}"
        return Figure(f"Encoding {CHUNKS} passages", "x", ratios, 3.5, note)

    def question(self) -> Figure:
        """One query vector against ``SentenceTransformer.encode``."""
        plain, encoder = _plain_encoder(), self.models.encoder()
        ratios = self._ratios(
            partial(plain.encode, QUESTION, show_progress_bar=False),
            partial(encoder.encode_query, QUESTION),
            repeat=20,
        )
        return Figure("One query vector", "x", ratios, 4.0)

    def ingestion(self) -> Figure:
        """Ingesting plain text from files to a searchable collection, with either encoder."""
        fast: Encoder = self.models.encoder()
        plain: Encoder = PlainEncoder(fast)
        with tempfile.TemporaryDirectory() as folder:
            for number in range(0, len(self.passages), 4):
                text = "\n\n".join(self.passages[number : number + 4])
                (Path(folder) / f"{number:04}.txt").write_text(text, encoding="utf-8")
            ratios = self._ratios(
                partial(self._ingest, Path(folder), plain),
                partial(self._ingest, Path(folder), fast),
            )
        return Figure("Ingesting plain text, end to end", "x", ratios, 3.0)

    def warm_start(self) -> Figure:
        """A new process to its first dense ranking, against one that loads the plain encoder."""
        described = self.models.describe()
        path = str(find_card(DEFAULT_ENCODER, "encoder").path)
        warm = (str(self.home), described.asked, str(described.threads), QUESTION)
        ratios = self._ratios(
            partial(_python, _PLAIN_START, path),
            partial(_python, _WARM_START, *warm),
        )
        return Figure("Warm start to the first dense ranking", "x", ratios, 3.0)

    def slider(self) -> Figure:
        """A slider move that needs no new score."""
        cascade, asked = Cascade(self.models, Cache()), SearchSettings(candidates=PAIRS)
        snapshot = Store(self.home).open(_COLLECTION).snapshot()
        cascade.search(snapshot, QUESTION, asked)
        times = []
        for candidates in (20, 50, 40, 80, 60):
            moved = SearchSettings(candidates=candidates)
            times.append(1000 * _seconds(partial(cascade.search, snapshot, QUESTION, moved)))
        return Figure("A slider move from cached scores, in the engine", "ms", tuple(times), 50)

    def sessions(self) -> Figure:
        """Ten sessions that rerank at once, against one after the other."""
        reranker, texts = self.models.reranker(), self.passages[:20]
        questions = [f"{QUESTION} {number}" for number in range(SESSIONS)]
        ask = partial(_timed_logits, reranker, texts)
        ratios, spreads, wrong = [], [], 0
        for _ in range(self.rounds):
            start = time.perf_counter()
            alone = [ask(question) for question in questions]
            between = time.perf_counter()
            with ThreadPoolExecutor(SESSIONS) as pool:
                together = list(pool.map(ask, questions))
            ratios.append((between - start) / (time.perf_counter() - between))
            waits = [seconds for _, seconds in together]
            spreads.append(max(waits) / min(waits))
            wrong += sum(
                not np.allclose(one, other, atol=1e-4)
                for (one, _), (other, _) in zip(alone, together, strict=True)
            )
        note = (
            f"{wrong} sessions with other scores than alone; the slowest session took "
            f"{median(spreads):.1f} times as long as the quickest"
        )
        name = f"Throughput of {SESSIONS} sessions against one"
        return Figure(name, "x", tuple(ratios), 0.9, note)

    def _ingest(self, folder: Path, encoder: Encoder) -> None:
        store = Store(self.home)
        if any(info.name == _COLLECTION for info in store.list()):
            store.delete(_COLLECTION)
        ingest(store.create(_COLLECTION, encoder), expand([folder]), encoder)

    def _ratios(
        self, plain: Callable[[], Any], fast: Callable[[], Any], repeat: int = 1
    ) -> tuple[float, ...]:
        """How many times as fast the second way was, in each round."""
        _warm_up(fast)
        return tuple(_seconds(plain, repeat) / _seconds(fast, repeat) for _ in range(self.rounds))


class PlainEncoder:
    """An encoder that computes as ``SentenceTransformer.encode`` does, for comparison.

    Args:
        like: The encoder that it stands in for.
    """

    def __init__(self, like: Encoder) -> None:
        self.id = like.id
        self.weights = like.weights
        self.fingerprint = f"{like.weights[:16]}:plain"
        self.dimension = like.dimension
        self.max_tokens = like.max_tokens
        self.tokenizer = like.tokenizer
        self._plain = _plain_encoder()

    def encode_query(self, query: str) -> Floats:
        """One query as a float32 vector of unit length, shape (dimension,)."""
        return self.encode_documents([query])[0]

    def encode_documents(self, texts: Sequence[str]) -> Floats:
        """Passages as float32 rows of unit length, shape (len(texts), dimension)."""
        vectors: Floats = self._plain.encode(list(texts), batch_size=32, show_progress_bar=False)
        return vectors


def all_logits(reranker: Reranker, question: str, texts: Sequence[str]) -> Floats:
    """The logits of all pairs, float32 of shape (len(texts),)."""
    logits = np.zeros(len(texts), dtype=np.float32)
    for batch in reranker.score(question, texts):
        logits[list(batch.indices)] = batch.values
    return logits


def _timed_logits(reranker: Reranker, texts: Sequence[str], question: str) -> tuple[Floats, float]:
    start = time.perf_counter()
    return all_logits(reranker, question, texts), time.perf_counter() - start


def _plain_encoder() -> Any:
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    return SentenceTransformer(str(find_card(DEFAULT_ENCODER, "encoder").path))


def _python(code: str, *arguments: str) -> None:
    subprocess.run(  # noqa: S603  # our own code, above
        [sys.executable, "-c", code, *arguments], cwd=_ROOT, check=True, capture_output=True
    )


def _warm_up(fast: Callable[[], Any]) -> None:
    """Long enough to be compiled for these lengths, the network for one question included.

    That one is made beside the first questions, on the cores that they need.
    """
    end = time.perf_counter() + _WARM_UP_SECONDS
    fast()
    while time.perf_counter() < end:
        fast()


def _seconds(way: Callable[[], Any], repeat: int = 1) -> float:
    start = time.perf_counter()
    for _ in range(repeat):
        way()
    return (time.perf_counter() - start) / repeat


def _spearman(one: Floats, other: Floats) -> float:
    ranks = [np.argsort(np.argsort(scores, kind="stable")).astype(float) for scores in (one, other)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def line(figure: Figure) -> str:
    """A figure as a row of the table, with its note below."""
    span = f"{min(figure.values):.2f} to {max(figure.values):.2f}"
    sign = "≥" if figure.unit == "x" else "<"
    row = (
        f"{figure.name:<47} {figure.median:>6.2f} {figure.unit:<2}  ({span})  "
        f"target {sign} {figure.target:g}: {'met' if figure.is_met else 'missed'}"
    )
    return f"{row}\n    {figure.note}" if figure.note else row
