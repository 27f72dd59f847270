from __future__ import annotations

import math

import pytest

from retrieval.errors import SettingsError
from retrieval.evaluation.amounts import count_text, number_text, size_text, time_text
from retrieval.evaluation.architecture import Need, advise
from retrieval.evaluation.cost import (
    MS_AN_HOUR,
    TEXTBOOK_CORPUS,
    TEXTBOOK_PAIR_MS,
    Corpus,
    Rates,
    Span,
    estimate,
)
from retrieval.evaluation.machine import Machine, Quality, Speed

RATES = Rates(
    vector_ms=20,
    search_ms=30,
    scan_ms=1e-4,
    pair_ms=Span.at(1.5),
    encode_ms=4,
    dimension=384,
    token_bytes=100_000,
    cores=2,
)
MEASURED = Machine(
    "c",
    5_000,
    1_000,
    Speed(12, 8, 2.0),
    1e-4,
    4,
    384,
    90_000,
    tokens_stored=False,
    threads=4,
    backends=("x",),
)


def test_the_textbooks_example_takes_one_and_a_half_to_three_hours() -> None:
    found = estimate(TEXTBOOK_CORPUS, RATES.with_pair_ms(TEXTBOOK_PAIR_MS))
    hours = [
        end / MS_AN_HOUR
        for end in (found.everything.question_ms.low, found.everything.question_ms.high)
    ]
    assert hours == pytest.approx([1_000_000 * 5 / 3.6e6, 1_000_000 * 10 / 3.6e6])
    assert hours[0] < 1.5
    assert 2.7 < hours[1] < 3
    assert time_text(found.everything.question_ms) == "1.4 to 2.8 hours"
    assert found.everything.within is False
    assert "pair_ms" in found.rates.assumed


def test_each_figure_is_the_one_that_a_hand_would_compute() -> None:
    corpus = Corpus(
        documents=200_000, chunks_a_document=4, queries_a_day=50_000, candidates=40, peak=2
    )
    found = estimate(corpus, RATES)
    assert corpus.chunks == 800_000
    assert found.two_stages.question_ms == Span.at(20 + 30 + 40 * 1.5)
    assert found.two_stages.questions_a_day.low == pytest.approx(24 * 3600 * 1000 / 110)
    # 50,000 questions of 110 ms on two cores, twice as dense at the peak, in a day's milliseconds.
    assert found.two_stages.cores.high == math.ceil(50_000 * 110 * 2 * 2 / 86_400_000)
    assert found.vector_bytes == 800_000 * 384 * 4
    assert found.token_bytes == 800_000 * 100_000
    assert found.encoding_ms == 800_000 * 4
    assert found.scan_ms == pytest.approx(80)
    assert found.bi_encoder.question_ms == Span.at(50)
    assert found.as_dict()["ways"]["two stages"]["pairs"] == 40


def test_a_corpus_smaller_than_n_is_read_whole_and_no_more() -> None:
    found = estimate(Corpus(documents=7), RATES)
    assert found.two_stages.pairs == found.everything.pairs == 7


@pytest.mark.parametrize(
    "wrong",
    [
        {"documents": 0},
        {"documents": -1},
        {"documents": 10**12},
        {"chunks_a_document": 0.0},
        {"chunks_a_document": float("nan")},
        {"queries_a_day": 0},
        {"peak": 0.5},
        {"latency": float("inf")},
        {"candidates": 1000},
    ],
)
def test_what_is_out_of_bounds_is_refused_with_its_name(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        Corpus(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "span", [Span(0, 0), Span(-1, 5), Span(10, 5), Span(1, math.inf), Span(math.nan, 1)]
)
def test_a_time_for_a_pair_has_to_be_one(span: Span) -> None:
    with pytest.raises(SettingsError, match="no time for a pair"):
        RATES.with_pair_ms(span)


def test_what_was_not_measured_here_is_called_assumed() -> None:
    small, large = MEASURED.rates(Corpus(documents=1_000)), MEASURED.rates(Corpus())
    assert (small.search_ms, small.assumed) == (8, ())
    assert (large.search_ms, large.assumed) == (30, ("search_ms",))


ADVICE = [
    ({"documents": 1_000_000, "latency": 2_000}, Need(), "two stages"),
    ({"documents": 1_000_000, "latency": 400}, Need(), "two stages with few candidates"),
    ({"documents": 1_000_000, "latency": 400}, Need(similarity_only=True), "bi-encoder alone"),
    ({"documents": 10_000, "latency": 1_000}, Need("medical", similarity_only=True), "two stages"),
    ({"documents": 300, "latency": 1_000}, Need(), "rerank everything"),
    ({"documents": 1_000_000, "latency": 40}, Need(), "bi-encoder alone"),
    ({"documents": 1_000_000, "latency": 40}, Need("legal"), "two stages with few candidates"),
]


@pytest.mark.parametrize(("asked", "need", "named"), ADVICE)
def test_the_rules_name_an_architecture(asked: dict[str, int], need: Need, named: str) -> None:
    found = estimate(Corpus(**asked), RATES)  # type: ignore[arg-type]
    advice = advise(need, found)
    assert advice.architecture == named
    assert [rule.holds for rule in advice.rules] == [
        asked["documents"] > 10_000,
        asked["latency"] < 500,
        need.stakes != "none",
        need.similarity_only,
    ]
    assert advice.arguments


def test_few_candidates_are_no_more_than_the_limit_allows() -> None:
    found = estimate(Corpus(latency=100), RATES)
    advice = advise(Need(), found)
    assert advice.candidates == (100 - 50) // 1.5
    assert 50 + advice.candidates * 1.5 <= 100
    slow = advise(Need(), estimate(Corpus(latency=100), RATES.with_pair_ms(Span(1, 10))))
    assert slow.candidates == 5


def test_a_need_that_time_cannot_meet_is_said_so() -> None:
    advice = advise(Need("financial"), estimate(Corpus(latency=40), RATES))
    assert "leave no time for one pair" in advice.sentence
    (limit,) = (one for one in advice.arguments if one.text.startswith("Two stages"))
    assert not limit.speaks_for


def test_measured_quality_speaks_for_reranking_or_against_it() -> None:
    found = estimate(Corpus(), RATES)
    for rerank, speaks in ((0.9, True), (0.5, False)):
        quality = Quality(30, 100, 0.6, 0.7, rerank)
        argument = advise(Need(), found, quality).arguments[-1]
        assert (argument.speaks_for, argument.measured) == (speaks, True)
        alone = advise(Need(similarity_only=True), found, quality).arguments[-1]
        assert alone.speaks_for is not speaks


def test_figures_that_rest_on_an_assumption_do_not_call_themselves_measured() -> None:
    measured = advise(Need(), estimate(Corpus(), RATES)).arguments
    assert [one.measured for one in measured] == [True, True, True, False]
    given = advise(Need(), estimate(Corpus(), RATES.with_pair_ms(Span(5, 10)))).arguments
    assert [one.measured for one in given] == [False, False, True, False]


def test_amounts_read_well_from_the_smallest_to_the_largest() -> None:
    assert time_text(0.00005) == "50 ns"
    assert time_text(Span(500, 1500)) == "0.5 to 1.5 s"
    assert time_text(3_600_000 * 24 * 3) == "3 days"
    assert [size_text(size) for size in (12, 1_536_000_000, 9.6e13)] == [
        "12 bytes",
        "1.5 GB",
        "96 TB",
    ]
    assert count_text(Span(2, 2)) == "2"
    assert count_text(Span(3473, 6945)) == "3,473 to 6,945"
    assert number_text(0.0123) == "0.012"
