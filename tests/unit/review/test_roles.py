"""Who has which role, and what each may do."""

from __future__ import annotations

import threading

import pytest

from retrieval.access import LOCAL, Person, act_as, acting, acting_as, require
from retrieval.errors import RoleError, SettingsError
from retrieval.review.roles import RoleMap

TEXT = "Ann@Example.org=admin, @example.org = editor,*=reviewer,"


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("ann@example.org", "admin"),
        ("ANN@EXAMPLE.ORG", "admin"),
        ("ben@example.org", "editor"),
        ("ben@mail.example.org", "reviewer"),
        ("ann@example.org.evil.net", "reviewer"),
        ('"x@example.org"@evil.net', "reviewer"),
    ],
)
def test_an_address_counts_before_its_domain_and_that_before_everybody(
    address: str, role: str
) -> None:
    person = RoleMap.parse(TEXT).person({"email": address})
    assert person == Person(address.casefold(), role, signed_in=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"email": "eve@evil.net"}, "eve@evil.net has no role here"),
        ({"email": "ann@example.org", "email_verified": False}, "has not been confirmed"),
        ({"email": "ann@example.org", "email_verified": "false"}, "has not been confirmed"),
        ({"email": ""}, "no e-mail address"),
        ({"email": None, "name": "ann@example.org"}, "no e-mail address"),
        ({"email": "@example.org"}, "no e-mail address"),
        ({}, "no e-mail address"),
    ],
)
def test_who_cannot_be_known_gets_no_role(claims: dict[str, object], says: str) -> None:
    with pytest.raises(RoleError, match=says):
        RoleMap.parse("ann@example.org=admin,@example.org=editor").person(claims)


def test_without_the_setting_nobody_who_signs_in_has_a_role() -> None:
    with pytest.raises(RoleError, match="has no role here") as caught:
        RoleMap.parse("").person({"email": "ann@example.org"})
    assert caught.value.code == "role"
    assert "SECOND_LOOK_ROLES" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ann@example.org", "names nobody"),
        ("ann=admin", "names nobody"),
        ("=admin", "names nobody"),
        ("ann@=admin", "names nobody"),
        ("ann@example.org=owner", "unknown role"),
        ("ann@example.org=", "unknown role"),
        ("a@b.c=admin,A@b.c=editor", "two roles"),
    ],
)
def test_a_setting_that_cannot_be_read_is_one_clear_line(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        RoleMap.parse(text)


def test_each_role_may_do_what_those_before_it_may() -> None:
    reviewer, editor, admin = (
        Person("x@y.z", role, signed_in=True) for role in ("reviewer", "editor", "admin")
    )
    assert [one.may("editor") for one in (reviewer, editor, admin)] == [False, True, True]
    assert require("editor", "make a review", admin) is admin
    with pytest.raises(
        RoleError, match=r"x@y\.z may not make a review: that takes the role editor"
    ):
        require("editor", "make a review", reviewer)


def test_the_person_at_the_machine_may_do_everything() -> None:
    assert acting() is LOCAL
    assert require("admin", "delete it") is LOCAL


def test_a_thread_works_for_the_person_it_was_told_and_no_other_thread_does() -> None:
    reviewer = Person("x@y.z", "reviewer", signed_in=True)
    seen: list[Person] = []

    def run() -> None:
        act_as(reviewer)
        with acting_as(LOCAL):
            require("admin", "look something up")
        try:
            require("editor", "open a collection")
        except RoleError:
            seen.append(acting())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [reviewer]
    assert acting() is LOCAL
