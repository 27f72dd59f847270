"""The ways to compute: which serve, which could, and why the others cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.parts.library.facts import facts_html

if TYPE_CHECKING:
    from retrieval.models.backends.choice import BackendInfo
    from retrieval.models.loading import Description


def fallbacks_html(described: Description) -> str:
    """One line for each backend, best first, with the reason where it cannot be used."""
    from retrieval.models.backends.choice import BACKENDS  # noqa: PLC0415  # asks the machine

    serving = {network.backend for network in described.networks}
    return facts_html({f"{info.label} ({info.id})": _state(info, serving) for info in BACKENDS})


def _state(info: BackendInfo, serving: set[str]) -> str:
    if info.id in serving:
        return f"Serves now. {info.help}"
    if reason := info.obstacle():
        return f"Cannot be used: {reason}."
    return f"Serves if it is picked. {info.help}" if info.is_option else f"Could serve. {info.help}"
