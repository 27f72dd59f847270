"""The look of what only the evaluation draws."""

from __future__ import annotations

import streamlit as st

_SHEET = """
.sl-systems td { vertical-align: top; }
.stApp .sl-systems td[colspan] { text-align: left; }
.sl-systems td b { font-weight: 650; }
.sl-systems .sl-words-cell, .sl-systems th:last-child { text-align: left; }
.sl-systems .sl-words-cell { white-space: normal; min-width: 13rem; color: var(--sl-quiet); }
.sl-table-wrap + .sl-caption { margin-top: .5rem; }
.sl-danger-text { color: var(--sl-danger); }
.sl-table tr.sl-chosen td { background: var(--sl-answer-soft); }
.sl-runs { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem 1.4rem; }
.sl-runs h4 { margin: 0; padding: 0; font-size: .95rem; font-weight: 650; }
.sl-runs ol { margin: .2rem 0 0; padding-left: 1.5rem; font-size: .92rem; }
.sl-runs li { margin: 0; overflow-wrap: anywhere; }
.sl-runs li.sl-good { color: var(--sl-answer); font-weight: 620; }
.stApp .sl-asked { margin: 0; font-size: 1.05rem; font-weight: 620; overflow-wrap: anywhere; }
@media (max-width: 640px) { .sl-runs { grid-template-columns: 1fr; } }
"""


def apply_sheet() -> None:
    """Put the sheet into the page, before anything of the evaluation is drawn."""
    st.html(f"<style>{_SHEET}</style>")
