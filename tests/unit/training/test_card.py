"""The card's tables say what the figures hold, and nothing else."""

from __future__ import annotations

from retrieval.settings import STAGE_ORDER
from retrieval.training.card import card_tables, held_out_figures

SHARES = dict.fromkeys(STAGE_ORDER, 0.5) | {"rerank": 0.875}
REPORT = {
    "by_phenomenon": {"roles": SHARES, "roles, two passages": SHARES | {"rerank": 0.95}},
    "intervals": {
        "by_phenomenon": {
            "roles": {"bm25": {"n": 60}},
            "roles, two passages": {"bm25": {"n": 120}},
        }
    },
}
FIGURES = {
    "contrast": {"probes": {"items": 4, "accuracy": SHARES, "preference": {}}},
    "held_out": {"frames": held_out_figures(REPORT)},
    "topical": {"rerank": {"auc": 0.9, "low": 0.85, "high": 0.95, "pairs": 0.88, "n": 150}},
    "ranking": {
        "c": {
            stage: {"nDCG@10": {"mean": 0.4, "low": 0.3, "high": 0.5, "n": 7}}
            for stage in STAGE_ORDER
        }
    },
    "blend": {
        "c": {
            "questions": 7,
            "stages": {"bm25": 0.1, "dense": 0.42, "hybrid": 0.3, "late": 0.43},
            "shares": {"0": 0.27, "0.6": 0.426},
        }
    },
}


def test_held_out_figures_are_sorted_by_rule() -> None:
    found = held_out_figures(REPORT)
    assert found["four cells"] == {"roles": {"items": 60, **SHARES}}
    assert found["two passages"]["roles"]["rerank"] == 0.95


def test_every_table_has_its_rows() -> None:
    text = card_tables(FIGURES)
    assert "| probes | four cells | 4 | 50.0 | 50.0 | 50.0 | 50.0 | 87.5 |" in text
    assert "| frames | roles | two passages | 120 | 50.0 | 50.0 | 50.0 | 50.0 | 95.0 |" in text
    assert "| rerank | 150 | 0.900 (0.850–0.950) | 88.0 % |" in text
    assert "| c | 7 | 0.400 (0.300–0.500) |" in text
    assert "| collection | questions | best first stage | late | 0 | 0.6 |" in text
    assert "| c | 7 | 0.420 | 0.430 | 0.270 | 0.426 |" in text
