"""A sentence about one thing has no plural: small collections are the first that anybody makes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pages.parts.charts.costs import cost_chart
from pages.parts.sentences import happened, strip_html
from retrieval.settings import SearchSettings, StageName
from retrieval.types import Chunk, Cost, Hit, Ranking, Trace

TEXT = "Prune roses in late winter."


def trace(stages: tuple[StageName, ...], *, pending: bool = False) -> Trace:
    """One passage in all lists."""
    cost = Cost(elapsed_ms=3, forward_passes=1, pairs_scored=1)
    rankings = {
        stage: Ranking(stage, "logit", (Hit(1, 1.0, "a"),), cost=cost, pending=int(pending))
        for stage in stages
    }
    chunks = {"a": Chunk("a", "d", 0, TEXT, 0, len(TEXT))}
    found = Trace("when", "c", 1, "e", SearchSettings(), rankings, chunks)  # type: ignore[arg-type]
    return replace(found, loading_ms={"rerank": 1500.0})


def test_the_strip_and_the_ledger_count_one_pair() -> None:
    one = trace(("bm25", "dense", "hybrid", "rerank"))

    assert "1 pair (0 from cache), and 1.5 s to load models" in strip_html(one)
    assert "scored 4 pairs in 4 forward passes" in cost_chart(one).caption
    assert "scored 1 pair in 1 forward pass, and 0 pairs" in cost_chart(trace(("rerank",))).caption


@pytest.mark.parametrize(
    ("stages", "pending", "said"),
    [
        (("hybrid",), False, "1 candidate fused from both lists."),
        (("hybrid", "rerank"), True, "The reranker has read 1 of 1 candidate …"),
    ],
)
def test_one_candidate(stages: tuple[StageName, ...], pending: bool, said: str) -> None:
    assert happened(trace(stages, pending=pending)) == said
