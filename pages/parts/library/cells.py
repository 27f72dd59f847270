"""Text on its way into a table, whose cells a person may save as CSV and open in a spreadsheet."""

from __future__ import annotations

from pages.parts.safe_text import one_line

_FORMULA_SIGNS = ("=", "+", "-", "@")
_LONGEST_CELL = 300


def cell_text(text: str, most: int = _LONGEST_CELL) -> str:
    """One line that no spreadsheet takes for a formula; numbers stay as they are."""
    line = one_line(text, most)
    if not line.startswith(_FORMULA_SIGNS) or _is_number(line):
        return line
    return f"'{line}"


def bytes_text(size: int) -> str:
    """A size as people read it."""
    amount = float(size)
    for unit in ("bytes", "KB", "MB"):
        if amount < 1000:  # noqa: PLR2004  (a thousand of one unit is the next)
            return f"{amount:,.0f} {unit}" if unit != "MB" else f"{amount:,.1f} {unit}"
        amount /= 1000
    return f"{amount:,.2f} GB"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
