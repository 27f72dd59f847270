"""The look of what only the reviews draw."""

from __future__ import annotations

import streamlit as st

_SHEET = """
.st-key-judging, .st-key-welcome, .st-key-other_name { width: 100%; max-width: 52rem;
  margin-inline: auto; }
.st-key-judging:has(.sl-sides) { max-width: 82rem; }
.sl-progress .sl-bar { display: block; height: .35rem; }
.sl-progress .sl-bar i { background: var(--sl-answer); transition: width .2s linear; }
.sl-progress p { margin: .3rem 0 0; color: var(--sl-quiet); font-size: .9rem; }
.sl-progress b { color: var(--sl-ink); }
.stApp .sl-ask h2 { margin: 0; padding: 0; font-size: 1.45rem; line-height: 1.3; font-weight: 650;
  overflow-wrap: anywhere; }
.sl-ask .sl-need { margin: .25rem 0 0; color: var(--sl-quiet); font-size: 1.02rem;
  overflow-wrap: anywhere; }
.sl-passage { border: 1px solid var(--sl-line); border-radius: .6rem; background: var(--sl-card);
  padding: .9rem 1.15rem; overflow-wrap: anywhere; }
.stApp .sl-passage h3, .stApp .sl-side h3 { margin: 0; padding: 0; font-size: 1.02rem;
  font-weight: 650; }
.sl-passage .sl-from, .sl-side .sl-from { margin: 0; color: var(--sl-quiet); font-size: .84rem; }
.sl-passage header { margin-bottom: .55rem; }
.sl-judged { font-size: 1.12rem; line-height: 1.6; white-space: pre-wrap; }
.sl-around { color: var(--sl-quiet); line-height: 1.55; font-size: .98rem; }
.sl-around summary { cursor: pointer; font-size: .88rem; padding: .25rem 0;
  color: var(--sl-answer); width: fit-content; }
.sl-around div { white-space: pre-wrap; max-height: 40vh; overflow-y: auto; }
.sl-around.sl-before[open] { margin-bottom: .5rem; }
.sl-around.sl-after { margin-top: .5rem; }
.sl-sides { display: grid; grid-template-columns: 1fr 1fr; gap: .9rem; }
.sl-side { border: 1px solid var(--sl-line); border-radius: .6rem; padding: .75rem 1rem;
  background: var(--sl-card); overflow-wrap: anywhere; }
.sl-side ol { margin: .4rem 0 0; padding-left: 1.5rem; }
.sl-side li { margin: 0 0 .5rem; padding: 0; }
.sl-side summary { cursor: pointer; list-style: none; }
.sl-side summary span { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical;
  overflow: hidden; font-size: .94rem; line-height: 1.45; }
.sl-side summary b { font-weight: 620; }
.sl-side details[open] summary span { display: none; }
.sl-side .sl-rest { white-space: pre-wrap; line-height: 1.55; }
.st-key-grades { display: grid !important; gap: .5rem;
  grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
.st-key-grades > div, .st-key-grades .stButton, .st-key-grades .stButton > div { height: 100%; }
.st-key-grades button { min-height: 3.4rem; height: 100%; border-width: 1.5px; }
.st-key-grades button p { font-size: 1.04rem; font-weight: 600; }
div:has(> .st-key-answers) { position: sticky; bottom: 0; z-index: 5; }
.st-key-answers { background: var(--sl-page); padding: .55rem 0 .4rem;
  border-top: 1px solid var(--sl-line); }
.st-key-others { row-gap: 0 !important; }
.sl-stored { margin: 0; font-size: .92rem; }
.sl-stored b { font-weight: 620; }
.sl-reviews { list-style: none; margin: 0; padding: 0; }
.sl-figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr));
  gap: .7rem; }
.sl-figure { border: 1px solid var(--sl-line); border-radius: .6rem; padding: .6rem .85rem;
  background: var(--sl-card); }
.sl-figure b { display: block; font-size: 1.5rem; font-weight: 650; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
.sl-figure span { color: var(--sl-quiet); font-size: .86rem; }
.sl-table-wrap + .sl-caption { margin-top: .5rem; }
.sl-table.sl-alphas td:first-child, .sl-table.sl-alphas td:nth-child(2) { white-space: nowrap; }
.sl-figures + .sl-progress { margin-top: .8rem; }
.stApp .sl-wing { margin: .6rem 0 0; padding: 0; font-size: 1.15rem; font-weight: 650; }
.sl-said { margin: .6rem 0 0; padding-left: 1.2rem; }
.sl-said li { margin: 0; overflow-wrap: anywhere; }
.stApp .sl-asked { margin: 0 0 .5rem; font-weight: 620; overflow-wrap: anywhere; }
.sl-confusion caption { text-align: left; color: var(--sl-quiet); padding-bottom: .3rem; }
.sl-confusion td, .sl-confusion thead th { text-align: center; white-space: normal; }
.sl-confusion tbody th { color: var(--sl-quiet); font-weight: 500; text-align: left;
  white-space: normal; }
.sl-confusion tbody td { font-size: 1.1rem; border: 2px solid var(--sl-page);
  background: color-mix(in srgb, var(--sl-answer) calc(var(--share) * 55%), transparent); }
.sl-confusion td.sl-same { font-weight: 650; outline: 1.5px solid var(--sl-line);
  outline-offset: -2px; }
.sl-rate { margin: .9rem 0; max-width: 60rem; }
.sl-rate p { margin: .3rem 0 0; }
.sl-rate-bar { display: flex; height: 1.1rem; gap: 2px; border-radius: .3rem; overflow: hidden; }
.sl-over { margin: 0; color: var(--sl-quiet); }
.sl-card-name { margin: 0; overflow-wrap: anywhere; }
@media (hover: none) { .st-key-answers kbd { display: none; } }
@media (max-width: 640px) {
  .sl-figures { grid-template-columns: 1fr 1fr; }
  .st-key-review_view [data-testid=stButtonGroup] > div:last-child { flex-wrap: nowrap;
    overflow-x: auto; scrollbar-width: none; padding-right: 2rem;
    mask-image: linear-gradient(to left, transparent, #000 2.5rem); }
  .st-key-review_view [data-selected="true"] { scroll-initial-target: nearest; }
  .st-key-review_view button { flex: none; }
  .stApp .sl-ask h2 { font-size: 1.2rem; }
  .sl-judged { font-size: 1.06rem; }
  .sl-passage { padding: .75rem .9rem; }
  .sl-sides { grid-template-columns: 1fr; }
  .st-key-grades { grid-template-columns: 1fr 1fr; }
  .sl-stored .sl-quiet { display: none; }
}
"""


def apply_sheet() -> None:
    """Put the sheet into the page, before anything of a review is drawn."""
    st.html(f"<style>:root {{ --sl-page: light-dark(#ffffff, #14161c); }}{_SHEET}</style>")
