"""Leave one word out: how much of a score hangs on each word, for any model that gives a score.

A word's contribution is the score of the text minus the score of the text without the word (Li,
Monroe and Jurafsky 2016, "Understanding neural networks through representation erasure"). The
contributions need not add up to the score: what two words say only together is counted for both of
them, or for neither. That remainder is kept and shown, so that the sum always reconciles.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from retrieval.explain.reading import Reader, read_end
from retrieval.explain.segments import Part, Word
from retrieval.models.protocols import Encoder, Floats, Reranker

OnProgress = Callable[[int, int], None]
"""Called with the number of forward passes done and of all."""

BATCH_TEXTS = 32
"""Texts between two signs of progress."""

_FEWEST_TO_RANK = 3


@dataclass(frozen=True, slots=True)
class Attribution:
    """How much of a score hangs on each word of one text.

    Attributes:
        part: The text, and the words that were left out.
        unit: Unit of the scores.
        score: The stage's score of the whole text.
        base: The score of what the model reads, computed in one go with those without a word;
            it differs from ``score`` by rounding alone, unless the text is longer than it reads.
        values: For each word of the part, ``base`` minus the score without it.
    """

    part: Part
    unit: str
    score: float
    base: float
    values: tuple[float, ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """The words that were left out, in order."""
        return self.part.words

    @property
    def total(self) -> float:
        """The sum of all contributions."""
        return float(sum(self.values))

    @property
    def remainder(self) -> float:
        """The score minus that sum: what words do together, and the empty text's own score."""
        return self.score - self.total

    @property
    def largest(self) -> float:
        """The largest contribution, without its sign; 0 where there is none."""
        return max(map(abs, self.values), default=0.0)

    def without(self, place: int) -> float:
        """The score without the word at this place."""
        return self.base - self.values[place]


@dataclass(frozen=True, slots=True)
class PairAttribution:
    """How much of a cross-encoder's logit hangs on each word of the question and of the passage."""

    question: Attribution
    passage: Attribution

    @property
    def score(self) -> float:
        """The logit of the pair."""
        return self.passage.score

    @property
    def values(self) -> tuple[float, ...]:
        """The contributions of the question's words, then those of the passage's."""
        return self.question.values + self.passage.values


def attribute_cosine(
    encoder: Encoder,
    query: str,
    text: str,
    score: float,
    on_progress: OnProgress | None = None,
) -> Attribution:
    """The contribution of each word of a passage to its cosine with a question.

    Args:
        encoder: The bi-encoder.
        query: The question.
        text: The passage.
        score: Its cosine as the ``dense`` stage gives it.
        on_progress: Told of the passages encoded.
    """
    vector = encoder.encode_query(query)
    pieces = Reader.of(encoder.id, "encoder").single(text, "document")
    part = Part.of(text, read_end(pieces))

    def cosines(texts: Sequence[str]) -> Floats:
        return encoder.encode_documents(texts) @ vector

    found = _scores(cosines, [part.seen, *part.variants()], on_progress)
    return _attribution(part, "cosine", score, found)


def attribute_logit(
    reranker: Reranker,
    query: str,
    text: str,
    score: float,
    on_progress: OnProgress | None = None,
) -> PairAttribution:
    """The contribution of each word of a question and of a passage to the reranker's logit.

    Args:
        reranker: The cross-encoder.
        query: The question.
        text: The passage.
        score: Its logit as the ``rerank`` stage gives it.
        on_progress: Told of the pairs scored.
    """
    asked, read = Reader.of(reranker.id, "reranker").pair(query, text)
    question, passage = Part.of(query, read_end(asked)), Part.of(text, read_end(read))
    pairs = [(question.seen, passage.seen)]
    pairs += [(question.seen, variant) for variant in passage.variants()]
    pairs += [(variant, passage.seen) for variant in question.variants()]

    def logits(some: Sequence[tuple[str, str]]) -> Floats:
        values = np.empty(len(some), dtype=np.float32)
        for batch in reranker.score_pairs(some):
            values[list(batch.indices)] = batch.values
        return values

    found = _scores(logits, pairs, on_progress)
    behind = 1 + len(passage.words)
    return PairAttribution(
        question=_attribution(question, "logit", score, [found[0], *found[behind:]]),
        passage=_attribution(passage, "logit", score, found[:behind]),
    )


def agreement(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation of two attributions of the same words.

    Args:
        first: A value for each word.
        second: The other values, in the same order.

    Returns:
        From -1 to 1; None where there are fewer than three words, or all are worth the same.
    """
    if len(first) < _FEWEST_TO_RANK or len(set(first)) == 1 or len(set(second)) == 1:
        return None
    with warnings.catch_warnings():
        # Values that differ by less than rounding count as constant; the result is then no number.
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        found = float(stats.spearmanr(first, second).statistic)
    return found if np.isfinite(found) else None


def _scores(
    score: Callable[[Sequence], Floats],  # type: ignore[type-arg]  # texts or pairs
    inputs: Sequence[str] | Sequence[tuple[str, str]],
    on_progress: OnProgress | None,
) -> list[float]:
    found: list[float] = []
    for start in range(0, len(inputs), BATCH_TEXTS):
        found += [float(value) for value in score(inputs[start : start + BATCH_TEXTS])]
        if on_progress is not None:
            on_progress(len(found), len(inputs))
    return found


def _attribution(part: Part, unit: str, score: float, found: Sequence[float]) -> Attribution:
    base = found[0]
    return Attribution(part, unit, score, base, tuple(base - value for value in found[1:]))
