"""What the making of twins hands out: twins with their marked changes, refusals, and both as one.

Offsets are Python character offsets into the whole text, never into the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["negated", "roles", "number", "condition", "kept", "swapped", "edited"]

OFFERED: tuple[Kind, ...] = ("negated", "roles", "number", "condition", "kept")
"""The kinds that are made by rule, in the order in which they are shown."""

LABELS: Mapping[Kind, str] = {
    "negated": "Negated",
    "roles": "Roles swapped",
    "number": "Number or date changed",
    "condition": "Condition turned",
    "kept": "Meaning kept",
    "swapped": "Two spans swapped by hand",
    "edited": "Edited by hand",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One place where text and twin differ.

    Attributes:
        start: Where the removed text starts in the original.
        end: Where it ends; equal to ``start`` if nothing was removed.
        twin_start: Where the inserted text starts in the twin.
        twin_end: Where it ends; equal to ``twin_start`` if nothing was inserted.
    """

    start: int
    end: int
    twin_start: int
    twin_end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a text.

    Attributes:
        number: Its place among the sentences of the text, from 0.
        start: Offset of its first character.
        end: Offset behind its last character.
        text: The sentence itself.
    """

    number: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Twin:
    """A text and its minimally edited copy.

    Attributes:
        kind: What the edit does to the meaning.
        rule: Id of the rule that made it; the kind itself if a person did.
        reason: What was done, as a sentence.
        original: The whole text.
        text: The whole twin.
        changes: Where the two differ, in order, a word at a time.
        sentence: Number of the sentence that was edited, or None if a person edited.
    """

    kind: Kind
    rule: str
    reason: str
    original: str
    text: str
    changes: tuple[Change, ...]
    sentence: int | None = None

    @property
    def is_control(self) -> bool:
        """Whether the twin is meant to say the same as the text."""
        return self.kind == "kept"

    @property
    def label(self) -> str:
        """The kind in words."""
        return LABELS[self.kind]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of which no twin was made, and why, in one plain sentence."""

    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class Offers:
    """All twins of one sentence of a text.

    Attributes:
        twins: The twins by kind in the order of ``OFFERED``, the best of each kind first.
        refusals: One for each kind without a twin.
        sentences: The sentences of the text that can be chosen.
        chosen: Number of the sentence that the twins were made of; None if there is none.
        notice: Why the text as a whole allows no twin; empty otherwise.
    """

    twins: tuple[Twin, ...]
    refusals: tuple[Refusal, ...]
    sentences: tuple[Sentence, ...] = ()
    chosen: int | None = None
    notice: str = ""

    def of(self, kind: Kind) -> tuple[Twin, ...]:
        """The twins of one kind."""
        return tuple(twin for twin in self.twins if twin.kind == kind)
