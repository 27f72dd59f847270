"""Precision and recall of flags, on items whose figures can be counted by hand."""

from __future__ import annotations

from retrieval.contrast.flag_quality import measure_doubt, measure_flag, measure_word_flags
from retrieval.contrast.pairwise import outcome_of
from retrieval.contrast.probes import Probe
from retrieval.explain.flag_figures import FlagFigures

FOUR = Probe("1", "roles", ("q1", "q2"), ("right for q1", "right for q2"))
ONE = Probe("2", "negation", ("q3",), ("answer", "no answer"))
CONTROL = Probe("3", "roles", ("q1", "q2"), ("a", "b"), is_control=True)


def test_a_flag_should_fire_on_the_wrong_passage_of_each_question() -> None:
    def wrong_of_q1_and_all_of_q3(query: str, passage: str) -> bool:
        return query == "q3" or (query, passage) == ("q1", "right for q2")

    found = measure_flag([FOUR, ONE, CONTROL], wrong_of_q1_and_all_of_q3)

    assert found == FlagFigures(wrong=2, right=1, pairs=3)
    assert (found.precision, found.recall) == (2 / 3, 2 / 3)


def test_a_flag_that_never_fires_has_no_precision() -> None:
    found = measure_flag([FOUR], lambda *_: False)

    assert (found.precision, found.recall) == (None, 0.0)


def test_word_rules_are_measured_by_phenomenon() -> None:
    probe = Probe(
        "1",
        "negation",
        ("which medicine causes drowsiness", "which medicine does not cause drowsiness"),
        ("This medicine causes drowsiness.", "This medicine does not cause drowsiness."),
    )

    found = measure_word_flags([probe, ONE])

    assert found["negator"]["negation"] == FlagFigures(wrong=2, right=0, pairs=3)
    assert found["negator"]["all"] == found["negator"]["negation"]
    assert found["swap"]["all"] == FlagFigures(0, 0, 3)


def test_doubt_is_measured_on_both_scores() -> None:
    outcomes = [
        outcome_of(FOUR, "dense", ((0.9, 0.8), (0.9, 0.2))),
        outcome_of(FOUR, "rerank", ((2.0, -1.0), (-3.0, -4.0))),
    ]

    # q1: the wrong one is close and refused. q2: its own is far, and the wrong one close.
    assert measure_doubt(outcomes)["all"] == FlagFigures(wrong=2, right=0, pairs=2)
