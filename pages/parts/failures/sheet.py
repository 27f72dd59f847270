"""The look of what only this page draws."""

from __future__ import annotations

import streamlit as st

_SHEET = """
.sl-diff { padding: .6rem .85rem; line-height: 1.7; border: 1px solid var(--sl-line);
  border-radius: .5rem; max-height: 15rem; overflow-y: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.sl-diff del { color: var(--sl-danger); background: var(--sl-danger-soft); border-radius: .15rem;
  padding: 0 .12em; text-decoration: line-through; text-decoration-thickness: 2px; }
.sl-diff ins { color: var(--sl-swap); background: var(--sl-swap-soft); border-radius: .15rem;
  padding: 0 .12em; font-weight: 650; text-decoration: underline; text-decoration-thickness: 2px;
  text-underline-offset: .2em; }
.sl-diff-title { margin: 0 0 .15rem; font-size: .86rem; color: var(--sl-quiet); }
.stApp .sl-refused { margin: 0; padding-left: 1.1rem; font-size: .9rem; color: var(--sl-quiet); }
.sl-refused b { color: var(--sl-ink); font-weight: 620; }
.stApp .sl-section { margin: .6rem 0 0; padding: 0; font-size: 1.3rem; font-weight: 680; }
.sl-cells th[scope="row"], .sl-table th[scope="row"] { font-weight: 500; text-align: left;
  color: var(--sl-ink); }
.sl-cells th[colspan] { text-align: center; border-left: 1px solid var(--sl-line); }
.sl-verdict { font-weight: 650; white-space: nowrap; }
.sl-verdict.sl-passes { color: var(--sl-swap); }
.sl-verdict.sl-fails, .sl-verdict.sl-tied { color: var(--sl-danger); }
@media (max-width: 640px) {
  .sl-cells th[scope="row"] { position: sticky; left: 0; background: var(--sl-card); }
}
"""


def apply_sheet() -> None:
    """Put the sheet into the page; once a run."""
    st.html(f"<style>{_SHEET}</style>")
