"""``bm25``: shared words, the rare ones weighing more."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Okapi

from retrieval.settings import DEPTH, StageName
from retrieval.stages import Request
from retrieval.stages.stopwatch import Stopwatch
from retrieval.store import Snapshot
from retrieval.store.counting import WordCounts
from retrieval.store.search import BM25_DECIMALS
from retrieval.store.selection import Pairs, best, leading, ordered
from retrieval.store.words import words
from retrieval.types import Cost, Ranking

__all__ = ["BM25Index", "Lexical", "counted_scores", "index_of", "words"]

K1 = 1.2
B = 0.75

Scores = npt.NDArray[np.float64]


class Lexical:
    """Ranks the whole collection by BM25.

    A small collection's index lies in memory; a large one's in the store. While that one is missing
    or out of date, the words are counted in all chunks, question by question. All three count the
    same words by the same formula, so the ranking changes with none of them, but for ties.
    """

    name: Literal["bm25"] = "bm25"

    def rank(self, request: Request, rankings: Mapping[StageName, Ranking]) -> Iterator[Ranking]:
        """Yield one ranking of depth 200; a passage that shares no word is no hit."""
        watch = Stopwatch()
        snapshot = request.snapshot
        search = _searched if snapshot.has_full_text else _counted
        if search is _counted and not snapshot.has_many_words:
            # Made before the clock runs: counting all words once belongs to no question.
            search = partial(_remembered, index_of(snapshot))
        with watch:
            pairs = search(words(request.query), request)
        yield Ranking.from_scores(self.name, "bm25", pairs, Cost(watch.elapsed_ms))


def _searched(asked: list[str], request: Request) -> Pairs:
    return request.snapshot.full_text(asked, DEPTH, request.settings.filter)


def _remembered(index: BM25Index, asked: list[str], request: Request) -> Pairs:
    scores, keep = _scores_to_rank(index.scores(asked), request)
    return best(request.snapshot.ids, scores, keep, DEPTH)


def _counted(asked: list[str], request: Request) -> Pairs:
    scores, keep = _scores_to_rank(
        counted_scores(request.snapshot.count_words(asked), asked), request
    )
    rows = leading(scores, keep, DEPTH)
    ids = request.snapshot.ids_at(rows.tolist())
    return ordered(zip(ids, scores[rows].tolist(), strict=True), DEPTH)


def _scores_to_rank(scores: Scores, request: Request) -> tuple[Scores, npt.NDArray[np.bool_]]:
    """Scores as they are compared, and which of them are hits that pass the filter."""
    scores = np.round(scores, BM25_DECIMALS)
    keep = scores > 0
    allowed = request.snapshot.mask(request.settings.filter)
    return scores, keep if allowed is None else keep & allowed


def counted_scores(counted: WordCounts, query: Sequence[str]) -> Scores:
    """The scores that ``BM25Index`` gives, from words that were counted for one question.

    Args:
        counted: The question's words, counted in every text.
        query: The question's words; one that stands there twice counts twice.

    Returns:
        The score of every text, shape (n_texts,); 0 where no word is shared.
    """
    texts = np.count_nonzero(counted.lengths)
    mean = counted.lengths.sum() / max(1, texts)
    spread = np.bincount(counted.columns, minlength=len(counted.words))
    times = Counter(query)
    weights = np.log(1 + (texts - spread + 0.5) / (spread + 0.5))
    weights *= [times[word] for word in counted.words]
    length = K1 * (1 - B + B * counted.lengths[counted.rows] / mean)
    parts = weights[counted.columns] * counted.counts * (K1 + 1) / (counted.counts + length)
    scores = np.bincount(counted.rows, weights=parts, minlength=len(counted.lengths))
    return scores.astype(np.float64, copy=False)


class BM25Index:
    """BM25 over a list of texts, with Lucene's inverse document frequency.

    ln(1 + (N - n + 0.5) / (n + 0.5)) is never negative (Robertson and Zaragoza 2009, as in Lucene),
    where the classic form is 0 for a word in half of the texts and all scores of a tiny collection
    vanish. k1 = 1.2 and b = 0.75, as in Lucene. Texts without a word count neither for N nor for
    the mean length, as in LanceDB's index.

    Args:
        texts: The passages.
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        corpus = [words(text) for text in texts]
        self._size = len(corpus)
        self._rows = np.flatnonzero([bool(text) for text in corpus])
        # rank-bm25 divides by the number of texts and by their mean length.
        self._model = _LuceneBM25(list(filter(None, corpus)), k1=K1, b=B) if any(corpus) else None

    def scores(self, query: list[str]) -> Scores:
        """The score of every text, shape (n_texts,); 0 where no word is shared."""
        scores = np.zeros(self._size)
        if self._model is not None and query:
            scores[self._rows] = self._model.get_scores(query)
        return scores

    @property
    def size(self) -> int:
        """How many texts there are."""
        return self._size

    def shares(self, query: Sequence[str], text: str) -> list[float]:
        """What each word of a question adds to the score of a text.

        Args:
            query: The question's words.
            text: The text; one that is not of this list is scored by its statistics all the same.

        Returns:
            A share for each word, in order; for a text of this list they add up to its score.
        """
        if self._model is None:
            return [0.0] * len(query)
        found = words(text)
        counts = Counter(found)
        length = K1 * (1 - B + B * len(found) / self._model.avgdl)
        return [
            self._model.idf.get(word, 0.0) * (counts[word] * (K1 + 1) / (counts[word] + length))
            for word in query
        ]

    def spread(self, word: str) -> int:
        """How many texts have this word."""
        if self._model is None:
            return 0
        return sum(word in counts for counts in self._model.doc_freqs)


class _LuceneBM25(BM25Okapi):  # type: ignore[misc]  # the package has no annotations
    def _calc_idf(self, nd: dict[str, int]) -> None:
        self.idf: dict[str, Any] = {
            word: math.log(1 + (self.corpus_size - count + 0.5) / (count + 0.5))
            for word, count in nd.items()
        }


@lru_cache(maxsize=4)
def index_of(snapshot: Snapshot) -> BM25Index:
    """The words of a collection, counted in memory."""
    return BM25Index(snapshot.texts)
