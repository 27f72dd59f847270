"""What a review teaches: the very passages that people judged."""

from __future__ import annotations

from retrieval.review.lessons import lessons_of
from retrieval.review.store import ReviewStore
from retrieval.review.types import Review
from tests.reviewing import ANN, EDITOR


def test_judged_passages_keep_their_own_text_and_grade(
    reviews: ReviewStore, review: Review
) -> None:
    seat = reviews.seat(ANN, review.id)
    grades = {}
    for grade in (2, 0, 3, 1, 0):
        task = seat.next()
        assert task is not None
        seat.judge(task.id, grade)
        grades[task.id] = grade
    lead = reviews.lead(EDITOR, review.id)
    asked, passages = lessons_of(lead, {"d1", "d2", "d3"})

    told = {(query, one.text): one.grade for query, found in passages.items() for one in found}
    pooled = lead.pool.by_id
    assert told == {
        (pooled[task].query_id, pooled[task].passage.text): grade for task, grade in grades.items()
    }
    assert set(passages) == set(asked.qrels)


def test_what_the_collection_no_longer_holds_is_left_out(
    reviews: ReviewStore, review: Review
) -> None:
    seat = reviews.seat(ANN, review.id)
    while (task := seat.next()) is not None:
        seat.judge(task.id, 1)
    _, passages = lessons_of(reviews.lead(EDITOR, review.id), {"d2"})
    assert {one.document for found in passages.values() for one in found} == {"d2"}
