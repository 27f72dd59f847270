"""``dense``: the cosine of two vectors that were made apart from each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from retrieval.cache import Cache
from retrieval.models.protocols import Encoder, Floats
from retrieval.settings import DEPTH, StageName
from retrieval.stages import Request
from retrieval.stages.stopwatch import Stopwatch
from retrieval.types import Cost, Ranking


class Dense:
    """Ranks the whole collection by cosine; a large one through its index, unless asked not to.

    Args:
        encoder: The collection's bi-encoder.
        cache: Where the query's vector is kept.
    """

    name: Literal["dense"] = "dense"

    def __init__(self, encoder: Encoder, cache: Cache) -> None:
        self._encoder = encoder
        self._cache = cache

    def rank(self, request: Request, rankings: Mapping[StageName, Ranking]) -> Iterator[Ranking]:
        """Yield one ranking of depth 200; at most one forward pass, for the question."""
        watch = Stopwatch()
        snapshot, asked = request.snapshot, request.settings
        snapshot.load_vectors()
        with watch:
            vector, passes = self._query_vector(request.query)
            pairs = snapshot.nearest(vector, DEPTH, asked.filter, exact=asked.exact)
        cost = Cost(watch.elapsed_ms, forward_passes=passes)
        yield Ranking.from_scores(self.name, "cosine", pairs, cost)

    def rank_beside(self, request: Request) -> Iterator[Ranking]:
        """Yield the ranking of a second collection of the same documents, as ``dense_2``.

        Its passages are those of the first where both were cut alike; where not, a note says so.
        """
        beside = request.beside
        if beside is None:
            raise ValueError("dense_2 needs a second collection, and got none")
        for ranking in self.rank(Request(request.query, beside, request.settings), {}):
            shown = ranking.hits[: request.settings.top]
            known = sum(hit.chunk_id in request.snapshot.positions for hit in shown)
            note = (
                f"Only {known} of the first {len(shown)} by {beside.encoder} are passages of "
                f"“{request.snapshot.collection}” too: the two were cut otherwise."
            )
            notes = (note,) if known < len(shown) else ()
            yield replace(ranking, stage="dense_2", notes=notes)

    def _query_vector(self, query: str) -> tuple[Floats, int]:
        known = self._cache.query_vector(self._encoder.fingerprint, query)
        if known is not None:
            return known, 0
        vector = self._encoder.encode_query(query)
        self._cache.store_query_vector(self._encoder.fingerprint, query, vector)
        return vector, 1
