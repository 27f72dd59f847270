"""Where an answer was lost on its way through the cascade.

The reranker is not blamed for what the first stage lost, nor praised for what it could not lose:
each answer is lost at the first step that let it go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from retrieval.settings import DEPTH, STAGE_ORDER, StageName
from retrieval.types import Ranking, Trace

Outcome = Literal["never_a_candidate", "fused_out", "waiting", "buried", "found"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one answer.

    Attributes:
        chunk_id: The answer.
        outcome: ``never_a_candidate``: in neither first-stage list of depth 200; ``fused_out``: in
            one of them, but behind the first N of the fused list; ``waiting``: among the N, and
            not reranked so far; ``buried``: reranked behind the results shown; ``found``.
        ranks: Its rank by stage, None where the stage did not return it.
        candidates: The N of this search.
        top: How many results were shown.
        depth: How deep the first-stage lists were read.
    """

    chunk_id: str
    outcome: Outcome
    ranks: Mapping[StageName, int | None]
    candidates: int
    top: int
    depth: int = DEPTH

    @property
    def retrieved(self) -> dict[StageName, int]:
        """Its rank in the stages that returned it."""
        return {stage: rank for stage, rank in self.ranks.items() if rank is not None}


def trace_fate(trace: Trace, chunk_id: str) -> Fate:
    """Follow one answer through the stages of ``trace``.

    Args:
        trace: The rankings of one question.
        chunk_id: The passage that answers it.

    Returns:
        Where it stands in each stage that ran, and where it was lost.
    """
    ranks = {
        stage: _rank(trace.rankings[stage], chunk_id)
        for stage in STAGE_ORDER
        if stage in trace.rankings
    }
    settings = trace.settings
    return Fate(chunk_id, _outcome(trace, ranks), ranks, settings.candidates, settings.top)


def _rank(ranking: Ranking, chunk_id: str) -> int | None:
    hit = ranking.find(chunk_id)
    return None if hit is None else hit.rank


def _outcome(trace: Trace, ranks: Mapping[StageName, int | None]) -> Outcome:
    if ranks.get("bm25") is None and ranks.get("dense") is None:
        return "never_a_candidate"
    hybrid, rerank = ranks.get("hybrid"), ranks.get("rerank")
    if "hybrid" in ranks and (hybrid is None or hybrid > trace.settings.candidates):
        return "fused_out"
    if rerank is None or trace.rankings["rerank"].pending:
        return "waiting"
    return "found" if rerank <= trace.settings.top else "buried"
