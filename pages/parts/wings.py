"""The pages by wing, and which of them a person may open: what is not named here has no address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import streamlit as st

from pages.parts.safe_text import markdown_text
from retrieval.access import Person, Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One page.

    Attributes:
        script: Its file; the name of that is its address.
        title: What the navigation calls it.
        icon: The Material symbol beside that.
        role: What it takes to open it.
    """

    script: str
    title: str
    icon: str
    role: Role = "editor"

    @property
    def path(self) -> str:
        """Its address."""
        return PurePosixPath(self.script).stem

    def page(self) -> st.Page:
        """The page as Streamlit wants it."""
        icon = f":material/{self.icon}:"
        return st.Page(self.script, title=self.title, icon=icon, url_path=self.path)


WINGS: dict[str, tuple[Entry, ...]] = {
    "Explore": (
        Entry("pages/explore/search.py", "Search", "search"),
        Entry("pages/explore/library.py", "Library", "library_books"),
    ),
    "Understand": (
        Entry("pages/understand/failures.py", "Failures", "compare"),
        Entry("pages/understand/why.py", "Why", "psychology_alt"),
    ),
    "Measure": (
        Entry("pages/measure/candidates.py", "Candidates", "tune"),
        Entry("pages/measure/evaluate.py", "Evaluate", "balance"),
        Entry("pages/measure/cost.py", "Cost", "payments"),
        Entry("pages/measure/review.py", "Review", "rate_review", "reviewer"),
    ),
}

_OPEN_WING = """<style>
.rc-overflow-item:nth-child(PLACE) > [data-testid="stTopNavSection"] {
  background: linear-gradient(var(--sl-answer) 0 0) bottom / calc(100% - 1rem) 2px no-repeat; }
</style>"""
"""Underlines the wing whose page is on the screen: a closed menu of Streamlit's does not tell."""

PATHS = tuple(entry.path for entries in WINGS.values() for entry in entries)
"""Addresses of all pages, whoever may open them."""


def navigation(person: Person) -> tuple[st.Page, tuple[str, ...]]:
    """Draw the navigation with what ``person`` may open.

    Returns:
        The page that was asked for, and the addresses of all pages that there are for them.
    """
    theirs = {wing: list(_theirs(wing, person)) for wing in WINGS}
    theirs = {wing: entries for wing, entries in theirs.items() if entries}
    pages = {wing: [entry.page() for entry in entries] for wing, entries in theirs.items()}
    first = next(iter(pages.values()))[0]

    def open_first() -> None:
        """Streamlit serves a default page at ``/`` alone, so ``/`` leads on to the first page."""
        asked = {name: st.query_params.get_all(name) for name in st.query_params}
        st.switch_page(first, query_params=asked)

    start = st.Page(
        open_first, title="Second Look", url_path="start", default=True, visibility="hidden"
    )
    shown = {"": [start], **pages}
    if person.signed_in:
        out = st.Page(st.logout, title="Sign out", icon=":material/logout:", url_path="sign-out")
        shown[markdown_text(person.name)] = [out]
    paths = tuple(entry.path for entries in theirs.values() for entry in entries)
    page = st.navigation(shown, position="top")
    for place, entries in enumerate(theirs.values(), start=1):
        if page.url_path in {entry.path for entry in entries}:
            st.html(_OPEN_WING.replace("PLACE", str(place)))
    return page, paths


def _theirs(wing: str, person: Person) -> Iterator[Entry]:
    return (entry for entry in WINGS[wing] if person.may(entry.role))
