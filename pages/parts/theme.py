"""The look of everything that the pages draw themselves; Streamlit's own is in its settings.

Colours follow the theme: ``light-dark()`` for what needs two values, and mixes of the current text
colour for quiet surfaces, so that light and dark need no second sheet.
"""

from __future__ import annotations

import streamlit as st

from pages.parts.looks import STAGE_LOOKS

_HATCH = "repeating-linear-gradient(-45deg, var(--sl-stage) 0 4px, transparent 4px 6px)"
"""Fills the bars of a stage that shares its colour with another."""
CARD_HEIGHT_PX = 154
HEAD_HEIGHT_PX = 62
_WIDE_CHARTS = ":is(.st-key-scores, .st-key-flow, .st-key-slope_encoders, .st-key-slope_rerankers)"
"""On a narrow screen these keep their width and are moved sideways; their words stay in place."""

_SHEET = """
:root {
  --sl-ink: light-dark(#1e2030, #e9eaf0);
  --sl-quiet: light-dark(#5a6072, #a4aab9);
  --sl-line: light-dark(#dadce4, #363a46);
  --sl-card: light-dark(#ffffff, #1a1d25);
  --sl-soft: light-dark(#f4f4f7, #1f222b);
  --sl-answer: light-dark(#4f46a5, #b4aef5);
  --sl-answer-soft: light-dark(#efedfb, #2a2745);
  --sl-match: light-dark(#fff0b8, #544613);
  --sl-danger: light-dark(#b3261e, #ffb4a9);
  --sl-danger-soft: light-dark(#fde3e0, #5b1f1a);
  --sl-swap: light-dark(#0b6e4f, #7fe3bd);
  --sl-swap-soft: light-dark(#d9f3e8, #12432f);
}
.stApp { --sl-mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; }
.sl-quiet { color: var(--sl-quiet); }
.stApp .sl-about { margin: .1rem 0 .3rem; color: var(--sl-quiet); font-size: .95rem;
  line-height: 1.45; }
.stApp .sl-done { margin: 0; }
.stApp .sl-models-line { margin: 1.2rem 0 0; font-size: .85rem; }
.sl-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }
.stMainBlockContainer { padding-inline: 1.75rem; }
.stApp .sl-brand { margin: 0; padding: 0; line-height: 1.3; font-size: 1.3rem; font-weight: 700;
  letter-spacing: -.01em; }
.sl-brand + p { margin: 0; color: var(--sl-quiet); font-size: .9rem; line-height: 1.35; }
.stElementContainer:is([class*="st-key-unseen_"], [class*="_moving"]) {
  position: absolute; width: 0; height: 0; overflow: hidden; }

/* The primary colour serves surfaces; on a dark one its own words need the lighter shade */
[data-testid="stButtonGroup"] [data-selected="true"],
[data-testid="stSliderThumbValue"] { color: var(--sl-answer) !important; }

/* Ids of models begin alike and differ at their end, so a list of them may be wider than its box */
[data-testid="stSelectboxVirtualDropdown"] { width: max-content !important;
  min-width: var(--trigger-width); max-width: min(30rem, 92vw); }

/* Notices: errors and designed empty states */
.sl-notice { display: flex; gap: .8rem; align-items: baseline; padding: .75rem 1rem;
  border: 1px solid var(--sl-line); border-radius: .5rem; background: var(--sl-soft); }
.sl-notice .sl-hint { display: block; color: var(--sl-quiet); margin-top: .15rem; }
.sl-notice .sl-sign { font-size: 1.15rem; line-height: 1; }
.sl-error { border-color: var(--sl-danger); background: var(--sl-danger-soft); }
.sl-error .sl-sign { color: var(--sl-danger); }

/* The strip that says what happened */
.sl-strip { min-height: 3.3rem; display: flex; flex-direction: column; justify-content: center;
  gap: .1rem; padding: .4rem .9rem; border-left: 4px solid var(--sl-answer);
  background: var(--sl-soft); border-radius: .25rem .5rem .5rem .25rem; line-height: 1.4; }
.sl-strip p { margin: 0; }
.sl-strip .sl-happened { font-size: 1.05rem; }
.sl-strip .sl-fate { color: var(--sl-answer); font-weight: 600; }
.sl-strip .sl-more { color: var(--sl-quiet); font-size: .9rem; }

/* The five lists: one scroll for all, heads that stay */
.st-key-lists { max-height: max(24rem, 55vh); overflow-y: auto; overscroll-behavior: auto;
  border: 1px solid var(--sl-line); border-radius: .6rem; background: var(--sl-soft);
  scrollbar-gutter: stable; }
.st-key-lists_row { gap: .5rem; padding: 0 .5rem .5rem; flex-wrap: nowrap; align-items: stretch; }
.st-key-lists_row > * { min-width: 0; flex: 1 1 0; }
.sl-head { position: sticky; top: 0; z-index: 2; height: HEADpx; box-sizing: border-box;
  padding: .45rem .55rem 0; background: var(--sl-soft); border-top: 4px solid var(--sl-stage);
  display: flex; flex-direction: column; }
.sl-head .sl-name { display: flex; align-items: baseline; gap: .4rem; font-weight: 650;
  font-size: 1.02rem; line-height: 1.25; white-space: nowrap; }
.sl-head .sl-icon { color: var(--sl-stage); }
.sl-head .sl-unit { margin-left: auto; font-weight: 400; font-size: .82rem; cursor: help;
  color: var(--sl-quiet); }
.sl-head .sl-reads { font-size: .8rem; line-height: 1.3; color: var(--sl-quiet);
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.sl-track { height: 4px; margin-top: auto; border-radius: 2px; overflow: hidden; }
.sl-track i { display: block; height: 100%; background: var(--sl-fill, var(--sl-stage));
  transition: width .2s linear; }
.sl-track.sl-busy { background: color-mix(in srgb, var(--sl-stage) 22%, transparent); }

.sl-list { list-style: none; margin: 0; padding: 0 !important; }
.sl-hit { position: relative; box-sizing: border-box; height: CARDpx; margin: 0 0 .4rem;
  padding: .4rem .55rem .4rem .75rem; overflow: hidden; border-radius: .4rem; cursor: pointer;
  background: var(--sl-card); border: 1px solid var(--sl-line); line-height: 1.36;
  font-size: .88rem; content-visibility: auto; }
.sl-hit::before { content: ""; position: absolute; inset: 0 auto 0 0; width: 4px;
  background: transparent; }
.sl-hit.sl-known::before { background: color-mix(in srgb, var(--sl-answer) 55%, transparent); }
.sl-hit.sl-answer { border-color: var(--sl-answer); background: var(--sl-answer-soft); }
.sl-hit.sl-answer::before { background: var(--sl-answer); }
.sl-hit.sl-lit, .sl-hit:focus-within { border-color: var(--sl-ink);
  box-shadow: 0 0 0 2px var(--sl-ink); z-index: 1; }
.sl-row { display: flex; align-items: center; gap: .4rem; height: 1.6rem; }
.sl-rank { font-size: 1.3rem; font-weight: 700; line-height: 1; min-width: 1.3ch;
  font-variant-numeric: tabular-nums; }
.sl-moved { font-size: .9rem; white-space: nowrap; color: var(--sl-quiet); }
.sl-moved.sl-up { color: light-dark(#9a3d00, #ffa56b); font-weight: 650; }
.sl-bar { flex: 1 1 auto; min-width: 1.2rem; height: .5rem; border-radius: .25rem;
  overflow: hidden; background: color-mix(in srgb, currentColor 10%, transparent); }
.sl-bar i { display: block; height: 100%; background: var(--sl-fill, var(--sl-stage)); }
.sl-score { font-variant-numeric: tabular-nums; font-size: .86rem; }
.sl-mark { flex: none; width: 1.5rem; height: 1.5rem; padding: 0; border-radius: 50%;
  border: 1px solid var(--sl-line); background: transparent; color: var(--sl-quiet);
  font-size: .8rem; line-height: 1; cursor: pointer; }
.sl-mark:hover { border-color: var(--sl-answer); color: var(--sl-answer); }
.sl-mark[aria-pressed="true"] { background: var(--sl-answer); border-color: var(--sl-answer);
  color: var(--sl-card); }
.sl-title { display: block; width: 100%; padding: 0; border: 0; background: none; text-align: left;
  font: inherit; font-weight: 620; color: var(--sl-ink); cursor: pointer; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis; }
.sl-title:focus-visible, .sl-mark:focus-visible { outline: none; text-decoration: underline; }
.sl-mark:focus-visible { box-shadow: 0 0 0 2px var(--sl-ink); }
.sl-place { display: flex; gap: .4rem; font-size: .78rem; color: var(--sl-quiet);
  white-space: nowrap; }
.sl-place span { flex: 1 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.sl-why { flex: none; padding: 0 .1rem; border: 0; background: none; font: inherit; cursor: pointer;
  color: var(--sl-answer); text-decoration: underline; text-underline-offset: .15em; }
.sl-why:focus-visible { outline: 2px solid var(--sl-ink); outline-offset: 1px; }
.stApp .sl-text { margin: .1rem 0 0; font-size: inherit; line-height: inherit;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4;
  overflow: hidden; overflow-wrap: anywhere; }
/* Many lists: the unit gets a line of its own, and the bar one under the numbers */
.st-key-lists section { container-type: inline-size; }
@container (max-width: 12rem) {
  .sl-head { height: calc(HEADpx + 1.9rem); }
  .sl-head .sl-name { flex-wrap: wrap; font-size: .96rem; }
  .sl-head .sl-unit { flex-basis: 100%; margin: 0; line-height: 1.2; }
  .sl-head .sl-reads { white-space: normal; overflow-wrap: anywhere; line-height: 1.2;
    display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
  .sl-hit { font-size: .84rem; padding-inline: .6rem .4rem; }
  .sl-row { gap: .25rem; }
  .sl-rank { font-size: 1.15rem; }
  .sl-moved, .sl-score { font-size: .8rem; }
  .sl-score { margin-left: auto; }
  .sl-mark { width: 1.3rem; height: 1.3rem; }
  .sl-bar { position: absolute; top: 2rem; left: .6rem; right: .4rem; height: .22rem; }
  .sl-title { margin-top: .25rem; }
}
.sl-vacant { height: calc(2 * CARDpx); display: grid; place-content: center; padding: 1rem;
  text-align: center; color: var(--sl-quiet); font-size: .88rem; }
.sl-ghost { height: CARDpx; margin-bottom: .4rem; border-radius: .4rem;
  background: linear-gradient(100deg, var(--sl-card) 35%, var(--sl-soft) 50%, var(--sl-card) 65%)
  0 0 / 300% 100%; border: 1px solid var(--sl-line); animation: sl-wait 2.4s linear infinite; }
@keyframes sl-wait { from { background-position: 100% 0; } to { background-position: 0 0; } }
@media (prefers-reduced-motion: reduce) { .sl-ghost { animation: none; }
  .sl-track i { transition: none; } }

/* Words: three kinds that differ in shape as well as in colour */
mark.sl-match { background: var(--sl-match); color: inherit; border-radius: .15rem;
  padding: 0 .08em; }
mark.sl-negator { background: var(--sl-danger-soft); color: var(--sl-danger); font-weight: 700;
  border-radius: .15rem; padding: 0 .12em; text-decoration: underline wavy 1px;
  text-underline-offset: .18em; }
mark.sl-swap { background: var(--sl-swap-soft); color: var(--sl-swap); font-weight: 650;
  border-radius: .15rem; padding: 0 .12em; border-bottom: 2px dotted currentColor; }
.sl-flag { font-size: .7rem; font-weight: 500; color: var(--sl-danger); cursor: help;
  border: 1px solid currentColor; border-radius: .25rem; padding: 0 .2em; white-space: nowrap; }
.sl-strip .sl-flags { color: var(--sl-danger); }
.sl-flag-key { font-size: .86rem; color: var(--sl-quiet); margin-top: .2rem; }
.sl-flag-key summary { cursor: pointer; }
.sl-flag-key ul { margin: .3rem 0; padding-left: 1.2rem; }
.sl-flag-key p { margin: 0; }
.sl-key mark.sl-match { color: var(--sl-ink); }
.sl-key { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; font-size: .86rem;
  color: var(--sl-quiet); }

/* Two rankings side by side */
.sl-compare-title { margin: .6rem 0 0; font-size: 1.2rem; font-weight: 680; }
.stApp .sl-agree { margin: .1rem 0 .4rem; }
.sl-parted { display: flex; flex-direction: column; gap: .4rem; }
.sl-parted li { margin: 0; padding: .45rem .65rem; border: 1px solid var(--sl-line);
  border-radius: .4rem; background: var(--sl-card); font-size: .88rem; line-height: 1.36;
  cursor: pointer; }
.sl-parted .sl-places { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem;
  font-variant-numeric: tabular-nums; color: var(--sl-quiet); }
.sl-parted .sl-places b { color: var(--sl-ink); font-size: 1.1rem; margin-right: .3rem; }
.sl-parted .sl-text { -webkit-line-clamp: 2; }
.sl-parted li.sl-lit { border-color: var(--sl-ink); box-shadow: 0 0 0 2px var(--sl-ink); }

/* A passage within its document */
.sl-document { max-height: 58vh; overflow-y: auto; padding: .9rem 1.1rem; line-height: 1.6;
  border: 1px solid var(--sl-line); border-radius: .5rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.sl-here { background: var(--sl-answer-soft); border-left: 4px solid var(--sl-answer);
  margin-left: -.75rem; padding: .15rem .3rem .15rem .55rem; display: inline; }
.sl-cut { display: inline-block; padding: 0 .3em; margin: 0 .15em; border-radius: .2em;
  font-size: .7rem; line-height: 1.35; color: var(--sl-quiet); border: 1px dashed var(--sl-line);
  user-select: none; white-space: nowrap; }
.sl-chips { display: flex; flex-wrap: wrap; gap: .35rem .5rem; }
.sl-chip { padding: .1rem .55rem; border-radius: 1rem; border: 1px solid var(--sl-line);
  font-size: .85rem; white-space: nowrap; }
.sl-chip b { color: var(--sl-stage); }

/* Tables and captions under charts */
.sl-table-wrap { overflow-x: auto; }
.stApp .sl-table-wrap + :is(p, ul) { margin-top: .5rem; }
.sl-table { border-collapse: collapse; width: 100%; font-size: .9rem;
  font-variant-numeric: tabular-nums; }
.sl-table th, .sl-table td { padding: .3rem .6rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--sl-line); }
.sl-table th:first-child, .sl-table td:first-child { text-align: left; }
.sl-table.sl-words th, .sl-table.sl-words td { text-align: left; white-space: normal;
  overflow-wrap: anywhere; vertical-align: top; }
.sl-table .sl-sign { display: inline-block; width: 1.3em; color: var(--sl-stage); }
.sl-table thead th { color: var(--sl-quiet); font-weight: 500; }
.sl-table tfoot td { font-weight: 650; border-bottom: 0; }
.sl-caption { margin: -.35rem 0 .2rem; color: var(--sl-quiet); font-size: .9rem;
  line-height: 1.45; min-height: 2.6rem; }
.sl-chart-title { margin: 0; font-size: 1.08rem; font-weight: 650; }

/* Narrow screens: the columns become one, chosen by tabs */
.sl-tabs { display: none; }
@media (max-width: 640px) {
  .sl-tabs { display: flex; flex-wrap: wrap; gap: .25rem; padding: .4rem; position: sticky;
    top: 0; z-index: 3;
    background: var(--sl-soft); }
  .sl-tabs input { position: absolute; opacity: 0; pointer-events: none; }
  .sl-tabs:has(label:nth-of-type(6)) label { flex: 1 1 30%; }
  .sl-tabs label { flex: 1 1 0; min-width: 0; padding: .4rem .1rem; border-radius: .4rem;
    border: 1px solid var(--sl-line); background: var(--sl-card); text-align: center;
    font-size: .74rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
    border-bottom: 3px solid var(--sl-stage); }
  .sl-tabs input:checked + label { background: var(--sl-ink); color: var(--sl-card);
    font-weight: 650; }
  .sl-tabs input:focus-visible + label { outline: 2px solid var(--sl-answer); }
  .stMainBlockContainer { padding-inline: .9rem; }
  .st-key-bar .stHorizontalBlock { gap: .5rem; }
  .st-key-bar .stColumn { min-width: 0; flex: 1 1 100%; }
  .st-key-bar .stColumn .stColumn:first-child { flex: 1 1 62%; }
  .st-key-bar .stColumn .stColumn:last-child { flex: 1 1 26%; }
  .st-key-bar > .stLayoutWrapper > .stHorizontalBlock > .stColumn:nth-child(n+3) {
    flex: 1 1 32%; }
  .st-key-bar [data-testid="stWidgetLabel"] { display: none; }
  .st-key-lists { max-height: none; overflow: visible; }
  .st-key-lists_row > * { display: none; }
  .sl-head { position: static; }
  .sl-table thead th { white-space: normal; }
  .sl-table td:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 7.6rem; }
  .sl-hit { height: auto; min-height: 7rem; font-size: .95rem; content-visibility: visible; }
  WIDE_CHARTS { overflow-x: auto; }
  .st-key-scores > * { min-width: 46rem; }
  .stMain:has(.st-key-list_dense_2, .st-key-list_rerank_2)
    .st-key-scores > :has(.stPlotlyChart) { min-width: 64rem; }
  .st-key-flow > * { min-width: 36rem; }
  :is(.st-key-slope_encoders, .st-key-slope_rerankers) > * { min-width: 30rem; }
  WIDE_CHARTS > *:not(:has(.stPlotlyChart)) { min-width: 0; position: sticky; left: 0; }
}
"""


# Dialogs hang outside the part of the page that knows light from dark, so the whole page is told.
_MIRROR = st.components.v2.component(
    "second_look_theme",
    html="<i\nhidden></i>",
    js="""
export default function ({ parentElement }) {
  const page = parentElement.ownerDocument
  const scheme = getComputedStyle(page.querySelector(".stApp")).colorScheme
  page.documentElement.style.colorScheme = scheme
}
""",
)


def apply_theme() -> None:
    """Put the sheet into the page; once a run, before anything is drawn."""
    _MIRROR(key="unseen_theme", height=1)
    sheet = _SHEET.replace("HEAD", str(HEAD_HEIGHT_PX)).replace("CARD", str(CARD_HEIGHT_PX))
    sheet = sheet.replace("WIDE_CHARTS", _WIDE_CHARTS)
    st.html(f"<style>{sheet}{_stage_rules()}</style>")


def _stage_rules() -> str:
    """Each stage's colour, and on narrow screens the list that its tab shows."""
    rules = []
    for stage, look in STAGE_LOOKS.items():
        fill = f" --sl-fill: {_HATCH};" if look.pattern else ""
        rules.append(f".sl-stage-{stage} {{ --sl-stage: {look.colour};{fill} }}")
        if look.pattern:
            rules.append(f".sl-stage-{stage} .sl-head {{ border-top-style: dashed; }}")
        rules.append(
            "@media (max-width: 640px) { "
            f".st-key-lists:has(#sl-tab-{stage}:checked) "
            f".st-key-lists_row > :has(> .st-key-list_{stage}) {{ display: flex; }} }}"
        )
    return "\n".join(rules)
