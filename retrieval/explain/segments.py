"""A text's words in their places, in any script: what can be left out, one at a time."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MOST_WORDS = 256
"""Words that are left out one at a time; as many as the encoder's tokens, and a forward pass each.
"""

_JOINERS = frozenset("'’-")
_UNSPACED = (
    (0x3040, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Blocks of kana and Chinese characters, which stand without spaces: each is a word of its own."""


@dataclass(frozen=True, slots=True)
class Word:
    """Characters ``start`` to ``end`` of a text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One text, and those of its words that are left out one at a time.

    Attributes:
        text: The whole text.
        end: Where the model stops reading, in characters.
        words: The first words that it reads.
        read: How many words it reads.
        total: How many words there are.
    """

    text: str
    end: int
    words: tuple[Word, ...]
    read: int
    total: int

    @classmethod
    def of(cls, text: str, end: int | None = None, most: int | None = MOST_WORDS) -> Part:
        """The part of a text that a model reads.

        Args:
            text: The text.
            end: Where the model stops reading, in characters; None where it reads all.
            most: Most words kept; None keeps all that are read.
        """
        everything = split_words(text)
        stop = len(text) if end is None else end
        read = [word for word in everything if word.end <= stop]
        cut = len(text) if len(read) == len(everything) else (read[-1].end if read else 0)
        return cls(text, cut, tuple(read[:most]), len(read), len(everything))

    @property
    def seen(self) -> str:
        """The text up to where the model stops, so that leaving a word out pulls no other in."""
        return self.text[: self.end]

    def variants(self) -> list[str]:
        """What the model reads, once without each of the words."""
        seen = self.seen
        return [seen[: word.start] + seen[word.end :] for word in self.words]


def split_words(text: str) -> tuple[Word, ...]:
    """Runs of letters, digits and their marks, with apostrophes and hyphens inside them."""
    found: list[Word] = []
    start = -1
    for at, char in enumerate(text):
        alone = _stands_alone(char)
        if not alone and (_is_letter(char) or (start >= 0 and _joins(text, at))):
            start = at if start < 0 else start
            continue
        if start >= 0:
            found.append(Word(start, at, text[start:at]))
            start = -1
        if alone:
            found.append(Word(at, at + 1, char))
    if start >= 0:
        found.append(Word(start, len(text), text[start:]))
    return tuple(found)


def words_of(words: Sequence[Word], start: int, end: int) -> list[int]:
    """Places of the words that share a character with ``start`` to ``end``."""
    return [at for at, word in enumerate(words) if word.start < end and start < word.end]


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


def _stands_alone(char: str) -> bool:
    point = ord(char)
    return any(low <= point <= high for low, high in _UNSPACED)


def _joins(text: str, at: int) -> bool:
    """Whether a joiner stands between two letters."""
    if text[at] not in _JOINERS or at + 1 >= len(text):
        return False
    return _is_letter(text[at + 1]) and not _stands_alone(text[at + 1])
