"""One passage, its twin and their questions, scored in every stage and judged by the pairwise rule.

The scores are those of ``contrast`` for a file with this one item, because they come from the same
table; a collection's passages join the corpus that keywords and ranks are counted in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from retrieval.cache import Cache
from retrieval.contrast.pairwise import Outcome, judge
from retrieval.contrast.probes import Probe
from retrieval.contrast.scoring import ScoreTable
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings, StageName
from retrieval.store import Snapshot
from retrieval.store.snapshot import IN_MEMORY_UP_TO

Result = Literal["told", "preferred", "tied", "split", "reversed"]
"""What a stage made of an item: ``told`` is a pass, of two questions or of the one; ``tied`` has an
equal pair and nothing wrong; ``preferred`` puts one passage first whatever is asked; ``reversed``
puts the wrong one first each time; ``split`` is the rest: one question right, the other tied."""

UNITS: Mapping[StageName, str] = MappingProxyType(
    {"bm25": "bm25", "dense": "cosine", "hybrid": "rrf", "late": "maxsim", "rerank": "logit"}
)
"""Unit of a score table's scores; its fusion is by ranks whatever a search is set to."""


@dataclass(frozen=True, slots=True)
class FourCells:
    """An item with what every stage made of it.

    Attributes:
        probe: The questions, the passage, its twin and the control.
        outcomes: One a stage, in the order of the cascade.
        passages: Passages of the collection that keywords and ranks were counted in; 0 where only
            the item's own were.
    """

    probe: Probe
    outcomes: tuple[Outcome, ...]
    passages: int

    def of(self, stage: StageName) -> Outcome:
        """What one stage made of it."""
        return next(outcome for outcome in self.outcomes if outcome.stage == stage)


def score_cells(
    probe: Probe,
    models: Models,
    cache: Cache,
    *,
    asked: SearchSettings,
    background: Snapshot,
) -> FourCells:
    """Score one item in every stage.

    Args:
        probe: The item.
        models: Where encoders and rerankers come from.
        cache: Where pair scores are kept.
        asked: The reranker, and the k of the fusion.
        background: The collection that the item is looked at in; its encoder is used, and its
            passages join the corpus if they can be counted in memory.
    """
    counted = len(background) <= IN_MEMORY_UP_TO
    table = ScoreTable(
        probe.texts,
        models,
        cache,
        encoder=background.encoder,
        asked=asked,
        background=background if counted else None,
    )
    return FourCells(probe, judge([probe], table).outcomes, len(background) if counted else 0)


def result_of(outcome: Outcome) -> Result:
    """Which way a stage's margins point."""
    margins = outcome.margins
    if outcome.passed:
        return "told"
    if all(margin <= 0 for margin in margins):
        return "reversed" if any(margin < 0 for margin in margins) else "tied"
    return "preferred" if any(margin < 0 for margin in margins) else "split"


def outcome_row(outcome: Outcome, rerank_unit: str = UNITS["rerank"]) -> dict[str, Any]:
    """What one stage made of one item as plain values for JSON, unrounded."""
    unit = rerank_unit if outcome.stage == "rerank" else UNITS[outcome.stage]
    return {
        "id": outcome.probe.id,
        "stage": outcome.stage,
        "unit": unit,
        "scores": [list(row) for row in outcome.scores],
        "margins": list(outcome.margins),
        "control_margin": outcome.control_margin,
        "passed": outcome.passed,
    }


def probe_row(probe: Probe) -> dict[str, Any]:
    """The item as a row of a probe file, for ``contrast`` to read."""
    row: dict[str, Any] = {"id": probe.id, "phenomenon": probe.phenomenon}
    if probe.is_four_cell:
        row |= dict(zip(("query_1", "query_2"), probe.queries, strict=True))
        row |= dict(zip(("document_1", "document_2"), probe.passages, strict=True))
    else:
        row |= {"query": probe.queries[0]}
        row |= dict(zip(("positive", "negative"), probe.passages, strict=True))
    return row | ({"control": probe.control} if probe.control else {})
