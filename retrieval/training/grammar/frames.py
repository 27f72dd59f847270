"""Sentence frames: what is said, how it is asked for, and what says the opposite."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from retrieval.training.grammar.lexicon import Split, held_out, inflected, read_table

_SLOT = re.compile(r"\{(\w+)((?:\.\w+)*)\}")
_AN = re.compile(r"\ba(?= [aeioAEIO])")
_NO_ARTICLE = re.compile(r"\bno an? ")
_PARTS = {"first": 0, "second": 1}

Filling = Mapping[str, str | tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of meaning, with its sentences and questions in one split.

    Attributes:
        phenomenon: What its pairs turn on.
        kind: The finer kind.
        slots: For each slot, the lists its words come from, with ``|`` between them.
        exchange: The two slots whose exchange makes the twin; empty where it has own sentences.
        same_list: Whether the exchanged slots must come from one list.
        statements: Frames that state the meaning.
        opposite: Frames that state the twin's meaning.
        questions: Frames that ask for the meaning.
        opposite_questions: Frames that ask for the twin's meaning.
    """

    phenomenon: str
    kind: str
    slots: Mapping[str, str]
    exchange: tuple[str, ...]
    same_list: bool
    statements: tuple[str, ...]
    opposite: tuple[str, ...]
    questions: tuple[str, ...]
    opposite_questions: tuple[str, ...]


@cache
def schemes(split: Split) -> tuple[Scheme, ...]:
    """All schemes with the frames of a split; those for practice have frames in training alone."""
    parted = [
        _scheme(entry, lambda frames: held_out(frames, split))
        for entry in read_table("frames.toml")["scheme"]
    ]
    return (*parted, *practice_schemes()) if split == "train" else tuple(parted)


@cache
def practice_schemes() -> tuple[Scheme, ...]:
    """Schemes that are only learned from, each statement also in a longer sentence."""
    table = read_table("practice.toml")
    around = itertools.cycle(table["around"])

    def widened(frames: Sequence[str]) -> tuple[str, ...]:
        longer = [next(around).replace("{S}", frame[:1].lower() + frame[1:]) for frame in frames]
        return (*frames, *longer)

    return tuple(_scheme(entry, tuple, widened) for entry in table["scheme"])


def _scheme(
    entry: Mapping[str, Any],
    part: Callable[[Sequence[str]], tuple[str, ...]],
    widened: Callable[[Sequence[str]], tuple[str, ...]] = tuple,
) -> Scheme:
    statements, questions = entry["statements"], entry["questions"]
    return Scheme(
        phenomenon=entry["phenomenon"],
        kind=entry["kind"],
        slots=entry["slots"],
        exchange=tuple(entry.get("exchange", ())),
        same_list=entry.get("same_list", False),
        statements=widened(part(statements)),
        opposite=widened(part(entry.get("opposite", statements))),
        questions=part(questions),
        opposite_questions=part(entry.get("opposite_questions", questions)),
    )


def fill(frame: str, words: Filling) -> str:
    """A frame with its slots filled: ``{V.past}`` is a form, ``{J.first}`` one word of a pair.

    Raises:
        KeyError: If the frame names a slot that has no word.
    """

    def word(match: re.Match[str]) -> str:
        value = words[match[1]]
        for part in match[2].split(".")[1:]:
            value = value[_PARTS[part]] if part in _PARTS else inflected(str(value), part)
        return str(value)

    return _NO_ARTICLE.sub("no ", _AN.sub("an", _SLOT.sub(word, frame)))


def as_sentence(text: str) -> str:
    """With a capital at its start and a full stop at its end, unless it has a mark of its own."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(("?", ".", "!")) else ".")
