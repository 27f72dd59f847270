"""What ``late`` and ``rerank`` share: score each candidate once, and show the list as it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from retrieval.cache import Cache
from retrieval.models.protocols import Batch
from retrieval.settings import StageName
from retrieval.stages import Request
from retrieval.stages.stopwatch import Stopwatch
from retrieval.types import Cost, Ranking, text_hash

ScoreTexts = Callable[[str, Sequence[str]], Iterator[Batch]]
"""Given the query and texts, yields batches of scores, each with what it took."""


class PoolScorer:
    """Ranks the candidate pool by a score for each pair, never computing one twice.

    Args:
        stage: The stage it works for.
        unit: Unit of the scores.
        model: Fingerprint of the model: the cache's key.
        cache: Where pair scores are kept; None where a score holds for one pool only.
        score: Computes the scores that are not known yet.
    """

    def __init__(
        self, stage: StageName, unit: str, model: str, cache: Cache | None, score: ScoreTexts
    ) -> None:
        self._stage: StageName = stage
        self._unit = unit
        self._model = model
        self._cache = cache
        self._score = score

    def rank(self, request: Request, rankings: Mapping[StageName, Ranking]) -> Iterator[Ranking]:
        """Yield a ranking of what is known, then one after each batch."""
        watch = Stopwatch()
        with watch:
            chunks = request.snapshot.chunks(request.pool(rankings))
            hashes = {chunk_id: text_hash(chunk.text) for chunk_id, chunk in chunks.items()}
            known = self._known(request.query, hashes.values())
            # Equal texts in two documents are one text to a model.
            missing = {
                hashed: chunks[chunk_id].text
                for chunk_id, hashed in hashes.items()
                if hashed not in known
            }
            fresh_batches = self._compute(request.query, missing)
        spent = Cost(pairs_cached=len(hashes) - len(missing))
        notes: dict[str, None] = {}
        while True:
            pending = sum(hashed not in known for hashed in hashes.values())
            cost = replace(spent, elapsed_ms=watch.elapsed_ms)
            pairs = [(chunk_id, known[h]) for chunk_id, h in hashes.items() if h in known]
            yield Ranking.from_scores(
                self._stage, self._unit, pairs, cost, pending, notes=tuple(notes)
            )
            with watch:
                result = next(fresh_batches, None)
            if result is None:
                return
            fresh, batch = result
            known |= fresh
            spent += batch.cost + Cost(pairs_scored=len(fresh) - batch.cost.pairs_cached)
            notes |= dict.fromkeys(filter(None, [batch.note]))

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """The score of each text, from the cache or from the model."""
        by_hash = {text_hash(text): text for text in texts}
        known = self._known(query, by_hash)
        missing = {hashed: text for hashed, text in by_hash.items() if hashed not in known}
        for fresh, _ in self._compute(query, missing):
            known |= fresh
        return [known[text_hash(text)] for text in texts]

    def _known(self, query: str, hashes: Iterable[str]) -> dict[str, float]:
        return {} if self._cache is None else self._cache.pair_scores(self._model, query, hashes)

    def _compute(
        self, query: str, missing: Mapping[str, str]
    ) -> Iterator[tuple[dict[str, float], Batch]]:
        """Scores by text hash as they come, kept in the cache, with the batch they came in."""
        if not missing:
            return
        names = list(missing)
        for batch in self._score(query, list(missing.values())):
            fresh = {
                names[index]: float(value)
                for index, value in zip(batch.indices, batch.values, strict=True)
            }
            if self._cache is not None:
                self._cache.store_pair_scores(self._model, query, fresh)
            yield fresh, batch
