"""The plots of a report, as pictures that a browser draws without any script."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from retrieval.evaluation.significance import Interval

STAGE_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "bm25": "#E69F00",
        "dense": "#0072B2",
        "hybrid": "#009E73",
        "late": "#CC79A7",
        "rerank": "#D55E00",
        "dense_2": "#0072B2",
        "rerank_2": "#D55E00",
    }
)
"""Of Okabe and Ito's set, safe for the colour-blind; the same as on the pages."""
OTHER_COLOUR = "#8672E0"
QUIET_COLOUR = "#8A8F9C"

_WIDTH = 760
_LABELS = 230
_FIGURES = 170
_ROW = 30
_FOOT = 28
_BARS_HEIGHT = 220
_LONGEST_LABEL = 30
_LEGEND_COLUMNS = 3
_SMALLEST_SHARE_SAID = 0.06
_MIDDLE_LUMA = 140


def escaped(text: str, most: int = 0) -> str:
    """A text from outside on one line, as HTML that shows it and does nothing else."""
    visible = "".join(" " if unicodedata.category(one)[0] == "C" else one for one in text)
    line = " ".join(visible.split())
    if most and len(line) > most:
        line = f"{line[: most - 1].rstrip()}…"
    return html.escape(line, quote=True)


def forest(means: Mapping[str, Interval], colours: Mapping[str, str], alt: str) -> str:
    """Each system's mean as a dot on its interval, on an axis from 0 to 1.

    Args:
        means: By system.
        colours: By system.
        alt: What the picture says, in a sentence.
    """
    right = _WIDTH - _FIGURES

    def x(value: float) -> float:
        return _LABELS + (right - _LABELS) * min(max(value, 0.0), 1.0)

    height = _ROW * len(means) + _FOOT
    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(_line(x(tick), 0, x(tick), height - _FOOT, "grid"))
        parts.append(_text(x(tick), height - 8, f"{tick:g}", "middle"))
    for place, (system, found) in enumerate(means.items()):
        y = _ROW * place + _ROW / 2
        colour = colours.get(system, OTHER_COLOUR)
        parts.append(_text(_LABELS - 12, y + 5, escaped(system, _LONGEST_LABEL), "end"))
        if found.n:
            parts.append(
                f'<line x1="{x(found.low):.1f}" x2="{x(found.high):.1f}" y1="{y}" y2="{y}" '
                f'stroke="{colour}" stroke-width="5" stroke-linecap="round" opacity=".45"/>'
                f'<circle cx="{x(found.mean):.1f}" cy="{y}" r="6" fill="{colour}"/>'
            )
            figures = f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"
            parts.append(_text(right + 12, y + 5, figures, "start"))
    return _picture(height, alt, parts)


def bars(differences: Sequence[float], colours: tuple[str, str], alt: str) -> str:
    """Each question's difference as a bar, from the greatest gain to the greatest loss.

    Args:
        differences: In any order, each from -1 to 1.
        colours: Of gains, and of losses.
        alt: What the picture says, in a sentence.
    """
    ordered = sorted(differences, reverse=True)
    left, middle = 40, _BARS_HEIGHT / 2
    reach = max((abs(one) for one in ordered), default=0.0) or 1.0
    step = (_WIDTH - left) / max(len(ordered), 1)
    parts = [
        _text(left - 6, 16, f"+{reach:.2f}", "end"),
        _text(left - 6, middle + 5, "0", "end"),
        _text(left - 6, _BARS_HEIGHT - 6, f"−{reach:.2f}", "end"),
    ]
    for place, value in enumerate(ordered):
        size = (middle - 6) * abs(value) / reach
        top = middle - size if value > 0 else middle
        colour = colours[0] if value > 0 else colours[1]
        width = max(step * 0.86, 0.4)
        parts.append(
            f'<rect x="{left + place * step:.2f}" y="{top:.2f}" width="{width:.2f}" '
            f'height="{size:.2f}" fill="{colour}"/>'
        )
    parts.append(_line(left, middle, _WIDTH, middle, "axis"))
    return _picture(_BARS_HEIGHT, alt, parts)


def stacked(
    shares: Mapping[str, Sequence[float]], words: Sequence[str], colours: Sequence[str], alt: str
) -> str:
    """Each row's parts as one bar from 0 to 100 %, under a legend.

    Args:
        shares: By row: the parts, which sum to 1.
        words: What each part is called.
        colours: Of each part.
        alt: What the picture says, in a sentence.
    """
    parts: list[str] = []
    for place, (word, colour) in enumerate(zip(words, colours, strict=True)):
        row, column = divmod(place, _LEGEND_COLUMNS)
        x, head = column * _WIDTH / _LEGEND_COLUMNS, row * _ROW
        parts.append(
            f'<rect x="{x:.1f}" y="{head + 6}" width="14" height="14" rx="3" fill="{colour}"/>'
        )
        parts.append(_text(x + 22, head + 18, escaped(word, _LONGEST_LABEL), "start"))
    top = _ROW * -(-len(words) // _LEGEND_COLUMNS) + _ROW / 3
    for place, (name, row_shares) in enumerate(shares.items()):
        y = top + place * _ROW * 1.3
        parts.append(_text(_LABELS - 12, y + 19, escaped(name, _LONGEST_LABEL), "end"))
        left = float(_LABELS)
        for share, colour in zip(row_shares, colours, strict=True):
            width = (_WIDTH - _LABELS) * share
            parts.append(
                f'<rect x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="28" '
                f'fill="{colour}"/>'
            )
            if share >= _SMALLEST_SHARE_SAID:
                middle = left + width / 2
                parts.append(
                    f'<text x="{middle:.1f}" y="{y + 19:.1f}" text-anchor="middle" '
                    f'style="fill:{_ink_on(colour)}">{share:.0%}</text>'
                )
            left += width
    return _picture(top + len(shares) * _ROW * 1.3, alt, parts)


def _ink_on(colour: str) -> str:
    """Black or white, whichever is read better on a colour (ITU-R BT.601 luma)."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#111111" if 0.299 * red + 0.587 * green + 0.114 * blue > _MIDDLE_LUMA else "#ffffff"


def _picture(height: float, alt: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:g}" role="img" aria-label="{escaped(alt)}">'
        f"{''.join(parts)}</svg>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'
