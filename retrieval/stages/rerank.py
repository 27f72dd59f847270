"""``rerank``: a reranker reads the question and each candidate together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from retrieval.cache import Cache
from retrieval.models.protocols import ListReranker, Reranker
from retrieval.settings import StageName
from retrieval.stages import Request
from retrieval.stages.blending import blended, rerank_unit
from retrieval.stages.late import Late
from retrieval.stages.pool import PoolScorer
from retrieval.stages.sliding import UNIT, SlidingWindow
from retrieval.stages.stopwatch import Stopwatch
from retrieval.types import Ranking


class Rerank:
    """Ranks the candidate pool by a reranker's own score, or by its blend with MaxSim.

    A cross-encoder's score is its raw logit, and nothing else is blended: other scales are a
    service's own.

    Args:
        reranker: Scores pairs, or puts lists in order.
        cache: Where scores and orders are kept.
        late: Compares token by token; needed only where it has a share in the order.
        name: ``rerank_2`` for the second of two rerankers.
    """

    def __init__(
        self,
        reranker: Reranker | ListReranker,
        cache: Cache,
        late: Late | None = None,
        name: Literal["rerank", "rerank_2"] = "rerank",
    ) -> None:
        self.name: Literal["rerank", "rerank_2"] = name
        self._late = late
        if isinstance(reranker, ListReranker):
            self.unit, self.pairs_at_once = UNIT, reranker.window
            window = SlidingWindow(reranker, cache)
            self._scorer = PoolScorer(name, UNIT, reranker.fingerprint, None, window.score)
        else:
            self.unit, self.pairs_at_once = reranker.unit, reranker.pairs_at_once
            model = reranker.fingerprint
            self._scorer = PoolScorer(name, self.unit, model, cache, reranker.score)

    def rank(self, request: Request, rankings: Mapping[StageName, Ranking]) -> Iterator[Ranking]:
        """Yield a ranking after each batch of pairs."""
        share = request.settings.blend
        if not share or self._late is None:
            yield from self._scorer.rank(request, rankings)
            return
        if self.unit != "logit":
            note = f"MaxSim has no share in {self.unit}, whose scale is its own."
            for ranking in self._scorer.rank(request, rankings):
                yield replace(ranking, notes=(*ranking.notes, note))
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
