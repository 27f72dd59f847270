"""Ghosts: texts that stand in a collection for one search and are never stored.

What a search would return if a text were among the passages is told by searching, not by guessing:
the stages read the collection through ``Haunted``, which adds the ghosts to what they are given.
Keyword statistics count the ghosts, as they would after an ingestion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np

from retrieval.cascade import Cascade
from retrieval.errors import CollectionError
from retrieval.models.protocols import Encoder, Floats
from retrieval.settings import STAGE_ORDER, Filter, SearchSettings, StageName
from retrieval.stages.lexical import BM25Index
from retrieval.store import Snapshot
from retrieval.store.search import BM25_DECIMALS, COSINE_DECIMALS
from retrieval.store.selection import Pairs, best, ordered
from retrieval.store.snapshot import IN_MEMORY_UP_TO
from retrieval.types import Chunk, Hit, Trace


def ghost_of(text: str, document_id: str, like: Chunk | None = None) -> Chunk:
    """A text as the only chunk of a document that does not exist.

    Args:
        text: What the models are to read.
        document_id: What the document would be called; its chunk's id follows from it.
        like: A chunk whose title, source and metadata it borrows.
    """
    return Chunk(
        id=Chunk.make_id(document_id, 0, len(text), text),
        document_id=document_id,
        ordinal=0,
        text=text,
        start=0,
        end=len(text),
        title=like.title if like else "",
        source=like.source if like else "",
        metadata=like.metadata if like else {},
    )


class Haunted:
    """A snapshot with ghosts: what the stages read of one, with a few more chunks in it.

    A ghost passes every filter. Token vectors are not stored for ghosts, so late interaction ranks
    the candidates only.

    Args:
        snapshot: The collection as it is.
        ghosts: The chunks that are not in it.
        vectors: Theirs: float32, shape (n_ghosts, dimension), rows of unit length.

    Raises:
        CollectionError: If the collection is too large for counting its words in memory.
    """

    has_full_text = True
    tokens = None

    def __init__(self, snapshot: Snapshot, ghosts: Sequence[Chunk], vectors: Floats) -> None:
        if len(snapshot) > IN_MEMORY_UP_TO:
            raise CollectionError(
                f"A twin is put among up to {IN_MEMORY_UP_TO:,} passages; this collection has "
                f"{len(snapshot):,}.",
                hint="The scores above need only the two texts. Use a smaller collection here.",
            )
        self._snapshot = snapshot
        self._ghosts = {ghost.id: ghost for ghost in ghosts}
        self._vectors = vectors
        self.collection = snapshot.collection
        self.version = snapshot.version
        self.encoder = snapshot.encoder
        self.weights = snapshot.weights

    def __len__(self) -> int:
        return len(self._snapshot) + len(self._ghosts)

    def full_text(self, words: Sequence[str], depth: int, wanted: Filter) -> Pairs:
        """What ``Snapshot.full_text`` gives, with the ghosts counted."""
        scores = np.round(self._words.scores(list(words)), BM25_DECIMALS)
        keep = scores > 0
        allowed = self._snapshot.mask(wanted)
        if allowed is not None:
            keep &= np.append(allowed, np.ones(len(self._ghosts), dtype=np.bool_))
        return best((*self._snapshot.ids, *self._ghosts), scores, keep, depth)

    @cached_property
    def _words(self) -> BM25Index:
        return BM25Index((*self._snapshot.texts, *(one.text for one in self._ghosts.values())))

    def load_vectors(self) -> None:
        """Have ready what ``nearest`` reads."""
        self._snapshot.load_vectors()

    def nearest(self, vector: Floats, depth: int, wanted: Filter, *, exact: bool = False) -> Pairs:
        """What ``Snapshot.nearest`` gives, with the ghosts among them."""
        cosines = np.round(self._vectors @ vector, COSINE_DECIMALS)
        found = self._snapshot.nearest(vector, depth, wanted, exact=exact)
        return ordered([*found, *zip(self._ghosts, cosines.tolist(), strict=True)], depth)

    def chunks(self, chunk_ids: Iterable[str]) -> dict[str, Chunk]:
        """The chunks of these ids, ghosts or not, in the order asked for."""
        wanted = list(dict.fromkeys(chunk_ids))
        real = self._snapshot.chunks([one for one in wanted if one not in self._ghosts])
        return {one: self._ghosts.get(one) or real[one] for one in wanted}


@dataclass(frozen=True, slots=True)
class Encounter:
    """A search in which a passage and its twin both stood in the collection.

    Attributes:
        trace: The search.
        truth: Id of the passage that answers.
        other: Id of the one that does not.
    """

    trace: Trace
    truth: str
    other: str

    def hits(self, stage: StageName) -> tuple[Hit | None, Hit | None]:
        """Where both stand in a stage's list; None for what the stage did not return."""
        ranking = self.trace.rankings[stage]
        return ranking.find(self.truth), ranking.find(self.other)

    @property
    def outranked(self) -> tuple[StageName, ...]:
        """Stages in which the one that does not answer stands before the one that does."""
        return tuple(stage for stage in self.stages if self._is_outranked(stage))

    @property
    def tied(self) -> tuple[StageName, ...]:
        """Stages that give both one score, so that only their ids decide who stands first."""
        return tuple(stage for stage in self.stages if self._is_tied(stage))

    @property
    def stages(self) -> tuple[StageName, ...]:
        """The stages that ranked, in the order of the cascade."""
        return tuple(stage for stage in STAGE_ORDER if stage in self.trace.rankings)

    def _is_tied(self, stage: StageName) -> bool:
        truth, other = self.hits(stage)
        return truth is not None and other is not None and truth.score == other.score

    def _is_outranked(self, stage: StageName) -> bool:
        truth, other = self.hits(stage)
        if other is None or self._is_tied(stage):
            return False
        return truth is None or other.rank < truth.rank


def search_with_ghosts(
    cascade: Cascade,
    snapshot: Snapshot,
    encoder: Encoder,
    query: str,
    asked: SearchSettings,
    *,
    ghosts: Sequence[Chunk],
    watched: Sequence[str] = (),
) -> Trace:
    """The complete trace of a question, with ghosts in the collection for this once.

    Args:
        cascade: Runs the stages.
        snapshot: The collection as it is.
        encoder: The collection's encoder.
        query: The question.
        asked: Candidates, fusion, stages and filter.
        ghosts: The texts to put in.
        watched: Chunks whose text the trace is to hold, however far down they stand.

    Raises:
        QueryError: If the question is empty or far too long.
        CollectionError: If the collection is too large, or was made with another encoder.
    """
    vectors = encoder.encode_documents([ghost.text for ghost in ghosts])
    # The stages ask a snapshot for no more than this gives.
    haunted = cast("Snapshot", Haunted(snapshot, ghosts, vectors))
    trace = cascade.search(haunted, query, replace(asked, late_scope="pool"))
    held = haunted.chunks([*(ghost.id for ghost in ghosts), *watched])
    return replace(trace, chunks={**trace.chunks, **held})
