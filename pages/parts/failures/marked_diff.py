"""Where a text and its twin differ, marked by more than colour: struck out, and underlined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pages.parts.safe_text import html_text, markdown_text
from retrieval.contrast.twins import Change, changes_between

Piece = tuple[Literal["same", "gone", "new"], str]


def diff_html(original: str, twin: str, label: str) -> str:
    """The whole twin as HTML, escaped, with what went struck out and what came underlined.

    Args:
        original: The text.
        twin: Its edited copy.
        label: What this is, for those who do not see it.
    """
    tags = {"same": "{}", "gone": "<del>{}</del>", "new": "<ins>{}</ins>"}
    pieces = _pieces(original, twin, changes_between(original, twin))
    body = "".join(tags[kind].format(html_text(text)) for kind, text in pieces)
    return (
        f'<div class="sl-diff" role="group" tabindex="0" aria-label="{html_text(label)}">{body}'
        "</div>"
    )


def diff_markdown(original: str, twin: str) -> str:
    """The same as one line of Markdown, for the label of a choice."""
    signs = {"same": "", "gone": "~~", "new": "**"}
    return "".join(
        _signed(signs[kind], text)
        for kind, text in _pieces(original, twin, changes_between(original, twin))
    )


def _pieces(original: str, twin: str, changes: Sequence[Change]) -> Iterator[Piece]:
    behind = 0
    for change in changes:
        yield "same", original[behind : change.start]
        gone, new = original[change.start : change.end], twin[change.twin_start : change.twin_end]
        yield "gone", gone
        # What was taken out and what was put in stand apart, so that both can be read.
        if gone.strip() and new.strip() and not new[:1].isspace():
            yield "same", " "
        yield "new", new
        behind = change.end
    yield "same", original[behind:]


def _signed(sign: str, text: str) -> str:
    """A piece between signs; blanks stay outside, because Markdown wants the signs at words."""
    inside = markdown_text(text)
    if not inside:
        return " " if text else ""
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() else ""
    return f"{before}{sign}{inside}{sign}{after}"
