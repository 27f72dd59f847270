"""``bm25``: shared words, the rare ones weighing more."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Okapi

from retrieval.settings import DEPTH, StageName
from retrieval.stages import Request
from retrieval.stages.selection import best
from retrieval.stages.stopwatch import Stopwatch
from retrieval.store import Snapshot
from retrieval.types import Cost, Ranking

K1 = 1.2
B = 0.75

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text as BM25 sees them: lower case, accents folded, no stop-word list.

    One analyser serves queries and passages. It keeps ``not`` and ``no``, which most keyword
    indexes drop, because they are what many questions turn on.
    """
    decomposed = unicodedata.normalize("NFKD", text)
    folded = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _WORD.findall(folded.casefold())


class Lexical:
    """Ranks the whole collection by BM25."""

    name: Literal["bm25"] = "bm25"

    def rank(self, request: Request, rankings: Mapping[StageName, Ranking]) -> Iterator[Ranking]:
        """Yield one ranking of depth 200; a passage that shares no word is no hit."""
        watch = Stopwatch()
        index = _index(request.snapshot)
        with watch:
            scores = index.scores(words(request.query))
            keep = scores > 0
            allowed = request.snapshot.mask(request.settings.filter)
            if allowed is not None:
                keep &= allowed
            pairs = best(request.snapshot.ids, scores, keep, DEPTH)
        yield Ranking.from_scores(self.name, "bm25", pairs, Cost(watch.elapsed_ms))


class BM25Index:
    """BM25 over a list of texts, with Lucene's inverse document frequency.

    ln(1 + (N - n + 0.5) / (n + 0.5)) is never negative (Robertson and Zaragoza 2009, as in Lucene),
    where the classic form is 0 for a word in half of the texts and all scores of a tiny collection
    vanish. k1 = 1.2 and b = 0.75, as in Lucene.

    Args:
        texts: The passages.
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        corpus = [words(text) for text in texts]
        self._size = len(corpus)
        # rank-bm25 divides by the number of texts and by their mean length.
        self._model = _LuceneBM25(corpus, k1=K1, b=B) if any(corpus) else None

    def scores(self, query: list[str]) -> npt.NDArray[np.float64]:
        """The score of every text, shape (n_texts,); 0 where no word is shared."""
        if self._model is None or not query:
            return np.zeros(self._size)
        scores: npt.NDArray[np.float64] = np.asarray(self._model.get_scores(query), dtype=float)
        return scores


class _LuceneBM25(BM25Okapi):  # type: ignore[misc]  # the package has no annotations
    def _calc_idf(self, nd: dict[str, int]) -> None:
        self.idf: dict[str, Any] = {
            word: math.log(1 + (self.corpus_size - count + 0.5) / (count + 0.5))
            for word, count in nd.items()
        }


@lru_cache(maxsize=4)
def _index(snapshot: Snapshot) -> BM25Index:
    return BM25Index(snapshot.texts)
