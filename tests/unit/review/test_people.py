from __future__ import annotations

import pytest

from retrieval.access import LOCAL, Person
from retrieval.errors import ReviewError, RoleError
from retrieval.review.people import guest, is_named, local_reviewer
from retrieval.review.store import ReviewStore
from retrieval.review.types import Review
from tests.reviewing import ANN


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
