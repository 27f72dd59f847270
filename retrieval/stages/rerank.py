"""``rerank``: a cross-encoder reads the question and each candidate together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from retrieval.cache import Cache
from retrieval.models.protocols import Batch, Reranker
from retrieval.settings import StageName
from retrieval.stages import Request
from retrieval.stages.blending import blended, rerank_unit
from retrieval.stages.pool import PoolScorer
from retrieval.types import Ranking


class Rerank:
    """Ranks the candidate pool by the cross-encoder's raw logit, or by its blend with the cosine.

    Args:
        reranker: The cross-encoder.
        cache: Where pair scores are kept.
    """

    name: Literal["rerank"] = "rerank"

    def __init__(self, reranker: Reranker, cache: Cache) -> None:
        self._reranker = reranker
        self._scorer = PoolScorer(self.name, "logit", reranker.fingerprint, cache, self._score)

    def rank(self, request: Request, rankings: Mapping[StageName, Ranking]) -> Iterator[Ranking]:
        """Yield a ranking after each batch of pairs."""
        share = request.settings.blend
        for ranking in self._scorer.rank(request, rankings):
            yield _blended(ranking, rankings["dense"], share) if share else ranking

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """The logit of each text for a question, outside of any collection."""
        return self._scorer.scores(query, texts)

    def _score(self, query: str, texts: Sequence[str]) -> Iterator[tuple[Batch, int]]:
        for batch in self._reranker.score(query, texts):
            yield batch, 1


def _blended(ranking: Ranking, dense: Ranking, share: float) -> Ranking:
    logits = {hit.chunk_id: hit.score for hit in ranking.hits}
    scores = blended(logits, dense, share).items()
    unit = rerank_unit(share)
    return Ranking.from_scores(ranking.stage, unit, scores, ranking.cost, ranking.pending)
