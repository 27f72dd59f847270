"""The look of what only the library draws: cuts in colour, and the facts of a collection."""

from __future__ import annotations

import streamlit as st

_SHEET = """
:root {
  --sl-piece-0: light-dark(#d3e8f8, #17395a);
  --sl-piece-1: light-dark(#fbe6bb, #503b0e);
  --sl-piece-2: light-dark(#cdeedf, #124534);
}
.sl-piece { border-radius: .2em; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.sl-piece-0 { background: var(--sl-piece-0); }
.sl-piece-1 { background: var(--sl-piece-1); }
.sl-piece-2 { background: var(--sl-piece-2); }
.sl-piece-shared { background: repeating-linear-gradient(135deg, var(--sl-piece-0) 0 .45em,
  var(--sl-piece-1) .45em .9em); }
.sl-document.sl-short { max-height: 17rem; font-size: .9rem; }
.sl-document .sl-cut { background: var(--sl-card); font-variant-numeric: tabular-nums; }
.sl-legend { display: inline-block; width: 1.6em; height: .8em; border-radius: .2em;
  vertical-align: -.05em; margin-right: .35em; }
.stApp .sl-facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.1rem;
  margin: 0; padding: 0; font-size: .95rem; }
.sl-facts dt { color: var(--sl-quiet); font-weight: 400; }
.stApp .sl-wing { margin: 0; padding: 0; font-size: 1.5rem; line-height: 2.5rem;
  font-weight: 650; }
.sl-facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.stApp .sl-file { margin: 0; font-size: .95rem; font-weight: 620; overflow-wrap: anywhere; }
.sl-report p { margin: 0 0 .4rem; }
.sl-report .sl-table-wrap { max-height: 16rem; overflow-y: auto; margin-top: .5rem; }
.stApp .sl-opened { margin: 0; padding: 0; font-size: 1.5rem; line-height: 1.3; font-weight: 650;
  overflow-wrap: anywhere; }
.stApp .sl-reading { margin: 0; font-size: .85rem; overflow-wrap: anywhere; }
.sl-chip { max-width: 100%; overflow: hidden; text-overflow: ellipsis; box-sizing: border-box; }
.sl-cards { overflow-x: auto; }
.sl-cards table { font-size: .84rem; }
.stApp .sl-cards :is(th, td) { padding-inline: .35rem; overflow-wrap: normal; }
.stApp .sl-cards :is(th, td):nth-child(n+5) { white-space: nowrap; }
@media (max-width: 640px) {
  .sl-cards table { min-width: 44rem; }
  .st-key-wings .stColumn:has(.sl-opened) { order: -1; }
  .stApp .sl-facts { grid-template-columns: 1fr; gap: 0; }
  .sl-facts dd { margin-bottom: .5rem; }
}
"""


def apply_sheet() -> None:
    """Put the sheet into the page, before anything of the library is drawn."""
    st.html(f"<style>{_SHEET}</style>")
