"""The words that pairs are made of, split between training and test, and their inflection."""

from __future__ import annotations

import hashlib
import math
import random
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

Split = Literal["train", "test"]
Item = TypeVar("Item")

HELD_OUT = 0.15
"""Share of each list that only test pairs use."""

FOLDER = Path(__file__).parent
_TAGS = {"past": "VBD", "part": "VBN", "third": "VBZ", "ing": "VBG"}
_ENTITY_NAMES = {
    "drug": "product",
    "policy": "product",
    "device": "product",
    "food": "product",
    "hotel": "place",
    "company": "company",
    "person": "person",
    "animal": "creature",
    "plant": "creature",
}


@cache
def read_table(name: str) -> dict[str, Any]:
    """A TOML file of the grammar, read once."""
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def held_out(items: Sequence[Item], split: Split, *, least: int = 2) -> tuple[Item, ...]:
    """The part of a list that belongs to a split: those with the lowest hashes are for testing.

    Args:
        items: Words, pairs of words or frames.
        split: Whose part is wanted.
        least: How many are kept for testing at least, where there are twice as many.
    """
    order = sorted(items, key=lambda item: hashlib.sha256(repr(item).encode()).digest())
    count = min(max(least, math.ceil(len(order) * HELD_OUT)), len(order) // 2)
    return tuple(order[:count] if split == "test" else order[count:])


@cache
def words(path: str, split: Split) -> tuple[Any, ...]:
    """The words of a list such as ``nouns.goods`` or ``verbs.person`` in a split."""
    section, name = path.split(".")
    items = read_table("lexicon.toml")[section][name]
    return held_out([tuple(item) if isinstance(item, list) else item for item in items], split)


@cache
def inflected(phrase: str, form: str) -> str:
    """A verb phrase in another form: its first word is inflected.

    Args:
        phrase: In the base form, such as ``shout at``.
        form: ``base``, ``third``, ``past``, ``part`` or ``ing``.
    """
    from lemminflect import getInflection  # noqa: PLC0415 - its dictionary takes a while to load

    if form == "base":
        return phrase
    verb, space, rest = phrase.partition(" ")
    forms = getInflection(verb, tag=_TAGS[form])
    return f"{forms[0] if forms else verb}{space}{rest}"


def invented_name(kind: str, rng: random.Random) -> str:
    """A name that nobody has, of a ``person``, ``company``, ``place``, ``product`` or so."""
    parts = read_table("lexicon.toml")["names"]
    stem = rng.choice(parts["onsets"]) + "".join(
        rng.choice(parts["middles"]) for _ in range(rng.choice((0, 1, 1, 2)))
    )
    match kind:
        case "person":
            given = read_table("lexicon.toml")["nouns"]["given"]
            first = (
                rng.choice(given) if rng.random() < 0.6 else stem + rng.choice(parts["person_ends"])
            )
            last = rng.choice(parts["onsets"]) + rng.choice(parts["surname_ends"])
            return first if rng.random() < 0.5 else f"{first} {last}"
        case "company":
            return f"{stem} {rng.choice(parts['company_ends'])}".strip()
        case "place":
            return stem + rng.choice(parts["place_ends"])
        case "creature":
            return "the " + stem.lower() + rng.choice(parts["product_ends"])
    return stem + rng.choice(parts["product_ends"])


def entity_kinds() -> tuple[str, ...]:
    """The kinds of things that predicates are known for."""
    return tuple(_ENTITY_NAMES)


def entity_name(kind: str, rng: random.Random) -> str:
    """An invented name for a thing of this kind."""
    return invented_name(_ENTITY_NAMES[kind], rng)
