"""Minimal pairs in natural prose: passages written by hand, with slots for names and numbers."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from retrieval.training.grammar.lexicon import FOLDER, Split, held_out, invented_name
from retrieval.training.grammar.pairs import YEARS, ContrastPair

_SLOT = re.compile(r"\{(person|company|place|product|year|n)(\d)\}")
_NUMBERS = ((2, 20), (20, 99), (100, 200))
_YEARS_APART = 87
_CELLS = ("query_1", "query_2", "document_1", "document_2", "control")


@cache
def templates(split: Split) -> tuple[dict[str, str], ...]:
    """The templates of a split, in a fixed order."""
    return held_out(tuple(_rows("passages-*.jsonl")), split)


@cache
def practice_templates() -> tuple[dict[str, Any], ...]:
    """Templates that are only learned from.

    Each tells one fact in several ways (``documents``, pairs of a passage and its twin) and asks
    for it in several (``questions``, pairs for the one and the other).
    """
    return tuple(_rows("practice-*.jsonl"))


def _rows(files: str) -> Iterator[dict[str, Any]]:
    for path in sorted(FOLDER.glob(files)):
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def fill_passages(count: int, *, split: Split, seed: int) -> Iterator[ContrastPair]:
    """Pairs from all templates in turn, each time with other names and numbers.

    In training those for practice come, too, each time another passage with another question.

    Args:
        count: How many.
        split: Whose templates.
        seed: Fixes every choice.
    """
    rng = random.Random(seed)
    chosen: list[dict[str, Any]] = list(templates(split))
    if split == "train":
        chosen.extend(practice_templates())
    for number in range(count):
        if number % len(chosen) == 0:
            rng.shuffle(chosen)
        row = chosen[number % len(chosen)]
        yield _filled(_told_once(row, rng) if "documents" in row else row, rng)


def _told_once(row: Mapping[str, Any], rng: random.Random) -> dict[str, str]:
    """A template for practice as one of the others: one way to tell it, another for control."""
    (passage, twin), (control, _) = rng.sample(row["documents"], 2)
    query, twin_query = rng.choice(row["questions"])
    told = dict(zip(_CELLS, (query, twin_query, passage, twin, control), strict=True))
    return {"phenomenon": row["phenomenon"], "kind": row["kind"], **told}


def _filled(row: Mapping[str, str], rng: random.Random) -> ContrastPair:
    values: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        slot = match[0]
        while slot not in values:
            made = _made(match[1], int(match[2]), rng)
            if made not in values.values():
                values[slot] = made
        return values[slot]

    query, twin_query, passage, twin, control = (_SLOT.sub(value, row[cell]) for cell in _CELLS)
    return ContrastPair(
        row["phenomenon"], row["kind"], (query, twin_query), (passage, twin), control
    )


def _made(kind: str, place: int, rng: random.Random) -> str:
    if kind == "year":
        # Years rise with their number, so that "between {year1} and {year2}" is a span of time.
        first = YEARS[0] + (place - 1) * _YEARS_APART
        return str(rng.randint(first, min(first + _YEARS_APART - 1, YEARS[1])))
    if kind == "n":
        return str(rng.randint(*rng.choice(_NUMBERS)))
    return invented_name(kind, rng)
