"""Text in and out of CSV cells: no spreadsheet may take a comment for a formula."""

from __future__ import annotations

# What a spreadsheet begins a formula with, in the wide forms of East Asian keyboards too; and the
# quote itself, so that what was guarded can be told from what was not.
_DANGEROUS = tuple("=+-@\t\r\n＝＋－＠'")
_GUARD = "'"


def guarded(text: str) -> str:
    """The text as a cell that is shown and never computed."""
    return _GUARD + text if text.startswith(_DANGEROUS) else text


def unguarded(cell: str) -> str:
    """The text that ``guarded`` made a cell of."""
    return cell.removeprefix(_GUARD)
