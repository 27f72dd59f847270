"""What a click or a hover on a hit tells the page: one invisible component for all lists.

Lists are plain HTML so that they can be redrawn while batches arrive; this listens for them. It
lights the same passage in every list without asking the server, and reports four clicks: open a
passage in its document, mark it as the answer, ask why it has its score, and make a twin of it.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

_SCRIPT = """
export default function ({ parentElement, setTriggerValue }) {
  const page = parentElement.ownerDocument
  page.secondLookListeners?.abort()
  const listeners = new AbortController()
  page.secondLookListeners = listeners
  const listen = (event, act) => page.addEventListener(event, act, { signal: listeners.signal })

  const light = (id) => {
    for (const lit of page.querySelectorAll(".sl-lit")) lit.classList.remove("sl-lit")
    if (!id) return
    for (const hit of page.querySelectorAll(`[data-chunk="${CSS.escape(id)}"]`)) {
      hit.classList.add("sl-lit")
    }
  }
  const pointed = (event) => light(event.target.closest?.("[data-chunk]")?.dataset.chunk)
  listen("mouseover", pointed)
  listen("focusin", pointed)

  listen("click", (event) => {
    const mark = event.target.closest?.("[data-answer]")
    if (mark) {
      setTriggerValue("answer", mark.dataset.answer)
      return
    }
    const asked = event.target.closest?.("[data-why]")
    if (asked) {
      setTriggerValue("why", asked.dataset.why)
      return
    }
    const doubled = event.target.closest?.("[data-twin]")
    if (doubled) {
      setTriggerValue("twin", doubled.dataset.twin)
      return
    }
    // Not "data-open": Streamlit's own boxes bear that while they are open.
    const hit = event.target.closest?.("[data-passage]")
    if (hit && !page.getSelection().toString()) setTriggerValue("open", hit.dataset.passage)
  })

  const show = (target) => target.scrollIntoView({ block: "center" })
  const seen = new WeakSet()
  const watch = new MutationObserver(() => {
    for (const target of page.querySelectorAll("[data-scroll-here]")) {
      if (!seen.has(target)) setTimeout(() => show(target), 120)
      seen.add(target)
    }
  })
  watch.observe(page.body, { childList: true, subtree: true })
  listeners.signal.addEventListener("abort", () => watch.disconnect())
  return () => listeners.abort()
}
"""

_KEY = "unseen_bridge"
_BRIDGE = st.components.v2.component("second_look_bridge", html="<i\nhidden></i>", js=_SCRIPT)


def listen_to_lists(
    on_answer: Callable[[str], None],
    on_why: Callable[[str], None] | None = None,
    on_twin: Callable[[str], None] | None = None,
) -> str | None:
    """Mount the bridge.

    Args:
        on_answer: Called before the run with the chunk that was marked as the answer.
        on_why: Called in the run with the chunk whose score is to be explained.
        on_twin: Called in the run with the chunk that is to have a twin.

    Returns:
        The chunk to open in this run, or None.
    """

    def report_answer() -> None:
        clicked = st.session_state[_KEY].get("answer")
        if clicked:
            on_answer(clicked)

    result = _BRIDGE(
        key=_KEY,
        on_open_change=lambda: None,
        on_why_change=lambda: None,
        on_twin_change=lambda: None,
        on_answer_change=report_answer,
        height=1,
    )
    for event, act in (("why", on_why), ("twin", on_twin)):
        asked = result.get(event)
        if asked and act is not None:
            act(str(asked))
    opened = result.get("open")
    return str(opened) if opened else None
