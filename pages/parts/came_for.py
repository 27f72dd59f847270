"""Keeps an address over a sign-in: identity providers lead back to the front door only.

The tab remembers the path and the query, of this very server and nothing else, until it is back.
"""

from __future__ import annotations

import streamlit as st

_SCRIPT = """
export default function ({ data, parentElement }) {
  const { location, sessionStorage } = parentElement.ownerDocument.defaultView
  const place = "secondLookCameFor"
  if (!data.is_in) {
    // What the tab was opened with: a fresh server has turned the path into its front door by now.
    const opened = performance.getEntriesByType("navigation")[0]?.name ?? location.href
    const { pathname, search } = new URL(opened)
    // The front door is where a sign-in that failed leads; what was come for before it still holds.
    const isDoor = pathname === "/" && !search && sessionStorage.getItem(place)
    if (!isDoor && !pathname.endsWith("/sign-out")) sessionStorage.setItem(place, pathname + search)
    return
  }
  const address = sessionStorage.getItem(place)
  sessionStorage.removeItem(place)
  // "//" would be another server.
  if (!address || !/^\\/[^/\\\\]/.test(address)) return
  if (address !== location.pathname + location.search) location.replace(address)
}
"""

_KEEPER = st.components.v2.component("second_look_came_for", html="<i\nhidden></i>", js=_SCRIPT)


def remember_address() -> None:
    """Somebody has to sign in first: keep what they came for."""
    _mount(is_in=False)


def return_to_address() -> None:
    """Somebody has signed in: go to what they came for, if they came for anything."""
    _mount(is_in=True)


def _mount(*, is_in: bool) -> None:
    _KEEPER(key=f"unseen_came_for_{is_in}", data={"is_in": is_in}, height=1)
