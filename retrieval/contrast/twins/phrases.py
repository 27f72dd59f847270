"""Noun phrases, read from left to right from the tags: small, and given up when in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.contrast.twins.tagging import NOUNS
from retrieval.contrast.twins.tokens import Token
from retrieval.contrast.twins.words import listed

_MODIFIERS = frozenset({"JJ", "JJR", "JJS", "VBN", "VBG", "CD", "NN", "NNS", "NNP", "POS", "$"})
_OPENERS = frozenset({"DT", "PRP$", "CD"})
_THIRD_PERSON = 3
_MOST_OPENERS = 3
_ONE = frozenset({"a", "an", "this", "that", "another", "each", "every"})
_MANY = frozenset({"these", "those", "both", "many", "several", "few"})


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A noun phrase by places in the token list.

    Attributes:
        start: Its first token.
        end: Behind its last token.
        head: The token that rules the verb.
        plural: Whether it takes a plural verb; None if that cannot be told.
        person: 1, 2 or 3.
        is_pronoun: Whether it is a pronoun alone.
    """

    start: int
    end: int
    head: int
    plural: bool | None
    person: int = 3
    is_pronoun: bool = False

    @property
    def takes_base_form(self) -> bool:
        """Whether a verb in the present stands in its base form behind it, as behind *they*."""
        return bool(self.plural) or self.person != _THIRD_PERSON


def noun_phrase(tokens: Sequence[Token], start: int, *, of: bool = True) -> NounPhrase | None:
    """The longest simple noun phrase at this place, with its *of* phrases, or None."""
    if start >= len(tokens):
        return None
    pronoun = _pronoun(tokens, start)
    if pronoun:
        return pronoun
    end = _core_end(tokens, start)
    if end is None:
        return None
    head = end - 1
    plural = _is_plural(tokens, start, head)
    if of and end + 1 < len(tokens) and tokens[end].form == "of":
        inner = noun_phrase(tokens, end + 1)
        if inner is None or inner.is_pronoun:
            return None
        end = inner.end
        if tokens[head].form in {"number", "lot", "majority", "couple", "half", "most", "rest"}:
            plural = None
    return NounPhrase(start, end, head, plural)


def _pronoun(tokens: Sequence[Token], start: int) -> NounPhrase | None:
    token = tokens[start]
    after = tokens[start + 1].tag if start + 1 < len(tokens) else ""
    if token.tag not in {"PRP", "PRPO"}:
        alone = after in {"BE", "HV", "DO", "MD", "VBZ", "VBP", "VBD"}
        if token.form not in {"this", "that", "these", "those"} or not alone:
            return None
    plural = token.form in {"we", "they", "these", "those", "us", "them", "you"}
    person = {"i": 1, "we": 1, "you": 2}.get(token.form, 3)
    number = plural if token.form in listed("singular_pronouns") or plural else None
    return NounPhrase(start, start + 1, start, number, person, is_pronoun=True)


def _core_end(tokens: Sequence[Token], start: int) -> int | None:
    """Behind the last noun of determiners, modifiers and nouns in a row."""
    at = start
    while at < len(tokens) and tokens[at].tag in _OPENERS and at - start < _MOST_OPENERS:
        at += 1
    last = None
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.tag in NOUNS or token.tag == "CD":
            last = at
        elif (token.tag == "RB" and following and following.tag in {"JJ", "VBN", "CD"}) or (
            token.text == "&" and following and following.tag == "NNP"
        ):
            pass
        elif token.tag not in _MODIFIERS or (
            token.tag in {"VBN", "VBG"} and not (following and following.tag in NOUNS | {"JJ"})
        ):
            break
        at += 1
    if last is None or (tokens[last].tag == "CD" and tokens[last].form != "one"):
        return None
    return last + 1


def _is_plural(tokens: Sequence[Token], start: int, head: int) -> bool | None:
    if tokens[start].form in _MANY:
        return True
    if tokens[head].tag == "NNS":
        return True
    if tokens[head].tag == "NNP":
        return None
    if tokens[start].form in _ONE or tokens[head].tag == "NN":
        return False
    return None


def is_time(tokens: Sequence[Token], phrase: NounPhrase) -> bool:
    """Whether the phrase names a time: a weekday, a month, a year, *three hours*."""
    form = tokens[phrase.head].form
    if form in listed("weekdays") | listed("months"):
        return True
    return form.removesuffix("s") in listed("time_nouns") or form in listed("time_nouns")


def words_of(tokens: Sequence[Token], start: int, end: int) -> tuple[str, ...]:
    """The forms of a stretch of tokens."""
    return tuple(token.form for token in tokens[start:end])
