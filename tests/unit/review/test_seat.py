from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import pytest

from retrieval.errors import ReviewError
from retrieval.review.events import EventLog
from retrieval.review.seat import LONGEST_COMMENT, Seat
from retrieval.review.store import ReviewStore
from retrieval.review.types import PairTask, PassageTask, Review
from retrieval.store import Store
from tests.reviewing import ANN, BEN, EDITOR, SYSTEMS, made_review

MARKUP = "<script>alert(1)</script> =SUM(A1) \x00 \ud800 "


def judge_all(seat: Seat, grade: int = 2) -> list[str]:
    """Grade until nothing is left, and return the order of the tasks."""
    order = []
    while (task := seat.next()) is not None:
        order.append(task.id)
        seat.judge(task.id, grade)
    return order


def test_each_passage_is_handed_out_once_and_the_order_is_this_reviewers_own(
    reviews: ReviewStore, store: Store
) -> None:
    review = made_review(reviews, store, asked=4, passages=8, needed=2)
    orders = [judge_all(reviews.seat(who, review.id)) for who in (ANN, BEN)]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(reviews._pool_of(review).by_id)
    assert orders[0] != orders[1]


def test_passages_of_a_question_stay_together_and_the_order_holds_over_sessions(
    reviews: ReviewStore, review: Review, home: Path
) -> None:
    first = reviews.seat(ANN, review.id).next()
    again = ReviewStore(home).seat(ANN, review.id)
    assert again.next() == first
    order = judge_all(again)
    questions = [reviews._pool_of(review).by_id[one].query_id for one in order]
    assert len([1 for a, b in pairwise(questions) if a != b]) == 2


def test_nothing_that_a_reviewer_is_handed_names_a_system_or_a_rank(
    reviews: ReviewStore, review: Review
) -> None:
    seat = reviews.seat(ANN, review.id)
    task = seat.next()
    assert isinstance(task, PassageTask)
    told = f"{asdict(task)} {asdict(seat.review)} {seat.progress()} {reviews.list(ANN)}"
    assert not any(system.name in told for system in SYSTEMS)
    assert "found" not in told
    assert "rank" not in told


def test_a_reviewer_comes_back_where_they_stopped(reviews: ReviewStore, review: Review) -> None:
    seat = reviews.seat(ANN, review.id)
    order = [one.id for one in [seat.next()] if one]
    seat.judge(order[0], 3, "clear", seconds=4.5)
    back = reviews.seat(ANN, review.id)
    assert back.next() != seat.task(order[0])
    answer = back.task(order[0]).mine
    assert answer is not None
    assert (answer.grade, answer.comment) == (3, "clear")
    progress = back.progress()
    assert (progress.judged, progress.left, progress.total, progress.seconds) == (1, 11, 12, 4.5)
    assert progress.seconds_left == 4.5 * 11


def test_a_click_told_twice_counts_once_and_a_second_grade_replaces_the_first(
    reviews: ReviewStore, review: Review
) -> None:
    seat = reviews.seat(ANN, review.id)
    task = seat.next()
    assert task is not None
    for _ in range(2):
        seat.judge(task.id, 1, event_id="click")
    seat.judge(task.id, 2, event_id="another")
    assert [answer.grade for _, answer in seat.history()] == [2]
    seat.undo("u")
    seat.undo("u")
    assert [answer.grade for _, answer in seat.history()] == [1]
    assert seat.undo() == seat.next()
    assert seat.history() == ()
    assert seat.undo() is None
    kinds = [one.kind for one in EventLog(reviews._database, review.id).read()]
    assert kinds == ["grade", "grade", "undo", "undo"]


def test_nobody_takes_back_what_another_said(reviews: ReviewStore, review: Review) -> None:
    ann, ben = reviews.seat(ANN, review.id), reviews.seat(BEN, review.id)
    task = ann.next()
    assert task is not None
    ann.judge(task.id, 1, event_id="same")
    ben.judge(task.id, 3, event_id="same")
    ben.undo("same")
    assert ben.history() == ()
    assert [answer.grade for _, answer in ann.history()] == [1]


def test_skipped_passages_come_back_last(reviews: ReviewStore, review: Review) -> None:
    seat = reviews.seat(ANN, review.id)
    first = seat.next()
    assert first is not None
    seat.skip(first.id)
    assert seat.next() != first
    assert seat.progress().skipped == 1
    order = judge_all(seat)
    assert order[-1] == first.id
    assert seat.progress().left == 0


def test_a_passage_that_has_enough_judgments_waits_for_nobody(
    reviews: ReviewStore, review: Review
) -> None:
    judge_all(reviews.seat(ANN, review.id))
    assert reviews.seat(BEN, review.id).next() is None


def test_cannot_judge_is_an_answer_and_leaves_the_passage_to_others(
    reviews: ReviewStore, review: Review
) -> None:
    seat = reviews.seat(ANN, review.id)
    task = seat.next()
    assert task is not None
    seat.cannot(task.id, "medical")
    assert seat.next() != task
    assert seat.progress().cannot == 1
    assert task.id in judge_all(reviews.seat(BEN, review.id))


def test_a_comment_is_kept_whole_whatever_it_holds(reviews: ReviewStore, review: Review) -> None:
    seat = reviews.seat(ANN, review.id)
    task = seat.next()
    assert task is not None
    comment = MARKUP * 3_000
    seat.judge(task.id, 0, comment)
    assert seat.history()[0][1].comment == comment.replace("\ud800", "?").replace("\x00", "")
    with pytest.raises(ReviewError, match="characters"):
        seat.judge(task.id, 0, "x" * (LONGEST_COMMENT + 1))


@pytest.mark.parametrize("grade", [-1, 4, True])
def test_a_grade_that_the_scale_has_not_is_refused(
    reviews: ReviewStore, review: Review, grade: int
) -> None:
    seat = reviews.seat(ANN, review.id)
    with pytest.raises(ReviewError, match="no grade"):
        seat.judge(next(iter(reviews._pool_of(review).by_id)), grade)


def test_an_unknown_passage_and_a_closed_review_are_one_clear_line(
    reviews: ReviewStore, review: Review
) -> None:
    seat = reviews.seat(ANN, review.id)
    task = seat.next()
    assert task is not None
    with pytest.raises(ReviewError, match="no such passage"):
        seat.judge("elsewhere", 1)
    reviews.change(EDITOR, review.id, closed=True)
    with pytest.raises(ReviewError, match="closed"):
        seat.judge(task.id, 1)
    reviews.change(EDITOR, review.id, closed=False)
    assert seat.judge(task.id, 1).grade == 1


def test_two_lists_are_compared_blind_and_a_side_means_the_system_that_stood_there(
    reviews: ReviewStore, store: Store
) -> None:
    review = made_review(reviews, store, asked=12, mode="lists", needed=2)
    log = EventLog(reviews._database, review.id)
    lefts = set()
    for who in (ANN, BEN):
        seat = reviews.seat(who, review.id)
        while (task := seat.next()) is not None:
            assert isinstance(task, PairTask)
            assert "bm25" not in str(task)
            assert "dense" not in str(task)
            answer = seat.prefer(task.id, "left")
            assert answer.side == "left"
            event = log.read()[-1]
            system = "bm25" if event.left == "a" else "dense"
            expected = reviews._pool_of(review).list_of(system, task.question.id)
            assert task.left == tuple(one.passage for one in expected)
            assert event.choice == event.left
            lefts.add(event.left)
    assert lefts == {"a", "b"}
    seat.prefer(task_id := seat.history()[0][0].id, "bad")
    answer = seat.task(task_id).mine
    assert answer is not None
    assert answer.side == "bad"
    with pytest.raises(ReviewError, match="not graded"):
        seat.judge(task_id, 1)
    with pytest.raises(ReviewError, match="cannot be"):
        seat.prefer(task_id, "up")  # type: ignore[arg-type]


def test_judging_outlives_the_collection(
    reviews: ReviewStore, store: Store, review: Review
) -> None:
    store.delete("c")
    seat = reviews.seat(ANN, review.id)
    task = seat.next()
    assert isinstance(task, PassageTask)
    assert task.passage.text.startswith("Passage")
    assert seat.judge(task.id, 2).grade == 2


def test_a_review_deleted_meanwhile_is_one_clear_line(reviews: ReviewStore, review: Review) -> None:
    seat = reviews.seat(ANN, review.id)
    reviews._database.drop(review.id)
    with pytest.raises(ReviewError, match="no longer there"):
        seat.next()
