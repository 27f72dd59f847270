"""Words shaded by what they are worth, for one text or several on one common scale.

Brown lowers and teal raises: a pair that the colour-blind tell apart, and neither is a stage's. The
line under a word says the same without colour: whole where it raises, dotted where it lowers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import streamlit as st

from pages.parts.looks import show_score
from pages.parts.safe_text import html_text
from retrieval.explain.segments import Word

_FAINTEST = 0.04
"""Words below this share of the scale stay plain: shading nobody sees is weight in the page."""

_SHEET = """
:root { --sl-raise: light-dark(#66c2b5, #17766c); --sl-lower: light-dark(#e0ac62, #8f5514); }
.sl-shaded { padding: .7rem .9rem; line-height: 1.9; border: 1px solid var(--sl-line);
  border-radius: .5rem; max-height: 24rem; overflow-y: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.sl-shaded.sl-short { padding: .35rem .9rem; max-height: 9rem; }
.sl-shaded mark { color: inherit; padding: .08em .12em; border-radius: .15rem;
  border-bottom: 2px solid transparent; cursor: help; }
.sl-shaded mark { --sl-line-share: min(100%, 15% + 1.6 * var(--sl-share)); }
.sl-shaded mark.sl-raise {
  border-bottom-color: color-mix(in srgb, light-dark(#0d6b60, #5cc8bb) var(--sl-line-share),
    transparent);
  background: color-mix(in srgb, var(--sl-raise) var(--sl-share), transparent); }
.sl-shaded mark.sl-lower {
  border-bottom: 2px dotted color-mix(in srgb, light-dark(#7a4100, #e8b573) var(--sl-line-share),
    transparent);
  background: color-mix(in srgb, var(--sl-lower) var(--sl-share), transparent); }
.sl-shaded mark.sl-faint { border-bottom-color: transparent; }
.sl-shaded .sl-called { font-weight: 750; }
.sl-shaded mark.sl-won { outline: 2.5px solid var(--sl-ink); outline-offset: 1px; }
.sl-unread { color: var(--sl-quiet); opacity: .75; }
.sl-shading-key { display: flex; align-items: center; flex-wrap: wrap; gap: .3rem .7rem;
  font-size: .86rem; color: var(--sl-quiet); }
.sl-shading-key i { flex: 0 1 13rem; min-width: 7rem; height: .7rem; border-radius: .2rem;
  border: 1px solid var(--sl-line);
  background: linear-gradient(to right, var(--sl-lower), transparent 50%, var(--sl-raise)); }
.sl-shading-key i.sl-one-way {
  background: linear-gradient(to right, transparent, var(--sl-raise)); }
.sl-shading-key u { text-decoration: none; border-bottom: 2px solid light-dark(#0d6b60, #5cc8bb); }
.sl-shading-key u.sl-lower { border-bottom: 2px dotted light-dark(#7a4100, #e8b573); }
.sl-tall { max-height: 28rem; overflow: auto; }
"""


@dataclass(frozen=True, slots=True)
class ShadedText:
    """A text, and what some of its words are worth.

    Attributes:
        text: The text.
        words: The words, in order.
        values: What each is worth; 0 is not shaded.
        unit: Unit of the values.
        end: Where the model stopped reading, in characters; None where it read all.
        called: Places of the words to print bold: negators and names.
        won: Places of the words to outline.
    """

    text: str
    words: Sequence[Word]
    values: Sequence[float]
    unit: str
    end: int | None = None
    called: Collection[int] = field(default_factory=frozenset)
    won: Collection[int] = field(default_factory=frozenset)


def apply_shading() -> None:
    """Put the sheet into the page; once a run."""
    st.html(f"<style>{_SHEET}</style>")


def common_scale(*texts: ShadedText) -> float:
    """The value that is shaded fully in all of these texts; 0 where nothing is worth anything."""
    return max((abs(value) for text in texts for value in text.values), default=0.0)


def shaded_html(shaded: ShadedText, scale: float, *, label: str, short: bool = False) -> str:
    """The whole text, escaped, each word shaded by its share of the scale.

    Args:
        shaded: The text.
        scale: What is shaded fully; the same for all texts that are to be compared.
        label: What this text is, for those who do not see it.
        short: Whether it is a line and not a passage.
    """
    pieces, behind = [], 0
    for place, (word, value) in enumerate(zip(shaded.words, shaded.values, strict=True)):
        pieces.append(html_text(shaded.text[behind : word.start]))
        pieces.append(_word_html(shaded, place, word, value / scale if scale else 0.0))
        behind = word.end
    end = len(shaded.text) if shaded.end is None else max(shaded.end, behind)
    pieces.append(html_text(shaded.text[behind:end]))
    if unread := html_text(shaded.text[end:]):
        pieces.append(f'<span class="sl-unread" title="not read by the model">{unread}</span>')
    size = " sl-short" if short else ""
    return (
        f'<div class="sl-shaded{size}" role="group" tabindex="0" aria-label="{html_text(label)}">'
        f"{''.join(pieces)}</div>"
    )


def shading_key_html(scale: float, unit: str, *, one_way: str = "") -> str:
    """The legend: what full shading stands for.

    Args:
        scale: The value that is shaded fully.
        unit: Its unit.
        one_way: What a shade means where nothing lowers a score; empty for both ways.
    """
    full = show_score(scale, unit)
    name = html_text(unit)
    if one_way:
        return (
            f'<div class="sl-shading-key"><span>0</span><i class="sl-one-way"></i>'
            f"<span>{full} {name}</span><span><u>word</u> {html_text(one_way)}</span></div>"
        )
    return (
        f'<div class="sl-shading-key"><span>−{full}</span><i></i><span>+{full} {name}</span>'
        '<span><u class="sl-lower">word</u> lowers the score</span>'
        "<span><u>word</u> raises it</span></div>"
    )


def signed(value: float, unit: str) -> str:
    """A value with its sign, as many decimals as its unit has."""
    shown = show_score(value, unit)
    return shown if shown.startswith("−") else f"+{shown}"


def _word_html(shaded: ShadedText, place: int, word: Word, share: float) -> str:
    text = html_text(shaded.text[word.start : word.end])
    called = " sl-called" if place in shaded.called else ""
    won = " sl-won" if place in shaded.won else ""
    if abs(share) < _FAINTEST and not called and not won:
        return text
    kind = "sl-raise" if share >= 0 else "sl-lower"
    faint = " sl-faint" if abs(share) < _FAINTEST else ""
    return (
        f'<mark class="{kind}{faint}{called}{won}" '
        f'style="--sl-share:{100 * min(abs(share), 1.0):.0f}%" '
        f'title="{signed(shaded.values[place], shaded.unit)} {html_text(shaded.unit)}">'
        f"{text}</mark>"
    )
