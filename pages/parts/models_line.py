"""The last line of every page: which models it works on, and that they need no network."""

from __future__ import annotations

import streamlit as st

from pages.parts.safe_text import html_text
from retrieval.settings import settings
from retrieval.wording import counted


def show_models_line() -> None:
    """Say it, from what lies on this machine; no network is asked."""
    st.html(f'<p class="sl-quiet sl-models-line">{html_text(models_sentence())}</p>')


def models_sentence() -> str:
    """Which models serve."""
    from retrieval.models.cards import BUILT_IN, public_cards  # noqa: PLC0415  # heavy; see resources

    names = ", ".join(card.label for card in BUILT_IN if card.kind != "late")
    others = sum(card.state in {"here", "cached"} for card in public_cards())
    if others:
        return f"Works on the built-in models ({names}) and on {counted(others, 'other')} that " + (
            "is here." if others == 1 else "are here."
        )
    if settings().offline:
        return f"Works on the built-in models ({names}). Networks are forbidden here."
    return f"Works on the built-in models ({names}), without a network. The library fetches others."
