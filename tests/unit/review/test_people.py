from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from retrieval.access import LOCAL, Person
from retrieval.errors import ReviewError, RoleError
from retrieval.review.database import NAMES
from retrieval.review.names import Taken
from retrieval.review.people import guest, is_named, local_reviewer
from retrieval.review.store import ReviewStore
from retrieval.review.types import Review
from retrieval.store import Store
from tests.reviewing import ADMIN, ANN, EDITOR, made_review


def test_whoever_uses_this_machine_types_a_name() -> None:
    assert local_reviewer("  Ada\tL. ") == Person("Ada L.", "admin")
    for name in ("", " \n", "x" * 81):
        with pytest.raises(RoleError, match="name"):
            local_reviewer(name)


def test_without_a_name_nothing_can_be_judged(reviews: ReviewStore, review: Review) -> None:
    seat = reviews.seat(LOCAL, review.id)
    task = seat.next()
    assert task is not None
    with pytest.raises(RoleError, match="no name"):
        seat.judge(task.id, 1)
    assert reviews.seat(local_reviewer("Ada"), review.id).judge(task.id, 1).grade == 1


def test_of_two_who_type_one_name_the_second_is_told(
    reviews: ReviewStore, store: Store, review: Review
) -> None:
    token = reviews.shares.create(EDITOR, review.id)
    kim, again = (reviews.shares.person(token, name) for name in ("Kim", " kIM "))
    assert reviews.take_name(kim, review.id) is None
    taken = reviews.take_name(again, review.id)
    assert taken is not None
    assert (taken.name, taken.answers) == ("Kim", 0)
    seat = reviews.seat(kim, review.id)
    said = seat.judge(seat.next().id, 2)  # type: ignore[union-attr]
    assert reviews.take_name(again, review.id) == Taken("Kim", 1, said.at)
    for other in (reviews.shares.person(token, "Kim B."), local_reviewer("Kim"), ANN, ANN):
        assert reviews.take_name(other, review.id) is None
    elsewhere = made_review(reviews, store, name="elsewhere")
    with pytest.raises(RoleError, match="no such review"):
        reviews.take_name(kim, elsewhere.id)
    assert reviews.take_name(local_reviewer("Kim"), elsewhere.id) is None


def test_of_two_who_take_a_name_at_once_one_has_it(reviews: ReviewStore, review: Review) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda _: reviews.take_name(local_reviewer("Kim"), review.id), "abcd")
        )
    assert found.count(None) == 1


def test_a_name_is_taken_that_came_in_with_judgments_and_free_once_the_review_is_gone(
    reviews: ReviewStore, review: Review
) -> None:
    seat = reviews.seat(local_reviewer("Zoë"), review.id)
    said = seat.judge(seat.next().id, 2)  # type: ignore[union-attr]
    for name in ("zoë", "Zoë"):
        assert reviews.take_name(local_reviewer(name), review.id) == Taken("Zoë", 1, said.at)
    reviews.delete(ADMIN, review.id)
    assert reviews._database.shared(NAMES).count_rows() == 0


def test_entries_mean_addresses_domains_or_everybody() -> None:
    assert is_named(ANN, ("Ann@Example.org",))
    assert is_named(ANN, ("@EXAMPLE.org",))
    assert is_named(ANN, ("*",))
    assert not is_named(ANN, ("ben@example.org", "@ample.org", "@sub.example.org", ""))


def test_who_came_by_a_link_is_nobody_that_signed_in() -> None:
    posing = guest("ann@example.org", "link", "review")
    assert not is_named(posing, ("ann@example.org", "@example.org"))
    assert posing.name != ANN.name
    assert not posing.may("editor")


def test_an_error_of_a_review_has_a_code() -> None:
    assert ReviewError("x").as_dict()["code"] == "review"
