"""The pool of a review: the passages that are judged, with what brought them, and the lists."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import pyarrow as pa

from retrieval.evaluation.runs import Run
from retrieval.review.database import LISTS, PASSAGES
from retrieval.review.types import Passage, PooledSystem
from retrieval.store.schema import shown_of, shown_row
from retrieval.types import text_hash

Ranks = Mapping[str, int]
"""Rank from 1 by name of a system."""


@dataclass(frozen=True, slots=True)
class PooledPassage:
    """A passage of the pool with all that is known of it; reviewers are handed ``passage`` alone.

    Attributes:
        query_id: The question that it is judged for.
        document_id: The document that it was cut from.
        chunk_id: The chunk that it was when the pool was made.
        passage: What a reviewer reads.
        found: Its rank in each system's list that brought it.
    """

    query_id: str
    document_id: str
    chunk_id: str
    passage: Passage
    found: Ranks

    @property
    def id(self) -> str:
        """Names it, and the task of judging it."""
        return self.passage.id

    @property
    def text_hash(self) -> str:
        """Of the text that is judged."""
        return text_hash(self.passage.text)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems' lists for one question, to be compared."""

    id: str
    query_id: str
    a: str
    b: str


@dataclass(frozen=True)
class Pool:
    """All passages and lists of a review; it never changes.

    Attributes:
        passages: Each passage of each question once.
        runs: By system: its ranked documents for each question, as deep as they were kept.
        notes: What a reader should know of how it was made.
    """

    passages: tuple[PooledPassage, ...]
    runs: Mapping[str, Run]
    notes: tuple[str, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, PooledPassage]:
        """The passages by id."""
        return {one.id: one for one in self.passages}

    @cached_property
    def by_question(self) -> dict[str, tuple[PooledPassage, ...]]:
        """The passages of each question that has any."""
        found: dict[str, list[PooledPassage]] = {}
        for one in self.passages:
            found.setdefault(one.query_id, []).append(one)
        return {query: tuple(passages) for query, passages in found.items()}

    def list_of(self, system: str, query_id: str) -> tuple[PooledPassage, ...]:
        """The passages that a system brought for a question, in its order."""
        brought = [one for one in self.by_question.get(query_id, ()) if system in one.found]
        return tuple(sorted(brought, key=lambda one: one.found[system]))

    def pairs(self, systems: Sequence[PooledSystem]) -> tuple[Pair, ...]:
        """The pairs of lists to compare: two systems, one question; equal lists are left out."""
        found = []
        for query_id in self.by_question:
            for a, b in combinations([system.name for system in systems], 2):
                lists = [[one.id for one in self.list_of(name, query_id)] for name in (a, b)]
                if lists[0] != lists[1]:
                    found.append(Pair(make_id("pair", query_id, a, b), query_id, a, b))
        return tuple(found)

    def tables(self) -> dict[str, pa.Table]:
        """The pool as rows, in an order that tells nothing."""
        return {
            "passages": pa.Table.from_pylist(
                [_row(one) for one in sorted(self.passages, key=lambda one: one.id)],
                schema=PASSAGES,
            ),
            "lists": pa.Table.from_pylist(
                [
                    {"system": system, "query_id": query, "documents": json.dumps(documents)}
                    for system, run in self.runs.items()
                    for query, documents in run.items()
                ],
                schema=LISTS,
            ),
        }

    @classmethod
    def of_rows(
        cls,
        passages: Iterable[Mapping[str, Any]],
        lists: Iterable[Mapping[str, Any]],
        notes: tuple[str, ...] = (),
    ) -> Pool:
        """The pool that ``tables`` wrote."""
        runs: dict[str, dict[str, tuple[tuple[str, float], ...]]] = {}
        for row in lists:
            documents = tuple((one, float(score)) for one, score in json.loads(row["documents"]))
            runs.setdefault(row["system"], {})[row["query_id"]] = documents
        return cls(tuple(map(_passage, passages)), runs, notes)


def make_id(*parts: str) -> str:
    """A short name that is the same for the same parts and tells nothing of them."""
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def shuffled(ids: Iterable[str], *seed: str) -> list[str]:
    """Ids in an order that depends on nothing but themselves and the seed."""
    ordered = sorted(ids)
    random.Random(make_id("order", *seed)).shuffle(ordered)  # noqa: S311 - an order keeps no secret
    return ordered


def _row(one: PooledPassage) -> dict[str, Any]:
    passage = one.passage
    return {
        "item_id": one.id,
        "query_id": one.query_id,
        "document_id": one.document_id,
        "chunk_id": one.chunk_id,
        **shown_row(passage),
        "text_hash": one.text_hash,
        "before": passage.before,
        "after": passage.after,
        "found": json.dumps(dict(one.found)),
    }


def _passage(row: Mapping[str, Any]) -> PooledPassage:
    passage = Passage(id=row["item_id"], before=row["before"], after=row["after"], **shown_of(row))
    found = json.loads(row["found"])
    return PooledPassage(row["query_id"], row["document_id"], row["chunk_id"], passage, found)
