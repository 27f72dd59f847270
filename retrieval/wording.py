"""Numbers in sentences, said the same way wherever a sentence is made."""

from __future__ import annotations


def counted(number: int, noun: str, several: str | None = None) -> str:
    """A number with its noun, in the plural where it takes one.

    Args:
        number: How many.
        noun: What, in the singular.
        several: The plural, where it is not the singular with an "s".
    """
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"
