from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.access import Person
from retrieval.errors import ReviewError, RoleError
from retrieval.review.pool import Pool
from retrieval.review.scale import SCALES, Scale
from retrieval.review.store import ReviewStore
from retrieval.review.types import Review
from retrieval.store import Store
from tests.conftest import TinyEncoder
from tests.reviewing import ADMIN, ANN, BEN, EDITOR, SYSTEMS, draft, made_pool, made_review


def test_a_review_is_read_back_as_it_was_made(
    home: Path, reviews: ReviewStore, review: Review
) -> None:
    assert reviews.get(EDITOR, review.id) == review
    assert reviews.find(EDITOR, "First Look") == review
    assert reviews.list(EDITOR) == (review,)
    fresh = ReviewStore(home)
    pool = fresh._pool_of(review)
    assert pool.by_id == made_pool().by_id
    assert pool.runs == made_pool().runs


def test_rows_of_the_pool_do_not_lie_in_the_order_of_a_list() -> None:
    rows = made_pool(1, 12).tables()["passages"]["item_id"].to_pylist()
    assert rows == sorted(rows)


def test_what_may_change_changes_and_the_rest_stays(reviews: ReviewStore, review: Review) -> None:
    words = SCALES["graded"].worded(("no", "hardly", "partly", "yes"))
    changed = reviews.change(
        EDITOR, review.id, name="second look", guidelines="*Read.*", needed=3, scale=words
    )
    assert (changed.name, changed.draft.needed, changed.revision) == ("second look", 3, 2)
    assert changed.scale.word(3) == "yes"
    assert reviews.get(EDITOR, review.id) == changed
    with pytest.raises(ReviewError, match="cannot change"):
        reviews.change(EDITOR, review.id, scale=SCALES["binary"])


def test_two_people_who_change_a_review_at_once_lose_nothing(
    reviews: ReviewStore, review: Review
) -> None:
    def change(number: int) -> None:
        who = (f"r{number}@example.org",)

        def more(one: Review) -> Review:
            return replace(one, draft=replace(one.draft, reviewers=one.draft.reviewers + who))

        reviews._registry.change(review.id, "x", more)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change, range(6)))
    found = reviews.get(EDITOR, review.id)
    assert len(found.draft.reviewers) == 7
    assert found.revision == 7


def test_a_deleted_review_is_gone_with_all_its_tables(
    reviews: ReviewStore, store: Store, review: Review
) -> None:
    reviews.delete(ADMIN, review.id)
    assert reviews.list(ADMIN) == ()
    with pytest.raises(RoleError, match="no such review"):
        reviews.get(ADMIN, review.id)
    assert made_review(reviews, store).name == review.name


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " \n"}, "no name"),
        ({"name": "x" * 81}, "too long"),
        ({"name": "FIRST look"}, "already a review"),
        ({"questions": ()}, "no question"),
        ({"depth": 0}, "depth is 0"),
        ({"needed": 51}, "needed is 51"),
        ({"mode": "upside down"}, "no mode"),
        ({"guidelines": "x" * 50_001}, "guidelines"),
    ],
)
def test_a_draft_that_is_not_allowed_is_one_clear_line(
    reviews: ReviewStore, store: Store, review: Review, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ReviewError, match=said):
        made_review(reviews, store, **changes)
    assert reviews.list(EDITOR) == (review,)


def test_questions_with_one_id_or_no_text_are_refused(reviews: ReviewStore, store: Store) -> None:
    one, two, three = draft().questions
    for questions, said in (
        ((one, replace(two, id="q0")), "Two questions"),
        ((one, replace(three, text=" ")), "Question 2"),
        ((replace(one, need="x" * 2_001),), "too long"),
    ):
        with pytest.raises(ReviewError, match=said):
            made_review(reviews, store, questions=questions)


def test_an_empty_pool_is_no_review(reviews: ReviewStore, store: Store) -> None:
    snapshot = store.create("c", TinyEncoder()).snapshot()
    with pytest.raises(ReviewError, match="nothing to judge"):
        reviews.create(EDITOR, draft(), snapshot, SYSTEMS, Pool((), {}))


@pytest.mark.parametrize(
    ("scale", "words", "said"),
    [("stars", ("a",), "no scale"), ("binary", ("a",), "1 words"), ("binary", ("a", " "), "word")],
)
def test_a_scale_has_a_word_for_each_grade(scale: str, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(ReviewError, match=said):
        Scale(scale, words)


def test_a_reviewer_sees_only_the_reviews_that_name_them(
    reviews: ReviewStore, store: Store
) -> None:
    hers = made_review(reviews, store, name="hers", reviewers=("ANN@example.org",))
    his = made_review(reviews, store, name="his", reviewers=("ben@example.org",))
    both = made_review(reviews, store, name="both", reviewers=("@example.org",))
    assert {one.name for one in reviews.list(ANN)} == {"both", "hers"}
    assert {one.name for one in reviews.list(BEN)} == {"both", "his"}
    assert len(reviews.list(EDITOR)) == 3
    for reach in (reviews.get, reviews.seat):
        with pytest.raises(RoleError, match="no such review"):
            reach(ANN, his.id)
    with pytest.raises(RoleError, match="no such review"):
        reviews.find(ANN, "his")
    assert reviews.get(ANN, both.id).systems == ()
    assert reviews.seat(ANN, hers.id).review.draft.reviewers == ()


def test_a_reviewer_who_is_named_no_longer_may_go_no_further(
    reviews: ReviewStore, store: Store
) -> None:
    review = made_review(reviews, store, reviewers=(ANN.name,))
    seat = reviews.seat(ANN, review.id)
    task = seat.next()
    assert task is not None
    reviews.change(EDITOR, review.id, reviewers=(BEN.name,))
    for call in (seat.next, seat.progress, seat.history, seat.undo, lambda: seat.judge(task.id, 1)):
        with pytest.raises(RoleError):
            call()


def test_each_call_that_changes_something_looks_at_the_role(
    reviews: ReviewStore, store: Store, review: Review
) -> None:
    snapshot = store.open("c").snapshot()
    for call in (
        lambda: reviews.create(ANN, draft(name="mine"), snapshot, SYSTEMS, made_pool()),
        lambda: reviews.change(ANN, review.id, closed=True),
        lambda: reviews.delete(EDITOR, review.id),
        lambda: reviews.shares.create(ANN, review.id),
        lambda: reviews.shares.list(ANN, review.id),
        lambda: reviews.shares.revoke(ANN, "x"),
    ):
        with pytest.raises(RoleError, match=r"may not .*: that takes the role (editor|admin)"):
            call()
    assert reviews.list(EDITOR) == (review,)


def test_a_link_opens_one_review_and_nothing_else(
    reviews: ReviewStore, store: Store, review: Review
) -> None:
    other = made_review(reviews, store, name="other")
    token = reviews.shares.create(EDITOR, review.id, "the pharmacists", days=7)
    guest = reviews.shares.person(token, " Kim ")
    assert guest == Person("Kim (by link)", "reviewer", link=guest.link, review_id=review.id)
    assert [one.id for one in reviews.list(guest)] == [review.id]
    with pytest.raises(RoleError):
        reviews.seat(guest, other.id)
    seat = reviews.seat(guest, review.id)
    task = seat.next()
    assert task is not None
    seat.judge(task.id, 1)
    share = reviews.shares.list(EDITOR, review.id)[0]
    assert (share.label, share.is_open, share.created_by) == ("the pharmacists", True, EDITOR.name)
    reviews.shares.revoke(EDITOR, share.id)
    assert not reviews.shares.list(EDITOR, review.id)[0].is_open
    for call in (lambda: seat.judge(task.id, 2), lambda: reviews.shares.person(token, "Kim")):
        with pytest.raises(RoleError):
            call()
    assert reviews.list(guest) == ()


def test_the_token_is_stored_nowhere_and_a_wrong_one_opens_nothing(
    reviews: ReviewStore, review: Review
) -> None:
    token = reviews.shares.create(EDITOR, review.id)
    rows = reviews._database.shared("tokens").to_arrow().to_pylist()
    assert token not in str(rows)
    for wrong in ("", token[:-1], "\ud800", rows[0]["hash"]):
        with pytest.raises(RoleError, match="opens nothing"):
            reviews.shares.open(wrong)
    with pytest.raises(ReviewError, match="a day"):
        reviews.shares.create(EDITOR, review.id, days=0)
    with pytest.raises(ReviewError, match="no longer there"):
        reviews.shares.create(EDITOR, "nowhere")
    with pytest.raises(ReviewError, match="no such link"):
        reviews.shares.revoke(EDITOR, "nowhere")
