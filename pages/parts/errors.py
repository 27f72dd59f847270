"""The one place where a page turns what went wrong into a clear line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.safe_text import html_text
from retrieval.errors import SecondLookError

_LOG = logging.getLogger(__name__)
_UNEXPECTED = SecondLookError(
    "Something went wrong that should not have.",
    hint="The details are in the server's log. Your collections are untouched; try again.",
)


@contextmanager
def clear_errors(slot: DeltaGenerator | None = None) -> Iterator[None]:
    """Show whatever goes wrong inside as one line with a hint; the rest of the page goes on.

    Args:
        slot: Where to show it; the place of the call by default.
    """
    try:
        yield
    except SecondLookError as error:
        show_error(error, slot)
    except (OSError, MemoryError, RuntimeError, ValueError, KeyError, TypeError):
        _LOG.exception("A page failed")
        show_error(_UNEXPECTED, slot)


def show_error(error: SecondLookError, slot: DeltaGenerator | None = None) -> None:
    """One clear line, and what to do next."""
    _notice(slot, "error", "!", error.message, error.hint)


def show_note(message: str, hint: str = "", slot: DeltaGenerator | None = None) -> None:
    """A designed empty state: what is not here, and how to get it."""
    _notice(slot, "note", "○", message, hint)


def _notice(slot: DeltaGenerator | None, kind: str, sign: str, message: str, hint: str) -> None:
    hint_line = f'<span class="sl-hint">{html_text(hint)}</span>' if hint else ""
    role = "alert" if kind == "error" else "status"
    (slot or st).html(
        f'<div class="sl-notice sl-{kind}" role="{role}"><b class="sl-sign">{sign}</b>'
        f"<div><strong>{html_text(message)}</strong>{hint_line}</div></div>"
    )
