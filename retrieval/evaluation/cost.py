"""What a question costs for each N, the N that a budget allows, and what a whole corpus costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from retrieval.errors import SettingsError
from retrieval.settings import DEPTH, PARAMETERS, Parameter

BUDGET = Parameter(
    "budget",
    "Latency budget, ms",
    "What one question may take. 200 ms is the textbook's: 20 for the question's vector, 30 for "
    "the search and 150 for the reranker.",
    200,
    50,
    5000,
    10,
)

SCALE: Mapping[str, Parameter] = MappingProxyType(
    {
        parameter.name: parameter
        for parameter in (
            Parameter("documents", "Documents", "How many documents.", 1_000_000, 1, 10**11),
            Parameter(
                "chunks_a_document",
                "Passages a document",
                "How many passages one document is cut into, on average.",
                1.0,
                0.1,
                100_000.0,
                0.1,
            ),
            Parameter(
                "queries_a_day",
                "Questions a day",
                "How many questions are asked in a day.",
                10_000,
                1,
                10**12,
            ),
            Parameter(
                "peak",
                "Peak factor",
                "How many times the day's mean the busiest time is; an assumption.",
                3.0,
                1.0,
                1000.0,
                0.1,
            ),
            Parameter(
                "latency",
                "Latency limit, ms",
                "What one question may take.",
                500,
                1,
                10_000_000,
            ),
        )
    }
)
"""What the calculator is asked with."""

FLOAT_BYTES = 4
MS_A_DAY = 86_400_000
MS_AN_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds of the parts of a question.

    Attributes:
        vector_ms: Encoding the question.
        search_ms: Both first stages and their fusion, the vector being there.
        pair_ms: One pair of question and passage in the reranker.
    """

    vector_ms: float
    search_ms: float
    pair_ms: float

    def elapsed_ms(self, pairs: float) -> float:
        """A question whose reranker reads this many pairs."""
        return self.vector_ms + self.search_ms + pairs * self.pair_ms

    def affordable(self, budget_ms: float) -> int:
        """The largest N within a budget, from 0 (not one pair) to 200."""
        left = budget_ms - self.vector_ms - self.search_ms
        if left < 0:
            return 0
        return DEPTH if left >= DEPTH * self.pair_ms else int(left / self.pair_ms)


TEXTBOOK = Speed(vector_ms=20, search_ms=30, pair_ms=1.5)
"""The preset of 200 ms: 150 ms for the reranker are 100 pairs at 1.5 ms."""


@dataclass(frozen=True, slots=True)
class Span:
    """A figure with its lowest and highest value, which may be equal."""

    low: float
    high: float

    @classmethod
    def at(cls, value: float) -> Span:
        """A single value."""
        return cls(value, value)

    def times(self, factor: float) -> Span:
        """Both ends multiplied."""
        return Span(self.low * factor, self.high * factor)

    def plus(self, value: float) -> Span:
        """Both ends moved."""
        return Span(self.low + value, self.high + value)


TEXTBOOK_PAIR_MS = Span(5, 10)
"""Milliseconds a pair in the textbook's example: over a million documents, hours a question."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is to be searched, and how much.

    Attributes:
        documents: How many documents.
        chunks_a_document: Passages of one, on average.
        queries_a_day: Questions asked in a day.
        candidates: N of two-stage search.
        peak: How many times the day's mean the busiest time is.
        latency: Milliseconds that one question may take.

    Raises:
        SettingsError: If a value is out of bounds or no number.
    """

    documents: int = int(SCALE["documents"].default)
    chunks_a_document: float = SCALE["chunks_a_document"].default
    queries_a_day: int = int(SCALE["queries_a_day"].default)
    candidates: int = int(PARAMETERS["candidates"].default)
    peak: float = SCALE["peak"].default
    latency: float = SCALE["latency"].default

    def __post_init__(self) -> None:
        for name, parameter in SCALE.items():
            parameter.check(getattr(self, name))
        PARAMETERS["candidates"].check(self.candidates)

    @property
    def chunks(self) -> int:
        """Passages in all, at least one a corpus."""
        return max(1, round(self.documents * self.chunks_a_document))


TEXTBOOK_CORPUS = Corpus(documents=1_000_000, chunks_a_document=1)


@dataclass(frozen=True, slots=True)
class Rates:
    """What one question and one passage cost; each figure is measured or assumed.

    Attributes:
        vector_ms: Encoding a question.
        search_ms: A search of the whole corpus with an index, whatever its size.
        scan_ms: Comparing a question with one vector, without an index.
        pair_ms: One pair in the reranker.
        encode_ms: Encoding one passage.
        dimension: Length of a vector.
        token_bytes: Bytes of a passage's token vectors.
        cores: Cores that all these times are taken with.
        assumed: Names of the figures above that were not measured here.
    """

    vector_ms: float
    search_ms: float
    scan_ms: float
    pair_ms: Span
    encode_ms: float
    dimension: int
    token_bytes: float
    cores: int
    assumed: tuple[str, ...] = ()

    def with_pair_ms(self, pair_ms: Span) -> Rates:
        """The same with a pair's time that was given and not measured."""
        check_pair_ms(pair_ms)
        assumed = tuple(dict.fromkeys((*self.assumed, "pair_ms")))
        return replace(self, pair_ms=pair_ms, assumed=assumed)


def check_pair_ms(pair_ms: Span) -> None:
    """Raise ``SettingsError`` unless both ends are times, the lower one first."""
    if not 0 < pair_ms.low <= pair_ms.high <= MS_AN_HOUR:
        raise SettingsError(
            f"{pair_ms.low:g} to {pair_ms.high:g} ms is no time for a pair.",
            hint="Give a number above 0, or two with the smaller one first, such as 5-10.",
        )


@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer questions, with its cost.

    Attributes:
        name: What it is called.
        pairs: Pairs that the reranker reads for a question.
        question_ms: Milliseconds a question.
        questions_a_day: Questions that these cores answer in a day, one after another.
        cores: Cores needed for the questions of a day at their peak.
        within: Whether a question stays within the latency limit: yes, no, or None where only the
            lower end of its span does.
    """

    name: str
    pairs: int
    question_ms: Span
    questions_a_day: Span
    cores: Span
    within: bool | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a corpus costs.

    Attributes:
        corpus: What is asked about.
        rates: What it is told from.
        everything: The reranker reads every passage for every question.
        two_stages: It reads the first N.
        bi_encoder: No reranker.
    """

    corpus: Corpus
    rates: Rates
    everything: Way
    two_stages: Way
    bi_encoder: Way

    @property
    def ways(self) -> tuple[Way, Way, Way]:
        """All three, the dearest first."""
        return (self.everything, self.two_stages, self.bi_encoder)

    @property
    def vector_bytes(self) -> int:
        """Bytes of one vector a passage, in single precision."""
        return self.corpus.chunks * self.rates.dimension * FLOAT_BYTES

    @property
    def token_bytes(self) -> int:
        """Bytes of one vector a token, as they are stored here."""
        return round(self.corpus.chunks * self.rates.token_bytes)

    @property
    def encoding_ms(self) -> float:
        """Encoding all passages once."""
        return self.corpus.chunks * self.rates.encode_ms

    @property
    def scan_ms(self) -> float:
        """One search that compares every vector."""
        return self.corpus.chunks * self.rates.scan_ms

    def as_dict(self) -> dict[str, Any]:
        """All figures as plain values for JSON, unrounded."""
        return {
            "corpus": asdict(self.corpus) | {"chunks": self.corpus.chunks},
            "rates": asdict(self.rates),
            "ways": {way.name: asdict(way) for way in self.ways},
            "index": {
                "vector_bytes": self.vector_bytes,
                "token_bytes": self.token_bytes,
                "encoding_ms": self.encoding_ms,
                "scan_ms": self.scan_ms,
            },
        }


def estimate(corpus: Corpus, rates: Rates) -> Estimate:
    """What a corpus costs at these rates."""
    first = rates.vector_ms + rates.search_ms
    n = min(corpus.candidates, corpus.chunks)

    def way(name: str, pairs: int, before: float) -> Way:
        question = rates.pair_ms.times(pairs).plus(before)
        return Way(
            name,
            pairs,
            question,
            Span(MS_A_DAY / question.high, MS_A_DAY / question.low),
            cores_needed(question, corpus, rates.cores),
            _within(question, corpus.latency),
        )

    return Estimate(
        corpus,
        rates,
        way("rerank everything", corpus.chunks, 0.0),
        way("two stages", n, first),
        way("bi-encoder alone", 0, first),
    )


def cores_needed(question_ms: Span, corpus: Corpus, cores: int) -> Span:
    """Cores for the questions of a day at their peak.

    Args:
        question_ms: Milliseconds a question.
        corpus: How many questions, and how uneven they come.
        cores: Cores that those milliseconds were taken with, all of them busy.
    """
    share = corpus.queries_a_day * corpus.peak * cores / MS_A_DAY
    return Span(math.ceil(question_ms.low * share), math.ceil(question_ms.high * share))


def _within(question: Span, latency: float) -> bool | None:
    if question.low > latency:
        return False
    return True if question.high <= latency else None
