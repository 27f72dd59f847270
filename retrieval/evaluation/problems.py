"""What is wrong with rows of a file: a line each with the row's number, and the rest is used."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_OF_A_KIND = 10
"""Rows named one by one; of a hundred thousand bad rows the rest is counted."""
_LONGEST_NAME = 80


@dataclass(slots=True)
class Problems:
    """Collects them, by kind, in the order in which they were met."""

    _named: dict[str, list[str]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, where: str, reason: str) -> None:
        """Note one.

        Args:
            kind: What it has in common with others: "rows that name an unknown document".
            where: File and row.
            reason: What is wrong, and what becomes of it.
        """
        self._counts[kind] = self._counts.get(kind, 0) + 1
        named = self._named.setdefault(kind, [])
        if len(named) < MOST_OF_A_KIND:
            named.append(f"{where}: {reason}")

    def notes(self) -> tuple[str, ...]:
        """A line for each of the first rows of a kind, and one for how many more there are."""
        lines: list[str] = []
        for kind, named in self._named.items():
            lines.extend(named)
            more = self._counts[kind] - len(named)
            if more:
                lines.append(f"… and {more:,} more {kind}.")
        return tuple(lines)


def named(identifier: str) -> str:
    """An id from a file, short enough for a line."""
    short = " ".join(identifier.split())
    return f"“{short[:_LONGEST_NAME]}…”" if len(short) > _LONGEST_NAME else f"“{short}”"
