from __future__ import annotations

import pytest

from retrieval.evaluation.statements import leading_sentence


@pytest.mark.parametrize(
    ("means", "said"),
    [
        ({"bm25": 0.7, "dense": 0.8}, "dense has the highest nDCG@10: 0.800."),
        ({"bm25": 0.7641, "dense": 0.7643}, "bm25 and dense share the highest nDCG@10: 0.764."),
        (
            {"bm25": 0.5, "dense": 0.5, "late": 0.1, "rerank": 0.5},
            "bm25, dense and rerank share the highest nDCG@10: 0.500.",
        ),
    ],
)
def test_nobody_leads_by_what_is_not_shown(means: dict[str, float], said: str) -> None:
    assert leading_sentence(means, "nDCG@10") == said
