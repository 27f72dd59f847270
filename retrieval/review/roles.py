"""Who has which role: a setting that maps e-mail addresses and domains.

``SECOND_LOOK_ROLES`` is a list like ``ann@example.org=admin, @example.org=editor, *=reviewer``. An
address counts before its domain, and that before ``*``, which is everybody who can sign in. A
domain is that very domain, without those below it. Who is not in the list has no role at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from retrieval.access import Person, Role
from retrieval.errors import RoleError, SettingsError

_HINT = "Write it like ann@example.org=admin, @example.org=editor, *=reviewer."
_EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class RoleMap:
    """Roles by e-mail address, by domain (with its ``@``), and of everybody (``*``)."""

    roles: Mapping[str, Role]

    @classmethod
    def parse(cls, text: str) -> RoleMap:
        """Read the setting.

        Raises:
            SettingsError: If an entry cannot be read, or one address has two roles.
        """
        roles: dict[str, Role] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            who, role = _entry(entry)
            if roles.setdefault(who, role) != role:
                raise SettingsError(f"SECOND_LOOK_ROLES gives {who} two roles.", _HINT)
        return cls(roles)

    def role_of(self, address: str) -> Role | None:
        """The role of this e-mail address; None where it has none."""
        domain = "@" + address.rpartition("@")[2]
        found = (self.roles.get(who) for who in (address, domain, _EVERYBODY))
        return next(filter(None, found), None)

    def person(self, claims: Mapping[str, Any]) -> Person:
        """Whoever signed in.

        Args:
            claims: What the identity provider says of them (OpenID Connect): ``email``, and
                ``email_verified`` where it tells.

        Raises:
            RoleError: If there is no address to know them by, or it has no role.
        """
        address = str(claims.get("email") or "").strip().casefold()
        name, _, domain = address.rpartition("@")
        if not name or not domain:
            raise RoleError(
                "Your account has no e-mail address to know you by.",
                "Sign in with another account, or let the provider send the claim “email”.",
            )
        # Not every provider sends the claim; one that does and denies it is believed.
        if str(claims.get("email_verified", True)).casefold() in ("false", "0"):
            raise RoleError(
                f"The address {address} has not been confirmed.",
                "Confirm it with your identity provider, then sign in again.",
            )
        role = self.role_of(address)
        if role is None:
            raise RoleError(
                f"{address} has no role here.",
                "Ask whoever looks after this server to add you to SECOND_LOOK_ROLES.",
            )
        return Person(address, role, signed_in=True)


def _entry(text: str) -> tuple[str, Role]:
    who, equals, role = (part.strip().casefold() for part in text.partition("="))
    if not equals or ("@" not in who and who != _EVERYBODY) or who.endswith("@"):
        raise SettingsError(f"SECOND_LOOK_ROLES has an entry that names nobody: {text}.", _HINT)
    if role not in get_args(Role):
        known = ", ".join(get_args(Role))
        raise SettingsError(f"SECOND_LOOK_ROLES gives an unknown role: {text}.", f"Use {known}.")
    return who, cast("Role", role)
