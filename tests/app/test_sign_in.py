"""The gate: who gets in, and what they find behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import sign_in
from pages.parts.wings import WINGS, Entry
from retrieval.access import Person, acting_as
from retrieval.errors import RoleError
from retrieval.settings import settings
from retrieval.store import Store
from retrieval.store.export import export_collection
from tests.app.conftest import APP, html_of, notices
from tests.conftest import TinyEncoder
from tests.corpus import filled

ROLES = "ann@example.org=admin,ed@example.org=editor,@guests.org=reviewer"
TEAM = [entry for entries in WINGS.values() for entry in entries if entry.role != "reviewer"]


@pytest.fixture(autouse=True)
def _roles(monkeypatch: pytest.MonkeyPatch, home: Path) -> Any:
    monkeypatch.setenv("SECOND_LOOK_ROLES", ROLES)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def opened(email: str | None, **claims: object) -> AppTest:
    """The app as somebody with these claims finds it; None has yet to sign in."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.secrets["auth"] = {"client_id": "x", "microsoft": {"client_id": "y"}, "other": {}}
    app.user = {"is_logged_in": email is not None, "email": email, **claims}
    return app


def test_who_has_yet_to_sign_in_sees_the_way_in_and_no_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sign_in, "NEEDED", ())
    app = opened(None).run()
    assert [button.label for button in app.button] == ["Sign in", "Sign in with Microsoft"]
    assert not app.exception
    assert not app.text_input


@pytest.mark.parametrize("entry", TEAM, ids=lambda entry: entry.path)
def test_a_reviewer_reaches_no_page_of_the_team(entry: Entry) -> None:
    """By a deep link to a fresh server, and by going there from a page of their own."""
    app = opened("rita@guests.org").switch_page(entry.script).run()
    assert not app.text_input
    assert not app.sidebar.children
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        app.switch_page(entry.script)


def test_without_the_packages_that_sign_in_there_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sign_in, "NEEDED", ("no_such_package",))
    app = opened(None).run()
    [line] = notices(app)
    assert "Signing in needs two more packages." in line
    assert "pip install Authlib" in line
    assert not app.button


@pytest.mark.parametrize(
    ("email", "claims", "says"),
    [
        ("eve@evil.net", {}, "eve@evil.net has no role here."),
        ("<b>eve</b>@evil.net", {}, "&lt;b&gt;eve&lt;/b&gt;@evil.net has no role here."),
        ("ann@example.org", {"email_verified": False}, "has not been confirmed."),
        ("", {}, "no e-mail address"),
    ],
)
def test_who_has_no_role_is_told_so_and_can_come_back_as_somebody_else(
    email: str, claims: dict[str, object], says: str
) -> None:
    app = opened(email, **claims).run()
    [line] = notices(app)
    assert says in line
    assert [button.label for button in app.button] == ["Sign in as somebody else"]
    assert not app.text_input


def test_roles_that_cannot_be_read_let_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_LOOK_ROLES", "ann@example.org=owner")
    settings.cache_clear()
    app = opened("ann@example.org").run()
    [line] = notices(app)
    assert "unknown role" in line


def test_secrets_that_cannot_be_read_let_nobody_in_not_even_as_if_there_were_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    damaged = tmp_path / "secrets.toml"
    damaged.write_text("[auth\n")
    monkeypatch.setattr("streamlit.get_option", lambda name: [str(damaged)])
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    [line] = notices(app)
    assert "secrets cannot be read" in line
    assert "secrets.toml" in line
    assert str(tmp_path) not in line


@pytest.mark.parametrize("text", ["[auth]\n", "auth = 1\n", "[auth]\n# client_id = 'x'\n"])
def test_an_empty_section_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    (tmp_path / "secrets.toml").write_text(text)
    monkeypatch.setattr("streamlit.get_option", lambda name: [str(tmp_path / "secrets.toml")])
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    [line] = notices(app)
    assert "[auth] of the server&#x27;s secrets is empty" in line
    assert not app.text_input


def test_an_editor_has_all_pages_and_deletes_no_collection() -> None:
    app = opened("Ed@Example.org").switch_page("pages/explore/library.py").run()
    assert not app.exception
    assert "Household medicine and plants" in html_of(app)
    store, editor = Store(settings().home), Person("ed@example.org", "editor", signed_in=True)
    with acting_as(editor), pytest.raises(RoleError, match="that takes the role admin"):
        store.delete("Household medicine and plants")


def _ask_in_a_callback() -> None:
    import streamlit as st  # noqa: PLC0415  (this function becomes a script of its own)

    import pages.parts.sign_in  # noqa: F401, PLC0415
    from retrieval.access import acting  # noqa: PLC0415

    def ask() -> None:
        st.session_state["asked"] = acting().name

    st.button("ask", on_click=ask)


@pytest.mark.parametrize(("email", "place"), [("ed@example.org", 3), ("rita@guests.org", 1)])
def test_the_wing_of_the_page_on_the_screen_is_underlined(email: str, place: int) -> None:
    app = opened(email).switch_page("pages/measure/review.py").run()
    assert f".rc-overflow-item:nth-child({place}) >" in html_of(app)


def test_the_engine_knows_whose_session_a_callback_is_of() -> None:
    app = AppTest.from_function(_ask_in_a_callback)
    app.user = {"is_logged_in": True, "email": "rita@guests.org"}
    app.run().button[0].click().run()
    assert app.session_state["asked"] == "rita@guests.org"


def test_the_engine_refuses_a_reviewer_whatever_a_page_would_let_through(
    home: Path, tmp_path: Path, tiny_encoder: TinyEncoder
) -> None:
    store = Store(home)
    collection = filled(store, tiny_encoder, name="My secret things")
    try:
        with acting_as(Person("rita@guests.org", "reviewer", signed_in=True)):
            for reach in (
                lambda: store.open(collection.name),
                store.names,
                store.list,
                lambda: store.rename(collection.name, "Mine"),
                lambda: store.create("New", tiny_encoder),
                lambda: store.delete(collection.name),
                lambda: export_collection(collection, tmp_path / "export.zip"),
            ):
                with pytest.raises(RoleError, match=r"rita@guests.org may not"):
                    reach()
        assert collection.name in store.names()
    finally:
        store.delete(collection.name)
