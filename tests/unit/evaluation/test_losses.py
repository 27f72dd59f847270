from __future__ import annotations

import pytest

from retrieval.evaluation.losses import trace_fate
from retrieval.settings import SearchSettings, StageName
from retrieval.types import Ranking, Trace

NAMES = [f"c{number:02d}" for number in range(40)]


def ranking(stage: StageName, order: list[str], pending: int = 0) -> Ranking:
    scores = [(name, float(-place)) for place, name in enumerate(order)]
    return Ranking.from_scores(stage, "bm25", scores, pending=pending)


def trace(candidates: int = 20, top: int = 5, pending: int = 0, **orders: list[str]) -> Trace:
    rankings = {
        stage: ranking(stage, order, pending if stage == "rerank" else 0)
        for stage, order in orders.items()
    }
    return Trace("q", "c", 1, "e", SearchSettings(candidates=candidates, top=top), rankings)


LEGS = {"bm25": NAMES[:30], "dense": NAMES[:30], "hybrid": NAMES[:30]}


def test_an_answer_in_neither_leg_was_never_a_candidate() -> None:
    fate = trace_fate(trace(**LEGS, rerank=NAMES[:20]), "c35")
    assert fate.outcome == "never_a_candidate"
    assert fate.retrieved == {}


def test_an_answer_behind_the_first_n_was_fused_out() -> None:
    fate = trace_fate(trace(**LEGS, rerank=NAMES[:20]), "c25")
    assert (fate.outcome, fate.ranks["hybrid"]) == ("fused_out", 26)


def test_an_answer_reranked_behind_the_results_shown_was_buried() -> None:
    assert trace_fate(trace(**LEGS, rerank=NAMES[:20]), "c05").outcome == "buried"


@pytest.mark.parametrize("name", ["c00", "c04"])
def test_an_answer_among_the_results_shown_was_found(name: str) -> None:
    assert trace_fate(trace(**LEGS, rerank=NAMES[:20]), name).outcome == "found"


def test_one_leg_is_enough_to_be_a_candidate() -> None:
    legs = {"bm25": NAMES[:3], "dense": NAMES[10:13], "hybrid": NAMES[:3] + NAMES[10:13]}
    assert trace_fate(trace(**legs, rerank=["c11"]), "c11").outcome == "found"


def test_an_answer_waits_while_the_reranker_is_at_work() -> None:
    assert trace_fate(trace(**LEGS), "c01").outcome == "waiting"
    fate = trace_fate(trace(**LEGS, rerank=NAMES[:4], pending=16), "c01")
    assert fate.outcome == "waiting"


def test_ranks_are_given_for_each_stage_that_ran() -> None:
    fate = trace_fate(trace(**LEGS, rerank=NAMES[:20]), "c02")
    assert fate.ranks == {"bm25": 3, "dense": 3, "hybrid": 3, "rerank": 3}
