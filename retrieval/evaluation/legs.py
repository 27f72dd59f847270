"""The two first-stage lists of a question, from which every fusion and every pool is arithmetic."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.models.cards import DEFAULT_LATE
from retrieval.models.loading import Models
from retrieval.models.protocols import Reranker, TokenEncoder
from retrieval.settings import DEPTH, SearchSettings
from retrieval.stages.blending import blended
from retrieval.stages.fusion import FUSE
from retrieval.stages.late import Late
from retrieval.stages.rerank import Rerank
from retrieval.store import Snapshot
from retrieval.types import Ranking, text_hash


@dataclass(frozen=True, slots=True)
class Legs:
    """What both first stages returned for a question, whatever N, k and alpha are.

    Attributes:
        query: The question.
        bm25: The keyword list.
        dense: The vector list.
        documents: The document of every chunk in either list.
        hashes: The hash of its text: its name in the cache of pair scores.
    """

    query: str
    bm25: Ranking
    dense: Ranking
    documents: Mapping[str, str]
    hashes: Mapping[str, str]

    @classmethod
    def gather(
        cls, cascade: Cascade, snapshot: Snapshot, query: str, asked: SearchSettings
    ) -> Legs:
        """Ask both first stages; at most one forward pass, for the question's vector.

        Args:
            cascade: What searches.
            snapshot: The collection, pinned to a version.
            query: The question.
            asked: The filter is read, and nothing else.

        Raises:
            QueryError: If the question is empty or far too long.
        """
        trace = cascade.search(snapshot, query, replace(asked, stages=("bm25", "dense")))
        bm25, dense = trace.rankings["bm25"], trace.rankings["dense"]
        chunks = snapshot.chunks(hit.chunk_id for hit in (*bm25.hits, *dense.hits))
        return cls(
            trace.query,
            bm25,
            dense,
            {chunk_id: chunk.document_id for chunk_id, chunk in chunks.items()},
            {chunk_id: text_hash(chunk.text) for chunk_id, chunk in chunks.items()},
        )

    def fused(self, asked: SearchSettings) -> Ranking:
        """The hybrid list for these settings."""
        scores = FUSE[asked.fusion](self.bm25, self.dense, asked)
        return Ranking.from_scores("hybrid", asked.fusion, scores.items())

    def order(self, asked: SearchSettings) -> tuple[str, ...]:
        """Chunk ids of the hybrid list; the first N are the candidates, whatever N is."""
        return tuple(hit.chunk_id for hit in self.fused(asked).hits)

    def pool(self, asked: SearchSettings) -> tuple[str, ...]:
        """The candidates for the largest N."""
        return self.order(asked)[:DEPTH]


@dataclass(frozen=True, slots=True)
class Scored:
    """How far the scoring of a question set has come.

    Attributes:
        questions: Questions whose pairs are all scored.
        total_questions: Questions to score.
        pairs: Pairs that a model scored now.
        total_pairs: Pairs that had no score at the start.
        seconds: Time since the start.
    """

    questions: int
    total_questions: int
    pairs: int
    total_pairs: int
    seconds: float

    @property
    def fraction(self) -> float:
        """Share of the pairs that are scored, 0..1."""
        return self.pairs / self.total_pairs if self.total_pairs else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Time left at this speed; None before the first pair."""
        return self.seconds * (self.total_pairs - self.pairs) / self.pairs if self.pairs else None


class PairScores:
    """What reranked lists are ordered by: the scores that are known, and the rest on demand.

    Args:
        model: The cross-encoder, or what another stage reads candidates with.
        cache: Where pair scores are kept; searches read and fill the same one.
        snapshot: Where the texts are.
        stage: Makes the stage whose scores these are.
        partner: Scores that have a share in these; a pair is known once it is known to both.
        share: What the partner's scores count.
    """

    def __init__(
        self,
        model: Reranker | TokenEncoder,
        cache: Cache,
        snapshot: Snapshot,
        stage: Callable[[Any, Cache], Rerank | Late] = Rerank,
        *,
        partner: PairScores | None = None,
        share: float = 0.0,
    ) -> None:
        self._fingerprint = model.fingerprint
        self._stage = stage(model, cache)
        self._cache = cache
        self._snapshot = snapshot
        self._partner, self._share = partner, share

    @classmethod
    def of(
        cls, models: Models, cache: Cache, snapshot: Snapshot, asked: SearchSettings
    ) -> PairScores:
        """The rerank scores for these settings, late interaction's share included.

        Raises:
            ModelError: If a model cannot be had.
        """
        partner = None
        reranker = models.reranker(asked.reranker)
        if asked.blend and reranker.unit == "logit":
            partner = cls(models.late(asked.late or DEFAULT_LATE), cache, snapshot, Late)
        return cls(reranker, cache, snapshot, partner=partner, share=asked.blend)

    @property
    def key(self) -> tuple[str, str]:
        """Names the models and the texts: equal keys, equal scores."""
        mixed = f"+{self._share:g} {self._partner.key[0]}" if self._partner else ""
        return (self._fingerprint + mixed, self._snapshot.key)

    def known(self, legs: Legs, chunk_ids: Iterable[str]) -> dict[str, float]:
        """The scores that need no model, by chunk id."""
        hashes = {chunk_id: legs.hashes[chunk_id] for chunk_id in chunk_ids}
        scores = self._cache.pair_scores(self._fingerprint, legs.query, hashes.values())
        found = {one: scores[hashed] for one, hashed in hashes.items() if hashed in scores}
        if self._partner is None:
            return found
        near = self._partner.known(legs, found)
        return blended({one: found[one] for one in near}, near, self._share)

    def missing(self, legs: Legs, chunk_ids: Iterable[str]) -> tuple[str, ...]:
        """One chunk for each text that has no score yet, in the order given."""
        wanted = list(chunk_ids)
        known = self.known(legs, wanted)
        texts = {legs.hashes[one]: one for one in reversed(wanted) if one not in known}
        return tuple(reversed(texts.values()))

    def score(
        self,
        wanted: Sequence[tuple[Legs, Sequence[str]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> Iterator[Scored]:
        """Score what is missing, a few pairs a step; what was scored stays, wherever it stops.

        Between two steps a reader can be told how far the work is, or stop it.

        Args:
            wanted: Questions, each with the chunks whose scores are wanted.
            clock: Tells seconds.
        """
        start = clock()
        lacking = [(legs, self.missing(legs, chunk_ids)) for legs, chunk_ids in wanted]
        total = sum(len(missing) for _, missing in lacking)
        pairs = 0
        for done, (legs, missing) in enumerate(lacking):
            step = self._stage.pairs_at_once
            for first in range(0, len(missing), step):
                yield Scored(done, len(lacking), pairs, total, clock() - start)
                pairs += self._score_some(legs.query, missing[first : first + step])
        yield Scored(len(lacking), len(lacking), pairs, total, clock() - start)

    def _score_some(self, query: str, chunk_ids: Sequence[str]) -> int:
        chunks = self._snapshot.chunks(chunk_ids)
        texts = [chunk.text for chunk in chunks.values()]
        self._stage.scores(query, texts)
        if self._partner is not None:
            self._partner._score_some(query, chunk_ids)  # noqa: SLF001  (one of its own kind)
        return len(chunk_ids)
