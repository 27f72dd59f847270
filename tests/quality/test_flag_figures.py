"""The figures that the flags' help shows are the ones that the shipped probe sets give."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.contrast.flag_quality import measure_word_flags
from retrieval.contrast.probe_sets import shipped_sets
from retrieval.explain.flag_figures import DOUBT_RERANKER, EVERY, MEASURED
from retrieval.explain.flags import RULES, WORD_RULES
from retrieval.models.cards import DEFAULT_RERANKER, find_card
from retrieval.models.folder import ModelFolder

pytestmark = pytest.mark.quality

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("rule", WORD_RULES)
def test_the_figures_shown_are_those_that_are_measured(rule) -> None:
    measured = measure_word_flags(shipped_sets()[0].probes)

    assert measured[rule] == MEASURED[rule]


def test_the_figures_of_the_rule_that_reads_scores_are_over_the_same_pairs() -> None:
    for name, figures in MEASURED["doubt"].items():
        assert figures.pairs == MEASURED["negator"][name].pairs
    parts = [figures for name, figures in MEASURED["doubt"].items() if name != EVERY]
    assert sum(figures.wrong for figures in parts) == MEASURED["doubt"][EVERY].wrong
    assert sum(figures.right for figures in parts) == MEASURED["doubt"][EVERY].right


def test_the_scores_were_those_of_the_reranker_that_is_shipped(home: Path) -> None:
    folder = ModelFolder.open(find_card(DEFAULT_RERANKER, "reranker").path)
    assert folder.weights_hash.startswith(DOUBT_RERANKER)


def test_the_readme_tells_these_figures() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    over_all = [MEASURED[rule][EVERY] for rule in RULES]

    for shares in (
        [figures.precision or 0.0 for figures in over_all],
        [figures.recall for figures in over_all],
    ):
        first, second, third = (f"{100 * share:.0f} %" for share in shares)
        assert f"{first}, {second} and {third} of" in readme
