"""Minimal pairs: a passage, a twin that says something else, a copy that agrees, and questions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.training.grammar.frames import Filling, Scheme, as_sentence, fill, schemes
from retrieval.training.grammar.lexicon import (
    Split,
    entity_kinds,
    entity_name,
    invented_name,
    words,
)

_INVENTED = frozenset({"person", "company", "place", "product"})
_BY_ENTITY = ("entity", "predicate")
_MAX_CONTEXT = 3
YEARS = (1850, 2024)


@dataclass(frozen=True, slots=True)
class ContrastPair:
    """Two passages that differ in one thing, with a question for each.

    Attributes:
        phenomenon: What they turn on.
        kind: The finer kind.
        queries: The question of the first passage, and that of the second.
        passages: The two passages.
        control: The first passage's meaning in other words.
    """

    phenomenon: str
    kind: str
    queries: tuple[str, str]
    passages: tuple[str, str]
    control: str


def generate(
    count: int,
    *,
    split: Split,
    seed: int,
    background: Sequence[str] = (),
    phenomena: Sequence[str] = (),
) -> Iterator[ContrastPair]:
    """Pairs over all schemes in turn, the same for the same arguments.

    Args:
        count: How many.
        split: Whose words and frames they have.
        seed: Fixes every choice.
        background: Sentences of other texts, put around some passages so that the difference is a
            small part of what is read.
        phenomena: Only pairs of these; all, if empty.
    """
    rng = random.Random(seed)
    chosen = [s for s in schemes(split) if not phenomena or s.phenomenon in phenomena]
    made = 0
    while made < count:
        pair = _pair(chosen[made % len(chosen)], split, rng, background)
        if pair.passages[0] != pair.passages[1]:
            made += 1
            yield pair


def _pair(
    scheme: Scheme, split: Split, rng: random.Random, background: Sequence[str]
) -> ContrastPair:
    filling = _filling(scheme, split, rng)
    twin = _exchanged(filling, scheme.exchange)
    statement, control = rng.sample(scheme.statements, 2)
    opposite = statement if scheme.exchange else rng.choice(scheme.opposite)
    before, after = _context(rng, background)
    around = _context(rng, background) if rng.random() < 0.5 else (before, after)
    question = rng.choice(scheme.questions)
    asked_back = question if scheme.exchange and rng.random() < 0.5 else None
    return ContrastPair(
        phenomenon=scheme.phenomenon,
        kind=scheme.kind,
        queries=(
            _query(fill(question, filling), rng),
            _query(fill(asked_back or rng.choice(scheme.opposite_questions), twin), rng),
        ),
        passages=(
            _passage(fill(statement, filling), before, after),
            _passage(fill(opposite, twin), before, after),
        ),
        control=_passage(fill(control, filling), *around),
    )


def _filling(scheme: Scheme, split: Split, rng: random.Random) -> Filling:
    kind = rng.choice(entity_kinds())
    filling: dict[str, str | tuple[str, str]] = {"K": rng.choice(words(f"kinds.{kind}", split))}
    lists = {slot: rng.choice(source.split("|")) for slot, source in scheme.slots.items()}
    if scheme.same_list and len(scheme.exchange) > 1:
        first, second = scheme.exchange
        lists[second] = lists[first]
    for slot, source in lists.items():
        value = _word(source, kind, split, rng)
        while value in filling.values():
            value = _word(source, kind, split, rng)
        filling[slot] = value
    return filling


def _word(source: str, kind: str, split: Split, rng: random.Random) -> str | tuple[str, str]:
    if source == "entity":
        return entity_name(kind, rng)
    if source == "predicate":
        return str(rng.choice(words(f"predicates.{kind}", split)))
    if source in _INVENTED:
        return invented_name(source, rng)
    if source == "number":
        return str(rng.choice((rng.randint(2, 20), rng.randint(20, 120), rng.randint(2, 60) * 50)))
    if source == "year":
        return str(rng.randint(*YEARS))
    path = source if "." in source else f"nouns.{source}"
    value: str | tuple[str, str] = rng.choice(words(path, split))
    return value


def _exchanged(filling: Filling, slots: Sequence[str]) -> Filling:
    if not slots:
        return filling
    first, second = slots
    return {**filling, first: filling[second], second: filling[first]}


def _context(rng: random.Random, background: Sequence[str]) -> tuple[str, str]:
    if not background or rng.random() < 0.5:
        return "", ""
    before = rng.randint(0, _MAX_CONTEXT - 1)
    after = rng.randint(0, _MAX_CONTEXT - before)
    return (
        " ".join(rng.choice(background) for _ in range(before)),
        " ".join(rng.choice(background) for _ in range(after)),
    )


def _passage(statement: str, before: str, after: str) -> str:
    return " ".join(part for part in (before, as_sentence(statement), after) if part)


def _query(text: str, rng: random.Random) -> str:
    style = rng.random()
    if style < 0.2:
        return text.lower().rstrip("?")
    return text[:1].upper() + text[1:] if style < 0.75 else text
