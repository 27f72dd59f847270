"""Whether a text as a whole can have twins: neither empty, nor endless, nor in another language."""

from __future__ import annotations

import re
from functools import cache

from retrieval.contrast.twins.morphology import is_known
from retrieval.contrast.twins.words import listed, table

MAX_WORDS = 1_000
"""The longest text that twins are made of, in words: several times the longest chunk."""

MAX_CHARACTERS = 15_000
"""The same limit for a text without blanks."""

MAX_SENTENCE_WORDS = 80
"""The longest sentence that the rules read."""

MAX_SENTENCE_CHARACTERS = 1_000
"""The same limit for a sentence without blanks."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_FEW = 4
_SHARE_KNOWN = 0.5


def is_endless(sentence: str) -> bool:
    """Whether a sentence is longer than the rules read."""
    many = len(sentence.split()) > MAX_SENTENCE_WORDS
    return many or len(sentence) > MAX_SENTENCE_CHARACTERS


def why_unfit(text: str) -> str:
    """One plain sentence saying why no twin can be made of the text; empty if one might be."""
    if not text.strip():
        return "The text is empty; type a sentence."
    count = len(text.split())
    if count > MAX_WORDS:
        return (
            f"The text has {count:,} words; twins are made of texts of up to {MAX_WORDS:,}. "
            "Pick a passage or a sentence of it."
        )
    if len(text) > MAX_CHARACTERS:
        return (
            f"The text has {len(text):,} characters; twins are made of texts of up to "
            f"{MAX_CHARACTERS:,}. Pick a passage or a sentence of it."
        )
    words = [word.lower() for word in _WORD.findall(_SCRIPT.sub(" ", text))]
    if not words:
        return "The text holds no words, only digits, punctuation or markup."
    if not _is_english(words):
        return "The text does not look English; the rules for twins know English only."
    return ""


def _is_english(words: list[str]) -> bool:
    latin = sum(word.isascii() or word[0] < "ɐ" for word in words)
    if latin * 2 < len(words):
        return False
    own = sum(word in _function_words() for word in words)
    foreign = sum(word in listed("words", "foreign") for word in words)
    if foreign > own:
        return len(words) < _FEW and foreign < len(words)
    if own or len(words) < _FEW:
        return True
    return sum(map(is_known, words)) >= _SHARE_KNOWN * len(words)


@cache
def _function_words() -> frozenset[str]:
    names = ("determiners", "subject_pronouns", "object_pronouns", "possessives", "prepositions")
    more = ("conjunctions", "subordinators", "relatives", "modals", "be", "have", "do")
    words = frozenset().union(*(listed(name) for name in names + more))
    return (words | frozenset(table("closed")["contractions"])) - listed("words", "foreign")
