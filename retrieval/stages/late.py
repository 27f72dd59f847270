"""``late``: token vectors made apart, compared token by token at search time (MaxSim)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np

from retrieval.cache import Cache
from retrieval.errors import CollectionError
from retrieval.models.protocols import Batch, Floats, TokenEncoder
from retrieval.settings import DEPTH, StageName
from retrieval.stages import Request
from retrieval.stages.pool import PoolScorer
from retrieval.stages.stopwatch import Stopwatch
from retrieval.store.selection import ordered
from retrieval.types import Cost, Ranking, text_hash


def maxsim(query: Floats, passage: Floats) -> float:
    """The mean, over the query's tokens, of the best cosine with any token of the passage.

    Dividing by the number of query tokens keeps questions of different lengths on one scale, from
    -1 to 1, and changes no order. Source: Khattab and Zaharia, ColBERT, SIGIR 2020, section 3.2.

    Args:
        query: float32, shape (n_query_tokens, dimension), rows of unit length.
        passage: float32, shape (n_passage_tokens, dimension), rows of unit length.

    Returns:
        The score; 0 where either text has no token but special ones.
    """
    if not len(query) or not len(passage):
        return 0.0
    return float((query @ passage.T).max(axis=1).mean())


class Late:
    """Ranks the candidate pool by MaxSim, or the whole collection where its vectors are stored.

    Args:
        encoder: Makes the token vectors.
        cache: Where pair scores and token vectors are kept.
    """

    name: Literal["late"] = "late"
    pairs_at_once = 32

    def __init__(self, encoder: TokenEncoder, cache: Cache) -> None:
        self._encoder = encoder
        self._tokens = cache.tokens
        self._scorer = PoolScorer(self.name, "maxsim", encoder.fingerprint, cache, self._score)

    def rank(self, request: Request, rankings: Mapping[StageName, Ranking]) -> Iterator[Ranking]:
        """Yield a ranking after each batch of passages; one of depth 200 for a whole collection."""
        if request.settings.late_scope == "collection":
            yield self._rank_collection(request)
        else:
            yield from self._scorer.rank(request, rankings)

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """The score of each text for a question, outside of any collection."""
        return self._scorer.scores(query, texts)

    def vectors(self, query: str, text: str) -> tuple[Floats, Floats]:
        """The token vectors of a question and of a text, as their score is made of them.

        Each is float32, shape (n_tokens, dimension), rows of unit length.
        """
        question, _ = self._query_tokens(query)
        for _ in self._score(query, [text]):
            pass
        passage = self._tokens.get(self._encoder.fingerprint, text_hash(text))
        if passage is None:  # larger than all that is kept
            passage = next(iter(self._encoder.document_tokens([text]))).values[0]
        return question, passage

    def _rank_collection(self, request: Request) -> Ranking:
        """The best of all stored passages; at half precision, scores differ in the fourth digit."""
        snapshot = request.snapshot
        stored = snapshot.tokens
        if stored is None or stored.model != self._encoder.fingerprint:
            raise CollectionError(
                f"The collection “{snapshot.collection}” stores no token vectors of this model.",
                hint="Store them first, or let late interaction rank the candidates only.",
            )
        watch = Stopwatch()
        with watch:
            question, passes = self._query_tokens(request.query)
            found = (
                snapshot.nearest_tokens(question, DEPTH, request.settings.filter)
                if len(question)
                else []
            )
            scores = ((chunk_id, maxsim(question, tokens)) for chunk_id, tokens in found)
            pairs = ordered(scores, DEPTH)
        cost = Cost(watch.elapsed_ms, passes, len(found))
        return Ranking.from_scores(self.name, "maxsim", pairs, cost)

    def _score(self, query: str, texts: Sequence[str]) -> Iterator[Batch]:
        question, passes = self._query_tokens(query)
        held = [self._tokens.get(self._encoder.fingerprint, text_hash(text)) for text in texts]
        ready = [index for index, tokens in enumerate(held) if tokens is not None]
        missing = [index for index, tokens in enumerate(held) if tokens is None]
        if ready:
            passages = [tokens for tokens in held if tokens is not None]
            yield Batch(ready, _maxsims(question, passages), Cost(forward_passes=passes))
            passes = 0
        for batch in self._encoder.document_tokens([texts[index] for index in missing]):
            indices = [missing[index] for index in batch.indices]
            for index, tokens in zip(indices, batch.values, strict=True):
                self._tokens.store(self._encoder.fingerprint, text_hash(texts[index]), tokens)
            cost = Cost(forward_passes=passes + 1)
            yield Batch(indices, _maxsims(question, batch.values), cost)
            passes = 0

    def _query_tokens(self, query: str) -> tuple[Floats, int]:
        key = f"{self._encoder.fingerprint}:query"
        known = self._tokens.get(key, text_hash(query))
        if known is not None:
            return known, 0
        tokens = self._encoder.query_tokens(query)
        self._tokens.store(key, text_hash(query), tokens)
        return tokens, 1


def _maxsims(question: Floats, passages: Sequence[Floats] | Floats) -> Floats:
    return np.array([maxsim(question, passage) for passage in passages], dtype=np.float32)
