"""Flags: which hits stand against a question, by rules on words and one on scores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retrieval.explain.flag_figures import EVERY, MEASURED
from retrieval.explain.flags import (
    CLOSE_COSINE,
    NO_LOGIT,
    RULES,
    FlagRule,
    count_flags,
    count_opposed,
    hit_flags,
    is_doubted,
    word_flags,
)
from retrieval.settings import SearchSettings
from retrieval.types import Chunk, Cost, Hit, Ranking, Trace

QUESTION = "which allergy medicine does not cause drowsiness"
CAUSES = "Diphenhydramine is an allergy medicine that causes drowsiness."
CAUSES_NOT = "Loratadine is an allergy medicine that does not cause drowsiness."


@pytest.mark.parametrize(
    ("query", "passage", "expected"),
    [
        (QUESTION, CAUSES, ("negator",)),
        (QUESTION, CAUSES_NOT, ()),
        ("which allergy medicine causes drowsiness", CAUSES_NOT, ("negator",)),
        ("which allergy medicine causes drowsiness", CAUSES, ()),
        ("which plant grows without water", "Moss is a plant that grows in water.", ("negator",)),
        ("who bites the dog", "The dog bites the man.", ()),
        ("does the mayor fine the baker", "The baker fines the mayor.", ("swap",)),
        ("does the mayor fine the baker", "The mayor fines the baker.", ()),
        ("flights from Oslo to Rome", "We sell flights from Rome to Oslo.", ("swap",)),
        ("does the mayor fine the baker", "The baker never fines the mayor.", ("negator", "swap")),
    ],
)
def test_rules_that_read_words(query: str, passage: str, expected: tuple[FlagRule, ...]) -> None:
    assert word_flags(query, passage) == expected


def test_only_the_sentence_that_is_about_the_question_counts() -> None:
    passage = f"Nobody likes sneezing. {CAUSES} Do not drive!"
    assert word_flags("which allergy medicine causes drowsiness", passage) == ()
    assert word_flags(QUESTION, passage) == ("negator",)


def test_a_passage_about_something_else_is_not_flagged() -> None:
    assert word_flags(QUESTION, "Ferns like shade.") == ()
    assert word_flags("which medicine helps", "There is no bus on Sunday.") == ()


def test_a_bound_and_an_addition_are_no_negation() -> None:
    query = "how many tablets are taken a day"
    assert word_flags(query, "No more than four tablets are taken a day.") == ()
    assert word_flags(query, "Tablets are taken not only by day.") == ()
    assert word_flags(query, "No tablets are taken on that day.") == ("negator",)


@pytest.mark.parametrize("text", ["", "?!", "の薬", "<script>not</script>", "word " * 5_000])
def test_no_text_is_too_odd(text: str) -> None:
    assert word_flags(text, CAUSES) in ((), ("negator",))
    assert word_flags(QUESTION, text) in ((), ("negator",))


def test_doubt_needs_a_close_passage_and_a_no() -> None:
    assert is_doubted(CLOSE_COSINE, NO_LOGIT - 0.01)
    assert not is_doubted(CLOSE_COSINE - 0.01, -5.0)
    assert not is_doubted(0.9, NO_LOGIT)


def trace(cosines: tuple[float, ...], logits: tuple[float, ...]) -> Trace:
    texts = (CAUSES, CAUSES_NOT, "Ferns like shade.")
    chunks = {str(at): Chunk(str(at), "d", at, text, 0, len(text)) for at, text in enumerate(texts)}

    def ranking(stage: str, unit: str, scores: tuple[float, ...]) -> Ranking:
        order = sorted(range(len(scores)), key=lambda at: -scores[at])
        hits = tuple(Hit(rank, scores[at], str(at)) for rank, at in enumerate(order, start=1))
        return Ranking(stage, unit, hits, Cost())  # type: ignore[arg-type]

    rankings = {"dense": ranking("dense", "cosine", cosines)}
    if logits:
        rankings["rerank"] = ranking("rerank", "logit", logits)
    return Trace(QUESTION, "c", 1, "e", SearchSettings(), rankings, chunks)  # type: ignore[arg-type]


def test_hits_of_a_trace_are_flagged_and_counted() -> None:
    found = trace((0.8, 0.7, 0.1), (-2.0, 3.0, -8.0))
    assert hit_flags(found, "0") == ("negator", "doubt")
    assert hit_flags(found, "1") == ()
    assert hit_flags(found, "2") == ()
    assert count_flags(found, 10) == (3, {"negator": 1, "swap": 0, "doubt": 1})
    assert count_opposed(found, 10) == 1
    assert count_opposed(found, 0) == 0


def test_without_a_reranker_there_is_no_doubt() -> None:
    assert hit_flags(trace((0.8, 0.7, 0.1), ()), "0") == ("negator",)


def test_a_blended_score_is_no_logit_and_raises_no_doubt() -> None:
    found = trace((0.8, 0.7, 0.1), (-2.0, 3.0, -8.0))
    mixed = replace(found.rankings["rerank"], unit="blend")
    blended = replace(found, rankings={**found.rankings, "rerank": mixed})
    assert hit_flags(blended, "0") == ("negator",)


def test_every_rule_has_its_words_and_its_figures() -> None:
    assert set(MEASURED) == set(RULES)
    for rule in RULES:
        assert MEASURED[rule][EVERY].pairs > 500
    assert str(CLOSE_COSINE) in RULES["doubt"].help
