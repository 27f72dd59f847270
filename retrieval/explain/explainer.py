"""One question and any passage, explained stage by stage with the scores that the stages give.

The models, the cache and the collection's state are those of a search, so a score on the page of
explanations is the score in the list. Nothing is computed before it is asked for.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from retrieval.cache import Cache
from retrieval.errors import CollectionError, QueryError
from retrieval.explain.alignment import Alignment, align
from retrieval.explain.attribution import (
    Attribution,
    OnProgress,
    PairAttribution,
    attribute_cosine,
    attribute_logit,
)
from retrieval.explain.gradients import PairCredits, integrate_gradients
from retrieval.explain.lexical_shares import LexicalShares, lexical_shares
from retrieval.explain.reading import Reader
from retrieval.explain.segments import split_words
from retrieval.models.cards import DEFAULT_LATE
from retrieval.models.loading import Models
from retrieval.models.protocols import Encoder
from retrieval.models.remote.services import check_here
from retrieval.settings import SearchSettings, settings
from retrieval.stages.late import Late
from retrieval.stages.lexical import BM25Index, index_of
from retrieval.stages.rerank import Rerank
from retrieval.store import Snapshot
from retrieval.store.search import BM25_DECIMALS, COSINE_DECIMALS
from retrieval.store.snapshot import IN_MEMORY_UP_TO

ExplainedStage = Literal["bm25", "dense", "late", "rerank"]
EXPLAINED: tuple[ExplainedStage, ...] = ("bm25", "dense", "late", "rerank")
"""Stages that read a text; ``hybrid`` reads two ranks and no word."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to explain.

    Attributes:
        text: What the models read.
        chunk_id: The chunk it is, word for word; None for a text that was typed.
    """

    text: str
    chunk_id: str | None = None


class Explainer:
    """Explains scores of one question.

    Args:
        models: Where encoders and rerankers come from.
        cache: Where pair scores and vectors are kept.
        snapshot: The collection whose statistics and stored vectors count.
        query: The question.
        asked: Which reranker and which late-interaction model.

    Raises:
        QueryError: If the question is empty, far too long, or has no word.
    """

    def __init__(
        self, models: Models, cache: Cache, snapshot: Snapshot, query: str, asked: SearchSettings
    ) -> None:
        self.query = query.strip()
        check_text(self.query, "The question")
        most = settings().max_query_words
        if (count := len(self.query.split())) > most:
            raise QueryError(
                f"The question has {count:,} words, and the longest accepted is {most:,}.",
                hint="Ask a shorter question; long texts go into the passage.",
            )
        self._models = models
        self._cache = cache
        self._snapshot = snapshot
        self._asked = asked

    @property
    def key(self) -> Hashable:
        """Two explainers with one key explain alike."""
        backend = self._models.describe().asked
        return (self._snapshot.key, self.query, self._asked.reranker, self._asked.late, backend)

    @property
    def stages(self) -> tuple[ExplainedStage, ...]:
        """The stages whose scores can be told; a very large collection is without ``bm25``."""
        small = len(self._snapshot) <= IN_MEMORY_UP_TO
        return EXPLAINED if small else tuple(s for s in EXPLAINED if s != "bm25")

    def score(self, stage: ExplainedStage, passage: Passage) -> float:
        """The stage's score of a passage.

        Raises:
            CollectionError: If the collection is too large for counting its words in memory.
            ModelError: If a model cannot be loaded.
        """
        match stage:
            case "bm25":
                return round(self.lexical(passage).score, BM25_DECIMALS)
            case "dense":
                return self._cosine(passage)
            case "late":
                return self._late.scores(self.query, [passage.text])[0]
            case "rerank":
                return self._rerank.scores(self.query, [passage.text])[0]

    def lexical(self, passage: Passage) -> LexicalShares:
        """Each term's share of the BM25 score."""
        return lexical_shares(self._index, self.query, passage.text)

    def dense(self, passage: Passage, on_progress: OnProgress | None = None) -> Attribution:
        """Each word's contribution to the cosine."""
        score = self._cosine(passage)
        return attribute_cosine(self._encoder, self.query, passage.text, score, on_progress)

    def late(self, passage: Passage) -> Alignment:
        """The cosines of all pairs of tokens."""
        score = self.score("late", passage)
        question, tokens = self._late.vectors(self.query, passage.text)
        return align(self._late_id, (self.query, question), (passage.text, tokens), score)

    def rerank(self, passage: Passage, on_progress: OnProgress | None = None) -> PairAttribution:
        """Each word's contribution to the logit, in the question and in the passage."""
        score = self.score("rerank", passage)
        reranker = self._models.reranker(self._asked.reranker)
        return attribute_logit(reranker, self.query, passage.text, score, on_progress)

    def gradients(
        self, pair: PairAttribution, on_progress: OnProgress | None = None
    ) -> PairCredits:
        """The credit that integrated gradients give to the same words."""
        return integrate_gradients(
            Reader.of(self._asked.reranker, "reranker"),
            (pair.question.part.text, pair.question.words),
            (pair.passage.part.text, pair.passage.words),
            on_progress,
        )

    def _cosine(self, passage: Passage) -> float:
        """The cosine as the ``dense`` stage rounds it; a stored passage has its stored vector."""
        vector = self._cache.query_vector(self._encoder.fingerprint, self.query)
        if vector is None:
            vector = self._encoder.encode_query(self.query)
            self._cache.store_query_vector(self._encoder.fingerprint, self.query, vector)
        if passage.chunk_id is None:
            own = self._encoder.encode_documents([passage.text])[0]
        else:
            own = self._snapshot.vector(passage.chunk_id)
        return float(np.round(own @ vector, COSINE_DECIMALS))

    @cached_property
    def _index(self) -> BM25Index:
        if len(self._snapshot) > IN_MEMORY_UP_TO:
            raise CollectionError(
                f"BM25 is taken apart in memory, for up to {IN_MEMORY_UP_TO:,} passages; this "
                f"collection has {len(self._snapshot):,}.",
                hint="Choose another stage; their explanations need only the two texts.",
            )
        return index_of(self._snapshot)

    @cached_property
    def _encoder(self) -> Encoder:
        encoder = self._models.encoder(self._snapshot.encoder)
        if encoder.weights != self._snapshot.weights:
            raise CollectionError(
                f"The vectors of {self._snapshot.collection!r} were made with other weights than "
                f"those of {encoder.id}.",
                hint="Put the encoder that made them back, or ingest the documents again.",
            )
        return encoder

    @property
    def _late_id(self) -> str:
        return self._asked.late or DEFAULT_LATE

    @cached_property
    def _late(self) -> Late:
        return Late(self._models.late(self._late_id), self._cache)

    @cached_property
    def _rerank(self) -> Rerank:
        check_here(self._asked.reranker)
        return Rerank(self._models.reranker(self._asked.reranker), self._cache)


def check_text(text: str, name: str) -> None:
    """Raise ``QueryError`` unless a text has a word; ``name`` says which text it is."""
    if not text.strip():
        raise QueryError(f"{name} is empty.", hint="Type it, or pick one.")
    if not split_words(text):
        raise QueryError(
            f"{name} has no word, only punctuation.",
            hint="There is nothing that could be left out; type at least one word.",
        )
