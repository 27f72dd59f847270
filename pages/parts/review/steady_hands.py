"""Keeps a double click or a key held down from answering for a passage that nobody has read.

The first click answers, and the next passage comes at once under the same finger. What the browser
itself calls the second half of a double click, or the repetition of a key, is stopped here. A new
passage also begins at its top, however far down the last one was read.
"""

from __future__ import annotations

import streamlit as st

_SCRIPT = """
export default function ({ data, parentElement }) {
  const page = parentElement.ownerDocument
  const view = page.defaultView
  if (page.secondLookTask !== data.task) {
    page.secondLookTask = data.task
    page.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0 })
  }
  page.secondLookHands?.abort()
  const hands = new AbortController()
  page.secondLookHands = hands
  const stop = (event) => {
    event.stopImmediatePropagation()
    event.preventDefault()
  }
  const types = (target) => target.closest?.("input, textarea, select, [contenteditable]")
  const listen = (kind, act) =>
    view.addEventListener(kind, act, { capture: true, signal: hands.signal })
  listen("keydown", (event) => {
    if (event.repeat && !types(event.target)) stop(event)
  })
  listen("click", (event) => {
    if (event.detail > 1 && event.target.closest?.(".st-key-answers")) stop(event)
  })
  return () => hands.abort()
}
"""

_HANDS = st.components.v2.component("second_look_hands", html="<i\nhidden></i>", js=_SCRIPT)


def steady_hands(task: str) -> None:
    """Mount the guard; ``task`` is another one for each passage that is shown."""
    _HANDS(key="unseen_hands", data={"task": task}, height=1)
