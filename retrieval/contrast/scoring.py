"""Scores of single pairs in every stage, with the corpus that keyword and fused scores need.

BM25 weighs a word by how many passages have it, and fusion knows only ranks, so both need a corpus:
all passages of the probe set, and those of a collection if one is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from retrieval.cache import Cache
from retrieval.models.loading import Models
from retrieval.models.protocols import Encoder, Floats
from retrieval.settings import SearchSettings, StageName
from retrieval.stages.blending import UNIT, blended, rerank_unit
from retrieval.stages.fusion import reciprocal_rank_fusion
from retrieval.stages.late import Late
from retrieval.stages.lexical import BM25Index, words
from retrieval.stages.rerank import Rerank
from retrieval.store import Snapshot
from retrieval.store.search import COSINE_DECIMALS
from retrieval.types import Hit, Ranking

_AT_ONCE = 512
"""Passages between two words of progress."""


class ScoreTable:
    """Scores a question against any passage of a probe set, in every stage.

    Args:
        passages: All passages of the set.
        models: Where encoders and rerankers come from.
        cache: Where pair scores are kept.
        encoder: Id of the encoder.
        asked: The reranker, MaxSim's share in its scores, and the k of the fusion.
        background: A collection whose passages join the corpus; its encoder must be the same.
        watch: Told how many of the set's passages have their vector; what it raises ends the work.
    """

    def __init__(
        self,
        passages: Sequence[str],
        models: Models,
        cache: Cache,
        *,
        encoder: str,
        asked: SearchSettings,
        background: Snapshot | None = None,
        watch: Callable[[int, int], None] | None = None,
    ) -> None:
        own = list(dict.fromkeys(passages))
        self._place = {text: place for place, text in enumerate(own)}
        self._encoder = models.encoder(encoder)
        self._matrix = _vectors(self._encoder, own, watch)
        corpus = tuple(own)
        if background is not None:
            corpus += background.texts
            self._matrix = np.vstack([self._matrix, background.matrix])
        self._asked = asked
        self._bm25 = BM25Index(corpus)
        self._late = Late(models.late(), cache)
        self._rerank = Rerank(models.reranker(asked.reranker), cache)
        self._lists = lru_cache(maxsize=4)(self._first_lists)

    def scores(self, stage: StageName, query: str, passages: Sequence[str]) -> tuple[float, ...]:
        """The scores of some of the set's passages for one question; 0 where a list lacks one."""
        if stage == "late":
            return tuple(self._late.scores(query, passages))
        if stage == "rerank":
            return self._reranked(query, passages)
        found = self._lists(query)[stage]
        return tuple(found.get(str(self._place[passage]), 0.0) for passage in passages)

    @property
    def rerank_unit(self) -> str:
        """Unit of the reranker's scores: its own, or ``blend`` where MaxSim has a share."""
        unit = self._rerank.unit
        return rerank_unit(self._asked.blend) if unit == "logit" else unit

    def _reranked(self, query: str, passages: Sequence[str]) -> tuple[float, ...]:
        scores = dict(zip(passages, self._rerank.scores(query, passages), strict=True))
        if self.rerank_unit == UNIT:
            near = dict(zip(passages, self._late.scores(query, passages), strict=True))
            scores = blended(scores, near, self._asked.blend)
        return tuple(scores[passage] for passage in passages)

    def _first_lists(self, query: str) -> dict[StageName, dict[str, float]]:
        """Scores by place in the corpus, for the stages that rank the whole corpus."""
        bm25 = self._bm25.scores(words(query))
        dense = np.round(self._matrix @ self._encoder.encode_query(query), COSINE_DECIMALS)
        keyword = _with_shared_ranks("bm25", bm25, np.flatnonzero(bm25 > 0))
        vector = _with_shared_ranks("dense", dense, np.arange(len(dense)))
        return {
            "bm25": {hit.chunk_id: hit.score for hit in keyword.hits},
            "dense": {hit.chunk_id: hit.score for hit in vector.hits},
            "hybrid": reciprocal_rank_fusion(keyword, vector, self._asked),
        }


def _vectors(
    encoder: Encoder, texts: Sequence[str], watch: Callable[[int, int], None] | None
) -> Floats:
    """The vectors of all texts, float32 of shape (len(texts), dimension), in steps."""
    parts = []
    for start in range(0, len(texts), _AT_ONCE):
        if watch is not None:
            watch(start, len(texts))
        parts.append(encoder.encode_documents(texts[start : start + _AT_ONCE]))
    return np.vstack(parts)


def _with_shared_ranks(stage: StageName, scores: np.ndarray, places: np.ndarray) -> Ranking:
    """A ranking in which equal scores have equal ranks, so that a tie stays one when fused.

    A list on the screen has to put one of two equals first; a test of whether a stage can tell them
    apart must not gain from that.
    """
    values = scores[places]
    order = np.argsort(-values, kind="stable")
    ranks = np.searchsorted(-values[order], -values[order], side="left") + 1
    hits = tuple(
        Hit(int(rank), float(values[at]), str(places[at]))
        for rank, at in zip(ranks, order, strict=True)
    )
    return Ranking(stage, stage, hits)
