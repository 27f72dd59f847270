"""Two-stage retrieval, from a question to a trace.

A model that reads question and passage together tells "causes drowsiness" from "does not cause
drowsiness", and must run once for every pair: over a million passages that is hours. A model that
reads them apart has all passage vectors ready before anyone asks, and searches in milliseconds, but
whatever one text says about the other is lost before the first score. So search is a cascade:

1. ``bm25`` and ``dense`` each look at the whole collection, cheaply, and return their best 200;
2. ``hybrid`` fuses the two lists into one, and its first N are the candidates;
3. ``late`` and ``rerank`` look closely at those N, and at nothing else.

N is the knob between the halves. A passage outside the first N cannot be found by any reranker,
however sharp; each one inside costs a forward pass. Both first lists are read to the same depth
whatever N is, so the candidates for a small N are the first of those for a large one, and moving
the knob from 100 to 120 asks the reranker about exactly 20 new pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from retrieval.cache import Cache
from retrieval.errors import CollectionError, ModelError, QueryError, SecondLookError
from retrieval.models.cards import DEFAULT_LATE
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings, StageName, settings
from retrieval.stages import STAGES, Request, Stage
from retrieval.stages.dense import Dense
from retrieval.stages.fusion import Fusion
from retrieval.stages.late import Late
from retrieval.stages.lexical import Lexical
from retrieval.stages.rerank import Rerank
from retrieval.store import Snapshot
from retrieval.types import Chunk, Ranking, Trace

_SPARED: Mapping[StageName, type[SecondLookError] | tuple[type[SecondLookError], ...]] = (
    MappingProxyType(
        {
            "dense_2": (ModelError, CollectionError),
            "late": ModelError,
            "rerank": ModelError,
            "rerank_2": ModelError,
        }
    )
)
"""Stages that no other one reads, and the failures that the others go on after."""


class Cascade:
    """Runs the stages for a question, from the cheap ones to the sharp ones.

    Args:
        models: Where encoders and rerankers come from.
        cache: Where scores and vectors are kept, so that none is computed twice.
    """

    def __init__(self, models: Models, cache: Cache) -> None:
        self._models = models
        self._cache = cache

    def search(
        self,
        snapshot: Snapshot,
        query: str,
        asked: SearchSettings,
        beside: Snapshot | None = None,
    ) -> Trace:
        """The complete trace of a question.

        Args:
            snapshot: The collection, pinned to a version.
            query: The question.
            asked: Candidates, fusion, stages and filter.
            beside: The collection that ``asked.collection_2`` names, pinned.

        Raises:
            QueryError: If the question is empty or far too long.
            CollectionError: If the collection is gone, or was made with another encoder.
            ModelError: If a model cannot be loaded, or a service does not answer.
        """
        for trace in self.stream(snapshot, query, asked, beside):
            latest = trace
        for error in latest.failed.values():
            raise error
        return latest

    def stream(
        self,
        snapshot: Snapshot,
        query: str,
        asked: SearchSettings,
        beside: Snapshot | None = None,
    ) -> Iterator[Trace]:
        """The trace as it grows: after each first stage, then after each batch of pairs.

        Takes and raises what ``search`` does; the last trace it yields is complete. A stage that
        reads the candidates and whose model fails is named in the trace, and the others go on.
        """
        request = Request(_checked(query), snapshot, asked, beside)
        loaded = set(self._models.loading_ms)
        notes = self._notes(request)
        rankings: dict[StageName, Ranking] = {}
        chunks: dict[str, Chunk] = {}
        failed: dict[StageName, SecondLookError] = {}
        for name in _needed(asked):
            for ranking in self._rankings(name, request, rankings):
                if isinstance(ranking, SecondLookError):
                    rankings.pop(name, None)
                    failed[name] = ranking
                else:
                    rankings[name] = ranking
                    _fetch_shown(request, ranking, chunks)
                yield Trace(
                    query=request.query,
                    collection=snapshot.collection,
                    version=snapshot.version,
                    encoder=snapshot.encoder,
                    settings=asked,
                    rankings=dict(rankings),
                    chunks=dict(chunks),
                    loading_ms={
                        model: elapsed
                        for model, elapsed in self._models.loading_ms.items()
                        if model not in loaded
                    },
                    notes=(*notes, *(note for r in rankings.values() for note in r.notes)),
                    failed=dict(failed),
                )

    def _rankings(
        self, name: StageName, request: Request, rankings: dict[StageName, Ranking]
    ) -> Iterator[Ranking | SecondLookError]:
        """A stage's rankings as they grow; why its model failed, where others can do without it."""
        try:
            if name == "dense_2" and request.beside is not None:
                yield from self._dense(request.beside).rank_beside(request)
            else:
                yield from self._stage(name, request).rank(request, rankings)
        except (ModelError, CollectionError) as error:
            if not isinstance(error, _SPARED.get(name, ())):
                raise
            yield error

    def _stage(self, name: StageName, request: Request) -> Stage:
        """The stage, with its model loaded."""
        match name:
            case "bm25":
                return Lexical()
            case "dense":
                return self._dense(request.snapshot)
            case "dense_2":
                raise ValueError("dense_2 was asked for without a second collection")
            case "hybrid":
                return Fusion()
            case "late":
                return self._late(request)
            case "rerank":
                return self._rerank(request, name, request.settings.reranker)
            case "rerank_2":
                return self._rerank(request, name, request.settings.reranker_2)

    def _dense(self, snapshot: Snapshot) -> Dense:
        encoder = self._models.encoder(snapshot.encoder)
        if encoder.weights != snapshot.weights:
            raise CollectionError(
                f"The vectors of {snapshot.collection!r} were made with other weights than those "
                f"of {encoder.id}.",
                hint="Put the encoder that made them back, or ingest the documents again.",
            )
        return Dense(encoder, self._cache)

    def _late(self, request: Request) -> Late:
        return Late(self._models.late(request.settings.late or DEFAULT_LATE), self._cache)

    def _rerank(
        self, request: Request, name: Literal["rerank", "rerank_2"], model_id: str
    ) -> Rerank:
        late = self._late(request) if request.settings.blend else None
        return Rerank(self._models.any_reranker(model_id), self._cache, late, name)

    def _notes(self, request: Request) -> tuple[str, ...]:
        """What a reader should know of how the models read this question."""
        if set(request.settings.stages) == {"bm25"}:
            return ()
        encoder = self._models.encoder(request.snapshot.encoder)
        tokens = len(encoder.tokenizer.encode(request.query).ids)
        if tokens <= encoder.max_tokens:
            return ()
        read = encoder.max_tokens
        return (f"The question has {tokens} tokens; the encoder reads the first {read} of them.",)


def _checked(query: str) -> str:
    stripped = query.strip()
    if not stripped:
        raise QueryError("The question is empty.", hint="Type a question or a few keywords.")
    count = len(stripped.split())
    most = settings().max_query_words
    if count > most:
        raise QueryError(
            f"The question has {count:,} words, and the longest accepted is {most:,}.",
            hint="Ask a shorter question; put long texts into the collection.",
        )
    return stripped


def _needed(asked: SearchSettings) -> list[StageName]:
    """The stages to run, in the order of the cascade: those asked for and those they read."""
    needed = {need for stage in asked.shown for need in (*STAGES[stage].needs, stage)}
    if asked.blend and "rerank" in needed:
        needed.add("late")
    return [stage for stage in STAGES if stage in needed]


def _fetch_shown(request: Request, ranking: Ranking, chunks: dict[str, Chunk]) -> None:
    """Read the texts that lists and charts show: the top of each list, and the candidates."""
    depth = request.settings.top
    if ranking.stage == "hybrid":
        depth = max(depth, request.settings.candidates)
    missing = [hit.chunk_id for hit in ranking.hits[:depth] if hit.chunk_id not in chunks]
    if missing:
        source = request.beside if ranking.stage == "dense_2" else None
        chunks.update((source or request.snapshot).chunks(missing))
