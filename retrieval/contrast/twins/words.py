"""The closed word classes and verb lists of the lexicon, read once from its data files."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

FOLDER = Path(__file__).parent / "lexicon"


@cache
def table(name: str) -> Mapping[str, Any]:
    """A data file of the lexicon as it stands."""
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


@cache
def listed(name: str, file: str = "closed") -> frozenset[str]:
    """The words of one list."""
    return frozenset(table(file)[name].split())


@dataclass(frozen=True, slots=True)
class Pair:
    """A word and the one that may stand in its place.

    Attributes:
        part: Its part of speech: adjective, adverb, noun, verb, preposition or conjunction.
        word: The word in its base form.
        other: The antonym or synonym.
        not_before: Words that tell another sense when they stand right after it; ``#`` means that
            it needs a number there.
        not_after: Words that tell another sense when they stand right before it.
    """

    part: str
    word: str
    other: str
    not_before: frozenset[str]
    not_after: frozenset[str]


@cache
def pairs(name: str) -> Mapping[str, tuple[Pair, ...]]:
    """The pairs of a lexicon file by the first word."""
    found: dict[str, list[Pair]] = {}
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            pair = Pair(
                row["part"],
                row["word"],
                row[next(column for column in row if column in {"opposite", "synonym"})],
                frozenset(row["not_before"].split()),
                frozenset(row["not_after"].split()),
            )
            found.setdefault(pair.word.split()[0], []).append(pair)
    return MappingProxyType({word: tuple(rows) for word, rows in found.items()})
