"""The gate: who is here, and what they may do, before any page is drawn.

Without ``[auth]`` in Streamlit's secrets it is local use, and nobody signs in. With it, an identity
provider says who somebody is (OpenID Connect), and the setting of roles what they may do.
"""

from __future__ import annotations

import importlib.util
import logging
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NoReturn

import streamlit as st
from streamlit.errors import StreamlitAuthError
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.parts.came_for import remember_address, return_to_address
from pages.parts.deep_links import clear_false_alarms
from pages.parts.errors import show_error
from pages.parts.review.desk import invitation, typed_reviewer
from pages.parts.safe_text import markdown_text
from pages.parts.wings import PATHS
from retrieval.access import LOCAL, Person, ask_for_person
from retrieval.errors import RoleError, SecondLookError, SettingsError
from retrieval.review.people import guest, local_reviewer
from retrieval.review.roles import RoleMap
from retrieval.settings import settings

_LOG = logging.getLogger(__name__)
NEEDED = ("authlib", "httpx")
INSTALL = "Install them with: pip install Authlib==1.9.10 httpx==0.28.1"


def pass_gate() -> Person:
    """The person of this run, on whose behalf the engine works from here on.

    Where there is none yet, the way in is drawn in place of every page, and the run ends here.
    """
    try:
        _check_secrets()
        person = _person()
    except SecondLookError as error:
        if st.user.get("is_logged_in"):
            # The link that lets them in, without any role, is in the address they came for.
            return_to_address()
        _close(error)
    if person is None:
        _offer()
    if person.signed_in:
        return_to_address()
    return person


def person_of_session() -> Person:
    """Whose session calls; the person at the machine where none does.

    Raises:
        RoleError: If they have not signed in, or have no role.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return LOCAL
    person = _person()
    if person is None:
        raise RoleError("Nobody is signed in.", "Load the page again and sign in.")
    return person


def _person() -> Person | None:
    """Whoever is here; None where they have yet to sign in."""
    # The attribute is there only where sign-in is configured.
    if "is_logged_in" not in st.user:
        return _unsigned()
    if not st.user["is_logged_in"]:
        return None
    roles, share = _roles(settings().roles), invitation()
    if share is None:
        return roles.person(st.user.to_dict())
    # A link lets in whoever can sign in, to the one review and no further.
    person = RoleMap({"*": "reviewer", **roles.roles}).person(st.user.to_dict())
    if person.may("editor"):
        return person
    return replace(person, link=share.id, review_id=share.review_id)


def _unsigned() -> Person:
    """The person at the machine, or whoever came by a share link, under the name they typed."""
    share, name = invitation(), typed_reviewer()
    if share is None:
        return local_reviewer(name) if name else LOCAL
    if name:
        return guest(name, share.id, share.review_id)
    return Person("", "reviewer", link=share.id, review_id=share.review_id)


@cache
def _roles(text: str) -> RoleMap:
    return RoleMap.parse(text)


def _check_secrets() -> None:
    """Streamlit takes a damaged file, or an empty section, for none: the door would stand open."""
    for name in st.get_option("secrets.files"):
        path = Path(name)
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        except (OSError, ValueError) as error:
            raise SettingsError(
                "The server's secrets cannot be read, so nobody is let in.",
                f"Mend {path.name}: {error}",
            ) from error
        if "auth" in found and (not isinstance(found["auth"], dict) or not found["auth"]):
            raise SettingsError(
                "The section [auth] of the server's secrets is empty, so nobody is let in.",
                f"Fill it in {path.name}; or take it out, and nobody needs to sign in.",
            )


def _close(error: SecondLookError) -> NoReturn:
    """Say why somebody gets no further, with a way to come back as somebody else."""
    with _room():
        show_error(error)
        if st.user.get("is_logged_in"):
            st.button("Sign in as somebody else", icon=":material/logout:", on_click=st.logout)
    st.stop()


def _offer() -> NoReturn:
    """The way in: a button for each identity provider."""
    remember_address()
    with _room():
        if any(importlib.util.find_spec(name) is None for name in NEEDED):
            show_error(SettingsError("Signing in needs two more packages.", INSTALL))
            st.stop()
        st.html("<p>Sign in with the account that your team knows you by.</p>")
        for provider in _providers():
            name = markdown_text(provider[:1].upper() + provider[1:])
            label = f"Sign in with {name}" if provider else "Sign in"
            icon = ":material/login:"
            if st.button(label, type="primary", icon=icon, key=f"sign_in_{provider}"):
                _sign_in(provider)
    st.stop()


def _sign_in(provider: str) -> None:
    try:
        st.login(provider or None)
    except StreamlitAuthError as error:
        _LOG.warning("sign-in is not configured: %s", error)
        hint = "What is missing is in the server's log; the README names what has to be there."
        show_error(SettingsError("The server's [auth] section is not complete.", hint))


def _providers() -> list[str]:
    """Names of the identity providers; an empty name is that of the one without any."""
    section = st.secrets.get("auth", {})
    named = [name for name, value in section.items() if isinstance(value, Mapping)]
    providers = [name for name in named if "client_id" in section[name]]
    return [*([""] if "client_id" in section or not providers else []), *providers]


@contextmanager
def _room() -> Iterator[None]:
    """A narrow column in the middle of an empty screen."""
    clear_false_alarms(*PATHS)
    _, middle, _ = st.columns([1, 2, 1])
    with middle, st.container(key="gate", gap="medium"):
        st.html('<h1 class="sl-brand">Second Look</h1><p>Why did search return <em>that</em>?</p>')
        yield


ask_for_person(person_of_session)
