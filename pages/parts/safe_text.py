"""Text on its way to a screen: every way out has its own escaping, for what is not ours."""

from __future__ import annotations

import html
import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:])")
_SPACE = re.compile(r"\s+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def html_text(text: str) -> str:
    """For HTML bodies, attributes and the hover texts of charts."""
    return html.escape(without_controls(text), quote=True)


def markdown_text(text: str) -> str:
    """For labels and captions, which Streamlit reads as Markdown."""
    return _MARKDOWN.sub(r"\\\1", one_line(text))


def one_line(text: str, most: int = 0) -> str:
    """White space folded, and cut with an ellipsis behind ``most`` characters (0: never)."""
    folded = _SPACE.sub(" ", without_controls(text)).strip()
    if most and len(folded) > most:
        return folded[: most - 1].rstrip() + "…"
    return folded


def without_controls(text: str) -> str:
    """Without control characters, text-direction overrides and what no wire can carry."""
    return _CONTROLS.sub("", text).encode("utf-8", "replace").decode("utf-8")
