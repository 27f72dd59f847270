"""The look of what only this page draws."""

from __future__ import annotations

import streamlit as st

from pages.parts.shaded_words import apply_shading

_SHEET = """
.stApp .sl-why-title { margin: .2rem 0 0; padding: 0; font-size: 1.3rem; font-weight: 680; }
.sl-why-title span { color: var(--sl-stage); }
.stApp .sl-why-lead { margin: .1rem 0 0; max-width: 62rem; }
.sl-why-score { margin-left: .5rem; font-variant-numeric: tabular-nums; font-weight: 500;
  color: var(--sl-quiet); }
.stApp .sl-why-line { margin: 0; line-height: 1.5; }
@media (max-width: 640px) {
  .st-key-stepper .stHorizontalBlock { flex-wrap: wrap; }
  .st-key-stepper .stColumn { min-width: 0; flex: 1 1 40%; }
  .st-key-stepper .stColumn:nth-child(2) { order: -1; flex: 1 1 100%; }
}
"""


def apply_sheet() -> None:
    """Put the sheets into the page; once a run."""
    apply_shading()
    st.html(f"<style>{_SHEET}</style>")
