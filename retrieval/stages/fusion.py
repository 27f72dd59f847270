"""``hybrid``: two lists made into one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from retrieval.settings import Fusion as FusionName
from retrieval.settings import SearchSettings, StageName
from retrieval.stages import Request
from retrieval.stages.stopwatch import Stopwatch
from retrieval.types import Cost, Ranking

Scores = dict[str, float]


class Fusion:
    """Fuses the ``bm25`` and ``dense`` lists over their whole depth, whatever N is."""

    name: Literal["hybrid"] = "hybrid"

    def rank(self, request: Request, rankings: Mapping[StageName, Ranking]) -> Iterator[Ranking]:
        """Yield one ranking of every chunk that either list returned."""
        watch = Stopwatch()
        fusion = request.settings.fusion
        with watch:
            scores = FUSE[fusion](rankings["bm25"], rankings["dense"], request.settings)
        yield Ranking.from_scores(self.name, fusion, scores.items(), Cost(watch.elapsed_ms))


def reciprocal_rank_fusion(bm25: Ranking, dense: Ranking, settings: SearchSettings) -> Scores:
    """The sum of 1 / (k + rank) over the lists that have the chunk, rank from 1.

    Source: Cormack, Clarke and Büttcher, SIGIR 2009, with k = 60.
    """
    scores: Scores = {}
    for ranking in (bm25, dense):
        for hit in ranking.hits:
            scores[hit.chunk_id] = scores.get(hit.chunk_id, 0.0) + 1 / (settings.rrf_k + hit.rank)
    return scores


def weighted_sum(bm25: Ranking, dense: Ranking, settings: SearchSettings) -> Scores:
    """Sum alpha x dense and (1 - alpha) x bm25, each scaled to 0..1; a missing hit counts 0."""
    scores: Scores = {}
    for ranking, weight in ((bm25, 1 - settings.alpha), (dense, settings.alpha)):
        for chunk_id, scaled in _min_max(ranking).items():
            scores[chunk_id] = scores.get(chunk_id, 0.0) + weight * scaled
    return scores


def _min_max(ranking: Ranking) -> Scores:
    """Scores scaled to 0..1 over the list; equal scores all become 1, as all are its best."""
    if not ranking.hits:
        return {}
    highest, lowest = ranking.hits[0].score, ranking.hits[-1].score
    if highest == lowest:
        return {hit.chunk_id: 1.0 for hit in ranking.hits}
    return {hit.chunk_id: (hit.score - lowest) / (highest - lowest) for hit in ranking.hits}


FUSE: Mapping[FusionName, Callable[[Ranking, Ranking, SearchSettings], Scores]] = MappingProxyType(
    {"rrf": reciprocal_rank_fusion, "weighted": weighted_sum}
)
