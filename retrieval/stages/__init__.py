"""Stages: the ways to rank, one file each, one shape for all.

A stage takes the request and the rankings that are already there, and yields its own ranking. A
quick stage yields once; one that asks a model for every pair yields after each batch, and the last
ranking it yields has nothing pending.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from retrieval.settings import SearchSettings, StageName
from retrieval.store import Snapshot
from retrieval.types import Ranking


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one state of a collection.

    Attributes:
        query: The question, not empty.
        snapshot: The collection's chunks, pinned to a version.
        settings: What was asked for.
        beside: The same documents with another encoder's vectors, where two are compared.
    """

    query: str
    snapshot: Snapshot
    settings: SearchSettings
    beside: Snapshot | None = None

    def pool(self, rankings: Mapping[StageName, Ranking]) -> tuple[str, ...]:
        """Chunk ids of the candidates: the first N of the hybrid list, so that pools nest."""
        return tuple(hit.chunk_id for hit in rankings["hybrid"].hits[: self.settings.candidates])


class Stage(Protocol):
    """One way to rank."""

    @property
    def name(self) -> StageName:
        """The stage's name in traces, settings and files."""

    def rank(self, request: Request, rankings: Mapping[StageName, Ranking]) -> Iterator[Ranking]:
        """Rank for a request, given what earlier stages returned."""


@dataclass(frozen=True, slots=True)
class StageInfo:
    """What a person should know of a stage.

    Attributes:
        name: Its name in traces, settings and files.
        label: What lists and charts call it.
        help: How it ranks, in one line.
        needs: The stages whose rankings it reads.
    """

    name: StageName
    label: str
    help: str
    needs: tuple[StageName, ...] = ()


STAGES: Mapping[StageName, StageInfo] = MappingProxyType(
    {
        info.name: info
        for info in (
            StageInfo(
                "bm25",
                "BM25",
                "Counts shared words; rare words weigh more. Knows no synonyms and no grammar.",
            ),
            StageInfo(
                "dense",
                "Bi-encoder",
                "Compares one vector of the question with one vector of each passage, "
                "made apart from each other.",
            ),
            StageInfo(
                "hybrid",
                "Hybrid",
                "Fuses the keyword and the vector list; its first N are the candidates.",
                needs=("bm25", "dense"),
            ),
            StageInfo(
                "dense_2",
                "Bi-encoder again",
                "A second encoder's vectors of the same documents, for comparison.",
            ),
            StageInfo(
                "late",
                "Late interaction",
                "Keeps one vector a token and sums up, for each token of the question, "
                "its best match in the passage (MaxSim).",
                needs=("bm25", "dense", "hybrid"),
            ),
            StageInfo(
                "rerank",
                "Reranked",
                "A cross-encoder reads the question and each candidate together: "
                "the sharpest stage, and the dearest.",
                needs=("bm25", "dense", "hybrid"),
            ),
            StageInfo(
                "rerank_2",
                "Reranked again",
                "A second reranker reads the same candidates, for comparison.",
                needs=("bm25", "dense", "hybrid"),
            ),
        )
    }
)
