"""Closes a false alarm: the first deep link to a fresh server is told that its page is missing.

Because a folder ``pages/`` exists, Streamlit looks for the page in there before ``app.py`` has
named its pages, reports "Page not found", and then runs the right page all the same. Only addresses
of pages that do exist are cleared; a wrong one keeps its message.
"""

from __future__ import annotations

import streamlit as st

_SCRIPT = """
export default function ({ data, parentElement }) {
  const page = parentElement.ownerDocument
  const opened = performance.getEntriesByType("navigation")[0]?.name ?? page.URL
  const name = new URL(opened).pathname.replace(/\\/+$/, "").split("/").pop()
  if (page.secondLookOpened || !data.paths.includes(name)) return
  page.secondLookOpened = true
  const clear = () => {
    for (const title of page.querySelectorAll("[data-testid=stDialog] h2")) {
      if (title.textContent !== "Page not found") continue
      title.closest("[data-testid=stDialog]").querySelector("button")?.click()
    }
  }
  const watch = new MutationObserver(clear)
  watch.observe(page.body, { childList: true, subtree: true })
  setTimeout(() => watch.disconnect(), 10000)
  clear()
}
"""

_WATCHER = st.components.v2.component("second_look_deep_links", html="<i\nhidden></i>", js=_SCRIPT)


def clear_false_alarms(*paths: str) -> None:
    """Watch for the false alarm for a few seconds after a page was opened.

    Args:
        paths: Addresses of the pages that exist.
    """
    _WATCHER(key="unseen_deep_links", data={"paths": list(paths)}, height=1)
