"""Who has which role, and what each may do."""

from __future__ import annotations

import threading

import pytest

from retrieval import access
from retrieval.access import LOCAL, Person, acting, acting_as, ask_for_person, require
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


def test_whose_session_it_is_can_be_asked_and_set_aside_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reviewer = Person("x@y.z", "reviewer", signed_in=True)
    # Put back what was there before, whatever ``ask_for_person`` leaves behind.
    monkeypatch.setattr(access, "_find_person", access._find_person)
    ask_for_person(lambda: reviewer)
    with acting_as(LOCAL):
        require("admin", "look something up")
    with pytest.raises(RoleError, match="open a collection"):
        require("editor", "open a collection")
    assert acting() is reviewer


def test_another_thread_is_not_told_of_a_person_set_for_a_while() -> None:
    seen: list[Person] = []
    thread = threading.Thread(target=lambda: seen.append(acting()))
    with acting_as(Person("x@y.z", "reviewer", signed_in=True)):
        thread.start()
        thread.join()
    assert seen == [LOCAL]
