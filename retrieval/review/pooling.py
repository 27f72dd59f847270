"""Makes the pool of a review: runs every system on every question, and takes what comes first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from retrieval.cascade import Cascade
from retrieval.errors import CancelledError, CollectionError, ReviewError
from retrieval.evaluation.runs import Run, Scored, by_best_chunk
from retrieval.review.draft import checked
from retrieval.review.pool import Pool, PooledPassage, make_id
from retrieval.review.types import Draft, Passage, PooledSystem, ReviewQuestion
from retrieval.store import Collection, Snapshot
from retrieval.types import Chunk, Document

CONTEXT = 3_000
"""Characters of the document kept on each side of a passage, to read around it."""
DOCUMENTS_KEPT = 100
"""Documents kept of each list; nDCG@10 looks at the first ten."""


@dataclass(slots=True)
class _Found:
    """What the systems returned for one question, chunk by chunk."""

    chunks: dict[str, Chunk] = field(default_factory=dict)
    ranks: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, system: str, chunks: Sequence[Chunk]) -> None:
        """Note the first passages of a system's list, best first."""
        for rank, chunk in enumerate(chunks, start=1):
            self.chunks[chunk.id] = chunk
            self.ranks.setdefault(chunk.id, {}).setdefault(system, rank)


class Pooler:
    """Pools what systems return on one collection.

    Args:
        cascade: What searches.
        collection: The collection, to read documents from.
        snapshot: The same, pinned to a version.
    """

    def __init__(self, cascade: Cascade, collection: Collection, snapshot: Snapshot) -> None:
        self._cascade = cascade
        self._collection = collection
        self._snapshot = snapshot
        self._document: Document | None = None

    def gather(
        self,
        draft: Draft,
        systems: Sequence[PooledSystem],
        *,
        handed_in: Mapping[str, Run] | None = None,
        tell: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Pool:
        """Run the systems and pool the first ``draft.depth`` passages of each list.

        A run that was handed in names documents; each is represented by its passage that another
        system of the pool ranks best, or else by its first one.

        Args:
            draft: The questions and the depth.
            systems: What to run.
            handed_in: The runs of those systems that have no recipe, by name.
            tell: Is told how many questions are done, of how many.
            cancelled: Whether to stop.

        Raises:
            CancelledError: If it was asked to stop.
            ReviewError: If too few systems were chosen, or two have one name.
            SecondLookError: If a model cannot be loaded or the collection is gone.
        """
        draft, runs_by_name = checked(draft), handed_in or {}
        check_systems(systems, draft)
        if lacking := [o.name for o in systems if o.recipe is None and o.name not in runs_by_name]:
            raise ValueError(f"systems without a recipe or a run: {lacking}")
        passages: list[PooledPassage] = []
        runs: dict[str, dict[str, Scored]] = {system.name: {} for system in systems}
        notes: list[str] = []
        for number, question in enumerate(draft.questions, start=1):
            if cancelled():
                raise CancelledError("Stopped; the review was not made.")
            found = _Found()
            # Searches first: they say which passage stands for a document of a handed-in run.
            for system in sorted(systems, key=lambda one: one.recipe is None):
                run = runs_by_name.get(system.name, {}).get(question.id, ())
                runs[system.name][question.id] = (
                    self._place(system.name, run, draft.depth, found)
                    if system.recipe is None
                    else self._search(system, question, draft.depth, found)
                )
            if not found.chunks:
                notes.append(f"No system returned anything for question “{question.id}”.")
            passages.extend(self._pooled(question, found))
            if tell is not None:
                tell(number, len(draft.questions))
        pool = Pool(tuple(passages), runs, tuple(notes))
        return replace(pool, notes=(*notes, *_alike(pool, draft, systems)))

    def _search(
        self, system: PooledSystem, question: ReviewQuestion, depth: int, found: _Found
    ) -> Scored:
        """Run one system on one question; its first passages go to ``found``."""
        if system.recipe is None:
            raise ValueError(f"{system.name} has no recipe")
        stage = system.recipe.stage
        asked = replace(system.recipe.settings, stages=(stage,), top=depth)
        ranking = self._cascade.search(self._snapshot, question.text, asked).rankings[stage]
        ids = [hit.chunk_id for hit in ranking.hits]
        chunks = self._snapshot.chunks(ids)
        found.add(system.name, [chunks[one] for one in ids[:depth]])
        documents = {one: chunk.document_id for one, chunk in chunks.items()}
        return by_best_chunk(ranking, documents)[:DOCUMENTS_KEPT]

    def _place(self, name: str, run: Scored, depth: int, found: _Found) -> Scored:
        """Give each document of a handed-in run a passage to be judged by."""
        best: dict[str, Chunk] = {}
        for chunk_id in sorted(found.ranks, key=lambda one: (min(found.ranks[one].values()), one)):
            best.setdefault(found.chunks[chunk_id].document_id, found.chunks[chunk_id])
        chosen: list[Chunk] = []
        for document_id, _ in run[:depth]:
            if document_id in best:
                chosen.append(best[document_id])
            else:
                chosen.extend(self._collection.document_chunks(document_id)[:1])
        found.add(name, chosen)
        return run[:DOCUMENTS_KEPT]

    def _pooled(self, question: ReviewQuestion, found: _Found) -> Iterator[PooledPassage]:
        # By document, so that each is read once.
        for chunk in sorted(found.chunks.values(), key=lambda one: (one.document_id, one.start)):
            before, after = self._around(chunk)
            passage = Passage(
                id=make_id("passage", question.id, chunk.id),
                title=chunk.title,
                text=chunk.text,
                before=before,
                after=after,
                source=chunk.source,
                page=chunk.page,
                heading=chunk.heading,
            )
            yield PooledPassage(
                question.id, chunk.document_id, chunk.id, passage, found.ranks[chunk.id]
            )

    def _around(self, chunk: Chunk) -> tuple[str, str]:
        """What stands before and behind a passage; empty where its document has changed."""
        if self._document is None or self._document.id != chunk.document_id:
            try:
                self._document = self._collection.document(chunk.document_id)
            except CollectionError:
                return "", ""
        text = self._document.text
        if text[chunk.start : chunk.end] != chunk.text:
            return "", ""
        return text[max(0, chunk.start - CONTEXT) : chunk.start], text[chunk.end :][:CONTEXT]


def _alike(pool: Pool, draft: Draft, systems: Sequence[PooledSystem]) -> tuple[str, ...]:
    """What a reader of win rates should know of lists that nobody compares."""
    every = len(draft.questions) * math.comb(len(systems), 2)
    alike = every - len(pool.pairs(systems))
    if draft.mode != "lists" or not alike:
        return ()
    return (f"{alike:,} of {every:,} pairs of lists hold the same passages in the same order.",)


def check_systems(systems: Sequence[PooledSystem], draft: Draft) -> None:
    """Raise ``ReviewError`` if too few systems were chosen, or two have one name."""
    names = [system.name for system in systems]
    if len(set(names)) != len(names):
        raise ReviewError("Two systems have one name.", hint="Rename one of them.")
    least = 2 if draft.mode == "lists" else 1
    if len(names) < least:
        raise ReviewError(
            "No system was chosen." if least == 1 else "Two lists need two systems.",
            hint=f"Choose {least} or more.",
        )
