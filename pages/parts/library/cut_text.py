"""A document's text with its cuts in colour: one tint a passage, stripes where two share text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from pages.parts.passages import plain_html

_TINTS = 3

Offsets = tuple[int, int]


def cut_text_html(
    text: str, cuts: Sequence[Offsets], first: int = 0, last: int | None = None, *, short: bool
) -> str:
    """The text from ``first`` to ``last``, escaped, each passage with its number and its tint.

    Args:
        text: The whole text.
        cuts: Where each passage begins and ends, in the order of the text.
        first: Where to begin.
        last: Where to end; at the end of the text by default.
        short: Whether the box stays low.
    """
    end = len(text) if last is None else min(last, len(text))
    size = " sl-short" if short else ""
    pieces = "".join(_pieces(text, cuts, first, end))
    return (
        f'<div class="sl-document{size}" tabindex="0">{_left_out(first)}{pieces}'
        f"{_left_out(len(text) - end)}</div>"
    )


def cut_key_html(*, shared: bool) -> str:
    """What the colours mean; ``shared`` if neighbours may share text."""
    tints = "".join(f'<i class="sl-legend sl-piece-{tint}"></i>' for tint in range(_TINTS))
    both = '<span><i class="sl-legend sl-piece-shared"></i>in two passages</span>' if shared else ""
    return f'<div class="sl-key"><span>{tints}passages in turn</span>{both}</div>'


def _pieces(text: str, cuts: Sequence[Offsets], first: int, end: int) -> Iterable[str]:
    inside = {offset for cut in cuts for offset in cut if first < offset < end}
    starts = {cut[0]: place for place, cut in enumerate(cuts)}
    earliest = 0
    for low, high in pairwise(sorted({first, end, *inside})):
        while earliest < len(cuts) and cuts[earliest][1] <= low:
            earliest += 1
        covering = _covering(cuts, earliest, low)
        sign = _sign(starts[low] + 1) if low in starts else ""
        yield f"{sign}{_tinted(plain_html(text[low:high]), covering)}"


def _covering(cuts: Sequence[Offsets], earliest: int, offset: int) -> list[int]:
    found = []
    for place in range(earliest, len(cuts)):
        if cuts[place][0] > offset:
            break
        if offset < cuts[place][1]:
            found.append(place)
    return found


def _tinted(body: str, covering: Sequence[int]) -> str:
    if not covering:
        return body
    tint = "shared" if len(covering) > 1 else covering[0] % _TINTS
    return f'<span class="sl-piece sl-piece-{tint}">{body}</span>'


def _sign(number: int) -> str:
    return f'<span class="sl-cut" title="passage {number} begins here">{number}</span>'


def _left_out(characters: int) -> str:
    if characters <= 0:
        return ""
    return f'<p class="sl-quiet">… {characters:,} more characters …</p>'
