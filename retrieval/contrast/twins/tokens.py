"""Words, numbers and marks of a sentence, with their places in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Shape = Literal["word", "number", "ordinal", "clock", "code", "mark", "opaque"]

_TOKEN = re.compile(
    r"(?P<opaque><[^<>]*>|https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}|`[^`]*`|\{[^{}]*\})"
    r"|(?P<ordinal>\d+(?:st|nd|rd|th)\b)"
    r"|(?P<clock>\d{1,2}:\d{2}(?!\d)(?:\s?[ap]\.?m\b\.?)?)"
    r"|(?P<number>\d+(?:[.,]\d+)*(?![-/_]?[^\W_]))"
    r"|(?P<code>(?=[\w/.:-]*\d)[^\W_]+(?:[-/_.:][^\W_]+)*(?<=[^\W_])(?<!\A))"
    r"|(?P<word>°[CF]\b|[^\W\d_]+?n['’]t\b|[^\W\d_]+(?:[-‐][^\W\d_]+)*)"
    r"|(?P<clitic>['’](?:s|re|ve|ll|d|m)\b)"
    r"|(?P<mark>\S)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or mark.

    Attributes:
        start: Offset in the sentence.
        end: Offset behind it.
        text: As it stands.
        form: In lower case, with a straight apostrophe.
        shape: What it looks like; markup, addresses and code are ``opaque``.
        tag: Part of speech in the tags of the Penn Treebank, with ``BE``, ``HV``, ``DO`` and ``MD``
            for auxiliaries, ``NEG`` for *not*, ``W`` for relative and question words, ``SUB``
            for words that open a subordinate clause. Empty before tagging.
        lemma: Base form in this reading.
    """

    start: int
    end: int
    text: str
    form: str
    shape: Shape
    tag: str = ""
    lemma: str = ""

    @property
    def is_mark(self) -> bool:
        """Whether it is punctuation or a symbol."""
        return self.shape == "mark"


def tokenise(sentence: str) -> tuple[Token, ...]:
    """All tokens in order; *cannot* and *doesn't* are one each, *'s* stands alone."""
    found = []
    for match in _TOKEN.finditer(sentence):
        text = match.group()
        shape = match.lastgroup or "mark"
        form = text.lower().replace("’", "'")
        if shape == "clitic":
            shape = "word"
        found.append(Token(match.start(), match.end(), text, form, shape))  # type: ignore[arg-type]
    return tuple(found)
