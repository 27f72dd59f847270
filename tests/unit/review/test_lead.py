from __future__ import annotations

import math
from dataclasses import replace

import pytest

from retrieval.errors import IngestError, ReviewError, RoleError
from retrieval.evaluation.evaluate import evaluate
from retrieval.evaluation.measures import Measure
from retrieval.review.consensus import AGGREGATES, passage_grades
from retrieval.review.lead import Lead
from retrieval.review.preferences import WinRate
from retrieval.review.store import ReviewStore
from retrieval.review.types import PassageTask, Review
from retrieval.store import Store
from tests.reviewing import ANN, BEN, EDITOR, made_review

NDCG = Measure.parse("nDCG@10")


def grade_all(reviews: ReviewStore, review: Review, who: object, shift: int = 0) -> None:
    """Grade a passage by its number, so that the order of bm25 is the worst there is."""
    seat = reviews.seat(who, review.id)  # type: ignore[arg-type]
    while (task := seat.next()) is not None:
        assert isinstance(task, PassageTask)
        number = int(task.passage.text.split()[1])
        seat.judge(task.id, min(3, number + shift), f"number {number}", seconds=2)


@pytest.fixture
def judged(reviews: ReviewStore, store: Store) -> Review:
    review = made_review(reviews, store, needed=2)
    grade_all(reviews, review, ANN)
    grade_all(reviews, review, BEN, shift=1)
    return review


@pytest.fixture
def lead(reviews: ReviewStore, judged: Review) -> Lead:
    return reviews.lead(EDITOR, judged.id)


def test_progress_counts_what_is_complete_and_who_did_what(
    reviews: ReviewStore, store: Store
) -> None:
    review = made_review(reviews, store, needed=2)
    lead = reviews.lead(EDITOR, review.id)
    assert (lead.progress().tasks, lead.progress().complete) == (12, 0)
    grade_all(reviews, review, ANN)
    seat = reviews.seat(BEN, review.id)
    first, second = seat.next(), seat.next("x")
    assert first is not None
    assert second == first
    seat.judge(first.id, 1)
    lead.decide(next(one for one in lead.pool.by_id if one != first.id), 3)
    progress = lead.progress()
    assert (progress.complete, progress.judgments, progress.needed) == (2, 13, 24)
    ann, ben = progress.reviewers
    assert (ann.reviewer, ann.judged, ann.left, ann.seconds) == (ANN.name, 12, 0, 24)
    assert (ben.judged, ben.left) == (1, 10)
    assert ben == seat.progress()


def test_agreement_is_of_what_reviewers_said(lead: Lead) -> None:
    found = lead.agreement()
    assert found.reviewers == (ANN.name, BEN.name)
    (pair,) = found.pairs
    assert pair.table == ((0, 3, 0, 0), (0, 0, 3, 0), (0, 0, 0, 3), (0, 0, 0, 3))
    assert pair.same == 0.25
    assert found.tasks == pair.both == 12
    assert found.main == found.alphas["ordinal"]
    assert found.alphas["nominal"].value < found.alphas["interval"].value
    assert "tentative" in found.sentence
    assert found.as_dict()["pairs"][0]["kappa"]["value"] == pair.kappa.value


def test_what_cannot_be_told_yet_is_said(reviews: ReviewStore, review: Review) -> None:
    lead = reviews.lead(EDITOR, review.id)
    assert "not known" in lead.agreement().sentence
    assert lead.agreement().as_dict()["alpha"]["nominal"]["value"] is None
    assert lead.results().evaluation is None
    assert lead.results().pool_unjudged == 1
    assert lead.disputed() == ()
    with pytest.raises(IngestError, match="None of the questions has a judgment"):
        lead.question_set(["d1"])


def test_the_passages_with_most_disagreement_come_first_and_a_lead_decides(
    reviews: ReviewStore, judged: Review, lead: Lead
) -> None:
    seat = reviews.seat(BEN, judged.id)
    far = next(one.id for one in lead.pool.passages if one.chunk_id == "c1.0")
    seat.judge(far, 3, "I read it otherwise")
    first = lead.disputed()[0]
    assert first.passage.id == far
    assert first.grades == {ANN.name: 0, BEN.name: 3}
    assert first.answers[BEN.name].comment == "I read it otherwise"
    assert first.final is None
    event = lead.decide(far, 1, "on the topic, no more")
    assert lead.disputed()[0].final == event
    assert lead.disputed()[0].grades == first.grades
    assert passage_grades(lead.standing())[far] == 1
    lead.decide(far, None)
    assert lead.disputed()[0].final is None
    assert passage_grades(lead.standing(), "highest")[far] == 3
    for task, grade in (("elsewhere", 1), (far, 4)):
        with pytest.raises(ReviewError, match=r"no such passage|no grade"):
            lead.decide(task, grade)


def test_a_passage_that_nobody_could_judge_waits_for_the_lead(
    reviews: ReviewStore, review: Review
) -> None:
    seat = reviews.seat(ANN, review.id)
    task = seat.next()
    assert task is not None
    seat.cannot(task.id, "too medical for me")
    (found,) = reviews.lead(EDITOR, review.id).disputed()
    assert (found.passage.id, found.grades) == (task.id, {})


@pytest.mark.parametrize(
    ("how", "grades", "together"),
    [
        ("median", [0, 3], 0),
        ("median", [0, 2, 3], 2),
        ("median", [1, 1, 2, 3], 1),
        ("lowest", [1, 3], 1),
        ("highest", [1, 3], 3),
    ],
)
def test_grades_are_taken_together_as_asked(how: str, grades: list[int], together: int) -> None:
    assert AGGREGATES[how].of(grades) == together


def test_a_document_has_the_highest_grade_of_its_passages(lead: Lead) -> None:
    # Passages 0 and 1 are of one document, and Ben gives one more than Ann.
    assert lead.qrels("lowest")["q0"] == {"d1": 1, "d2": 2, "d3": 3}
    assert lead.qrels("highest")["q0"] == {"d1": 2, "d2": 3, "d3": 3}
    with pytest.raises(ReviewError, match="taken together"):
        lead.qrels("mean")


def test_systems_are_measured_by_the_evaluations_own_machinery(
    reviews: ReviewStore, lead: Lead
) -> None:
    results = lead.results()
    assert results.evaluation is not None
    expected = evaluate(lead.pool.runs, lead.qrels(), (NDCG, Measure.parse("judged@10")))
    assert results.evaluation.as_dict() == expected.as_dict()
    means = {name: found[NDCG].mean for name, found in results.evaluation.systems.items()}
    assert means["dense"] > 0
    assert results.unjudged == {"bm25": 0, "dense": 0}
    assert (results.pool_unjudged, results.judgments) == (0, 9)
    assert any("by document" in note for note in results.notes)


def test_what_is_not_judged_is_told(reviews: ReviewStore, review: Review) -> None:
    seat = reviews.seat(ANN, review.id)
    for _ in range(2):
        task = seat.next()
        assert task is not None
        seat.judge(task.id, 0)
    results = reviews.lead(EDITOR, review.id).results()
    assert results.pool_unjudged == pytest.approx(10 / 12)
    assert 0 < results.unjudged["bm25"] < 1
    assert any("without a relevant document" in note for note in results.notes)
    assert any("83%" in note for note in results.notes)
    assert results.as_dict()["evaluation"]["systems"]["bm25"]["nDCG@10"]["n"] == 1


def test_a_finished_review_is_something_to_measure_on(lead: Lead) -> None:
    asked = lead.question_set(["d1", "d2", "d3"])
    assert [one.text for one in asked.questions] == ["question 0?", "question 1?", "question 2?"]
    assert asked.qrels == lead.qrels()
    assert "first look" in asked.name
    left = lead.question_set(["d1"])
    assert left.qrels["q0"] == {"d1": lead.qrels()["q0"]["d1"]}
    assert any("no document “d2”" in note for note in left.notes)


def test_two_lists_end_in_win_rates_and_a_sign_test(reviews: ReviewStore, store: Store) -> None:
    review = made_review(reviews, store, asked=10, mode="lists", needed=2)
    for who in (ANN, BEN):
        seat = reviews.seat(who, review.id)
        while (task := seat.next()) is not None:
            # The list that ends with the passage of bm25 alone is its own.
            is_left = "Passage 3" in task.left[-1].text  # type: ignore[union-attr]
            wins = task.question.id != "q9"
            seat.prefer(task.id, "left" if is_left == wins else "right")
    lead = reviews.lead(EDITOR, review.id)
    (rate,) = lead.results().win_rates
    assert (rate.a, rate.votes_a, rate.votes_b, rate.votes) == ("bm25", 18, 2, 20)
    assert (rate.questions_a, rate.questions_b, rate.questions_even) == (9, 1, 0)
    assert rate.p == pytest.approx(22 / 1024)
    assert rate.rate_a == 0.9
    assert rate.low < 0.9 < rate.high
    assert rate.sentence == ("bm25 was preferred to dense on 9 of 10 decided questions, p = 0.021.")
    assert lead.results().pool_unjudged == 0
    assert lead.agreement().main.value == 1
    with pytest.raises(ReviewError, match="no such passage"):
        lead.decide(next(iter(lead.pool.by_id)), 1)


def test_ties_and_both_bad_decide_no_question(reviews: ReviewStore, store: Store) -> None:
    review = made_review(reviews, store, mode="lists")
    assert math.isnan(reviews.lead(EDITOR, review.id).results().win_rates[0].rate_a)
    seat = reviews.seat(ANN, review.id)
    for side in ("tie", "bad"):
        task = seat.next()
        assert task is not None
        seat.prefer(task.id, side)  # type: ignore[arg-type]
    (rate,) = reviews.lead(EDITOR, review.id).results().win_rates
    assert (rate.ties, rate.bad, rate.questions_even, rate.p) == (1, 1, 2, 1.0)
    assert rate.sentence == "Nobody preferred bm25 or dense on any question."


def test_only_the_team_looks_behind_a_review(reviews: ReviewStore, judged: Review) -> None:
    with pytest.raises(RoleError, match="editor"):
        reviews.lead(ANN, judged.id)
    lead = reviews.lead(EDITOR, judged.id)
    demoted = Lead(replace(EDITOR, role="reviewer"), lead._pool, lead._log, lambda: judged)
    for call in (
        demoted.progress,
        demoted.agreement,
        demoted.disputed,
        demoted.results,
        demoted.qrels,
        lambda: demoted.question_set(["d1"]),
        demoted.standing,
        lambda: demoted.pool,
        lambda: demoted.decide("x", 1),
    ):
        with pytest.raises(RoleError, match="editor"):
            call()


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (0, 1, "dense was preferred to bm25 on 1 of 1 decided question; "),
        (2, 1, "bm25 was preferred to dense on 2 of 3 decided questions; "),
        (1, 1, "bm25 and dense were each preferred on 1 of 2 decided questions; "),
        (0, 0, "Nobody preferred bm25 or dense on any question."),
    ],
)
def test_a_preference_is_said_of_no_system_that_has_none(
    first: int, second: int, said: str
) -> None:
    rate = WinRate("bm25", "dense", first, second, 0, 0, first, second, 0, 0.0, 1.0, 1.0, 1.0)
    assert rate.sentence.startswith(said)
