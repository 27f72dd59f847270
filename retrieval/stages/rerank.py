"""``rerank``: a cross-encoder reads the question and each candidate together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from retrieval.cache import Cache
from retrieval.models.protocols import Batch, Reranker
from retrieval.settings import StageName
from retrieval.stages import Request
from retrieval.stages.blending import blended, rerank_unit
from retrieval.stages.late import Late
from retrieval.stages.pool import PoolScorer
from retrieval.stages.stopwatch import Stopwatch
from retrieval.types import Ranking


class Rerank:
    """Ranks the candidate pool by the cross-encoder's raw logit, or by its blend with MaxSim.

    Args:
        reranker: The cross-encoder.
        cache: Where pair scores are kept.
        late: Compares token by token; needed only where it has a share in the order.
    """

    name: Literal["rerank"] = "rerank"

    def __init__(self, reranker: Reranker, cache: Cache, late: Late | None = None) -> None:
        self._reranker, self._late = reranker, late
        self._scorer = PoolScorer(self.name, "logit", reranker.fingerprint, cache, self._score)

    def rank(self, request: Request, rankings: Mapping[StageName, Ranking]) -> Iterator[Ranking]:
        """Yield a ranking after each batch of pairs."""
        share = request.settings.blend
        if not share or self._late is None:
            yield from self._scorer.rank(request, rankings)
            return
        watch = Stopwatch()
        with watch:
            chunks = request.snapshot.chunks(request.pool(rankings))
            # Known from the late stage, which has just ranked the same pool.
            near = self._late.scores(request.query, [chunk.text for chunk in chunks.values()])
        nearness = dict(zip(chunks, near, strict=True))
        for ranking in self._scorer.rank(request, rankings):
            logits = {hit.chunk_id: hit.score for hit in ranking.hits}
            cost = replace(ranking.cost, elapsed_ms=ranking.cost.elapsed_ms + watch.elapsed_ms)
            scores = blended(logits, nearness, share).items()
            yield Ranking.from_scores(self.name, rerank_unit(share), scores, cost, ranking.pending)

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """The logit of each text for a question, outside of any collection."""
        return self._scorer.scores(query, texts)

    def _score(self, query: str, texts: Sequence[str]) -> Iterator[tuple[Batch, int]]:
        for batch in self._reranker.score(query, texts):
            yield batch, 1
