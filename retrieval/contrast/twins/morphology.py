"""What a word may be, and its other forms; the dictionary is that of ``lemminflect``.

It is loaded when the first word is looked up (about half a second, once).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import lemminflect

_PARTS = ("VERB", "NOUN", "ADJ", "ADV")
_LATELY: dict[tuple[str, str], str] = {
    ("get", "VBN"): "got",
    ("have", "VBZ"): "has",
    ("be", "VBZ"): "is",
    ("be", "VBP"): "are",
}
_NO_WORDS = frozenset({("doe", "NNS")})


class Reading(NamedTuple):
    """One way to read a word: its base form and a tag of the Penn Treebank."""

    lemma: str
    tag: str


@lru_cache(maxsize=20_000)
def readings(word: str) -> frozenset[Reading]:
    """All readings of a word in lower case; none if the dictionary does not know it."""
    found = set()
    for part, lemmas in lemminflect.getAllLemmas(word).items():
        if part not in _PARTS:
            continue
        for lemma in lemmas:
            forms = lemminflect.getAllInflections(lemma, part)
            tags = {tag for tag, shapes in forms.items() if word in shapes}
            if part == "VERB" and "VBD" in tags and "VBN" not in forms:
                tags.add("VBN")
            if not tags and word == lemma:
                tags = {{"VERB": "VB", "NOUN": "NN", "ADJ": "JJ", "ADV": "RB"}[part]}
            found |= {Reading(lemma, tag) for tag in tags} - _NO_WORDS
    return frozenset(found)


def is_known(word: str) -> bool:
    """Whether the dictionary has the word."""
    return bool(readings(word))


@lru_cache(maxsize=5_000)
def inflect(lemma: str, tag: str) -> str:
    """A form of a verb, noun or adjective; of several words only the first is inflected."""
    first, blank, rest = lemma.partition(" ")
    if (first, tag) in _LATELY:
        return _LATELY[first, tag] + blank + rest
    shapes = lemminflect.getInflection(first, tag)
    return (shapes[0] if shapes else first) + blank + rest


def same_form(lemma: str, word: str, tag: str) -> str:
    """A form of the verb, spelled as the word is if that is one ("travelled" stays so)."""
    if Reading(lemma, tag) in readings(word):
        return word
    return inflect(lemma, tag)
