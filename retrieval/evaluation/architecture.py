"""Which architecture fits a need, by rules of thumb, beside the figures for and against it.

The rules are those of the field's textbooks; the figures are this machine's and this collection's.
A rule may ask for what a figure speaks against: then both are shown.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from retrieval.evaluation.amounts import time_text
from retrieval.evaluation.cost import Estimate, Span, Speed, cores_needed
from retrieval.evaluation.machine import Quality
from retrieval.wording import counted

MANY_DOCUMENTS = 10_000
SHORT_MS = 500
FEW_CANDIDATES = 50

Stakes = Literal["none", "legal", "medical", "financial"]
STAKES: tuple[Stakes, ...] = ("none", "legal", "medical", "financial")


@dataclass(frozen=True, slots=True)
class Need:
    """What is asked of the search besides size and time.

    Attributes:
        stakes: What a wrong answer may harm.
        similarity_only: Whether texts are only to be compared, and nothing is to be answered.
    """

    stakes: Stakes = "none"
    similarity_only: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of thumb.

    Attributes:
        condition: When it holds.
        asks_for: What it asks for then.
        holds: Whether it does here.
    """

    condition: str
    asks_for: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Argument:
    """A figure that speaks for the architecture or against it.

    Attributes:
        text: The figure in a sentence.
        speaks_for: For it, or against it.
        measured: Whether all that it is told from was measured here; otherwise some is assumed.
    """

    text: str
    speaks_for: bool
    measured: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """An architecture, and why.

    Attributes:
        architecture: Its name.
        candidates: N of its reranker; 0 where there is none.
        sentence: What to build, in one sentence.
        rules: All rules, with whether they hold.
        arguments: The figures for and against.
    """

    architecture: str
    candidates: int
    sentence: str
    rules: tuple[Rule, ...]
    arguments: tuple[Argument, ...]

    def as_dict(self) -> dict[str, Any]:
        """The advice as plain values for JSON."""
        return asdict(self)


def advise(need: Need, found: Estimate, quality: Quality | None = None) -> Advice:
    """Name an architecture.

    Args:
        need: What is asked of it.
        found: What the corpus costs.
        quality: What reranking was measured to gain; None where it was not.
    """
    corpus = found.corpus
    many, short = corpus.documents > MANY_DOCUMENTS, corpus.latency < SHORT_MS
    careful = need.stakes != "none"
    rules = (
        Rule(f"over {MANY_DOCUMENTS:,} documents", "a bi-encoder as the first stage", many),
        Rule(f"under {SHORT_MS} ms a question", "two stages with few candidates", short),
        Rule("legal, medical or financial stakes", "reranking", careful),
        Rule("similarity only", "a bi-encoder alone", need.similarity_only),
    )
    n = _affordable(found, FEW_CANDIDATES if short else corpus.candidates)
    if need.similarity_only and not careful:
        name, n, sentence = "bi-encoder alone", 0, "Compare the vectors and read no pair."
    elif not many and not short and found.everything.within:
        name, n = "rerank everything", corpus.chunks
        sentence = "Let the reranker read every passage; no first stage can lose an answer then."
    elif n == 0 and not careful:
        name = "bi-encoder alone"
        sentence = f"{corpus.latency:,.0f} ms leave no time for one pair."
    else:
        name = "two stages with few candidates" if short else "two stages"
        sentence = f"Search with both first stages, then rerank the first {n} passages."
        if n == 0:
            n = 1
            sentence = (
                f"The stakes ask for reranking, and {corpus.latency:,.0f} ms leave no time for one "
                "pair: allow more time, or compute faster."
            )
    return Advice(name, n, sentence, rules, tuple(_arguments(name, n, found, quality)))


def _affordable(found: Estimate, most: int) -> int:
    rates = found.rates
    speed = Speed(rates.vector_ms, rates.search_ms, rates.pair_ms.high)
    return min(speed.affordable(found.corpus.latency), most, found.corpus.chunks)


def _arguments(name: str, n: int, found: Estimate, quality: Quality | None) -> list[Argument]:
    rates, limit = found.rates, found.corpus.latency
    pairs_measured = "pair_ms" not in rates.assumed
    first_measured = "search_ms" not in rates.assumed
    everything = (
        f"Reranking all {found.corpus.chunks:,} passages takes "
        f"{time_text(found.everything.question_ms)} a question."
    )
    arguments = [
        Argument(
            everything,
            (name == "rerank everything") == (found.everything.within is True),
            pairs_measured,
        )
    ]
    first, taken = rates.vector_ms + rates.search_ms, _question_ms(name, n, found)
    if name.startswith("two stages"):
        text = f"Two stages with N = {n} take {time_text(taken)} a question, of {limit:,.0f} ms."
        arguments.append(Argument(text, taken.high <= limit, pairs_measured and first_measured))
    text = f"The bi-encoder alone takes {time_text(first)} a question, of {limit:,.0f} ms."
    alone = name == "bi-encoder alone"
    arguments.append(Argument(text, (first <= limit) == alone, first_measured))
    arguments.append(_cores_argument(taken, found))
    if quality is not None:
        arguments.append(_quality_argument(quality, reranks=not alone))
    return arguments


def _question_ms(name: str, n: int, found: Estimate) -> Span:
    if name == "rerank everything":
        return found.everything.question_ms
    rates = found.rates
    return rates.pair_ms.times(n).plus(rates.vector_ms + rates.search_ms)


def _cores_argument(question: Span, found: Estimate) -> Argument:
    needed = cores_needed(question, found.corpus, found.rates.cores).high
    cores = counted(round(needed), "core")
    text = (
        f"{found.corpus.queries_a_day:,} questions a day, {found.corpus.peak:g} times as many at "
        f"the peak, need {cores}; these times were taken with {found.rates.cores}."
    )
    return Argument(text, needed <= found.rates.cores, measured=False)


def _quality_argument(quality: Quality, *, reranks: bool) -> Argument:
    gain = quality.rerank - quality.hybrid
    asked = counted(quality.questions, "judged question")
    text = (
        f"On {asked} of this collection, with N = {quality.candidates}, nDCG@10 is "
        f"{quality.dense:.3f} for the bi-encoder alone, {quality.hybrid:.3f} for both lists "
        f"fused, and {quality.rerank:.3f} reranked."
    )
    return Argument(text, (gain > 0) == reranks, measured=True)
