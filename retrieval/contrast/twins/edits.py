"""Edits of one sentence: pieces put in the place of others, with capitals and articles mended."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.contrast.twins.clauses import Clause, main_clause
from retrieval.contrast.twins.morphology import is_known
from retrieval.contrast.twins.tagging import FINITE, NOUNS, tag
from retrieval.contrast.twins.tokens import Token, tokenise
from retrieval.contrast.twins.words import listed

_ARTICLE = re.compile(r"\b([Aa])(n?)( +)(?=([^\W\d_][\w-]*))")
_NAME = re.compile(r"(?<=[^\W\d_] )[A-Z][^\W_]+")
_COMMON = re.compile(r"\b[a-z][^\W_]+")
_DATES = listed("months") | listed("weekdays")
_VOWEL = re.compile(
    r"(?!(?:uni|use|usu|uti|eu|one\b|once|ubi))[aeiou]|hour|honest|honour|heir", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters ``start`` to ``end`` of a sentence give way to ``put``."""

    start: int
    end: int
    put: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """Edits that make a twin, and what they do in one sentence."""

    edits: tuple[Edit, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Names:
    """What the text around a sentence tells of capitals.

    Attributes:
        proper: Words that have a capital within sentences.
        common: Words, in lower case, that stand there without one and never with one.
    """

    proper: frozenset[str]
    common: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Names:
        """The names of a text."""
        proper = frozenset(_NAME.findall(text))
        common = frozenset(_COMMON.findall(text))
        return cls(proper, common - {name.lower() for name in proper})


@dataclass(frozen=True, slots=True)
class Parsed:
    """A sentence with its tokens, and its main clause or the reason why there is none."""

    text: str
    tokens: tuple[Token, ...]
    clause: Clause | str
    names: Names

    def piece(self, start: int, end: int) -> str:
        """The characters from one token to another (which is left out)."""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end] if end > start else ""

    def replace(self, start: int, end: int, put: str) -> Edit:
        """Puts words in the place of tokens ``start`` to ``end``, capital kept at the start."""
        first = self.tokens[start]
        if put and start == 0 and first.text[:1].isupper():
            put = capitalised(put)
        return Edit(first.start, self.tokens[end - 1].end, put)

    def remove(self, start: int, end: int) -> Edit:
        """Takes tokens out, with the blank before them or, at the start, the one behind."""
        first, last = self.tokens[start], self.tokens[end - 1]
        if start:
            return Edit(self.tokens[start - 1].end, last.end, "")
        behind = self.tokens[end]
        return Edit(first.start, behind.end, capitalised(behind.text))

    def insert_after(self, at: int, words: str) -> Edit:
        """Adds words behind a token."""
        place = self.tokens[at].end
        return Edit(place, place, f" {words}")

    def inner(self, start: int, end: int) -> str:
        """A stretch of tokens as it would stand within a sentence: a first capital may go."""
        words = self.piece(start, end)
        return words if start or self.is_name(start) else words[:1].lower() + words[1:]

    def is_name(self, at: int) -> bool:
        """Whether the capital of this token belongs to it and not to the start of a sentence."""
        token = self.tokens[at]
        if token.text[0].islower() or token.form in self.names.common:
            return False
        if token.shape == "code" or token.form == "i" or token.text[1:] != token.text[1:].lower():
            return True
        if token.text in self.names.proper or not is_known(token.form):
            return token.tag not in {"DT", "PRP$", "PRP", "IN", "SUB", "CD", "RB", "W", "EX"}
        return token.tag in NOUNS and at + 1 < len(self.tokens) and self._begins_name(at)

    def _begins_name(self, at: int) -> bool:
        """Whether a word of the dictionary is a name for what stands behind it."""
        token, following = self.tokens[at], self.tokens[at + 1]
        if following.text[0].isupper() or following.tag == "POS":
            return True
        return token.tag != "NNS" and following.tag in FINITE | {"BE"} and self._names_others(at)

    def _names_others(self, at: int) -> bool:
        """Whether another name follows, as in *Smith beat Jones*: then this is one, too."""
        rest = [token for token in self.tokens[at + 1 :] if token.tag == "NNP"]
        return bool(rest) and rest[0].shape == "word" and rest[0].form not in _DATES


def parse(sentence: str, names: Names) -> Parsed:
    """Tags a sentence and looks for its main clause; ``names`` are those of the whole text."""
    tokens = tag(tokenise(sentence))
    clause = main_clause(tokens) if tokens else "It holds no words."
    return Parsed(sentence, tokens, clause, names)


def capitalised(words: str) -> str:
    """With the first letter large; what has a capital further on in its first word stays."""
    return words[:1].upper() + words[1:]


def apply(sentence: str, edits: Sequence[Edit]) -> str:
    """The sentence with all edits made; *a* and *an* mended where the next word changed.

    Raises:
        ValueError: If two edits overlap.
    """
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < at:
            raise ValueError(f"edits overlap at character {edit.start}")
        parts += [sentence[at : edit.start], edit.put]
        at = edit.end
    return _with_articles("".join([*parts, sentence[at:]]), sentence)


def _with_articles(twin: str, sentence: str) -> str:
    """Mends *a* and *an*, but only where the same two words did not stand in the sentence."""

    def mended(match: re.Match[str]) -> str:
        article, n, blank, word = match.groups()
        if f"{article}{n}{blank}{word}" in sentence or word in listed("conjunctions"):
            return match.group()
        wanted = "n" if _VOWEL.match(word) else ""
        capital = word.isupper() and len(word) > 1
        return match.group() if capital else f"{article}{wanted}{blank}"

    return _ARTICLE.sub(mended, twin)
