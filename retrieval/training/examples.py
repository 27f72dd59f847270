"""Examples: questions with passages that somebody has judged, wherever they come from.

Qrels of a collection, a review and a file of triples all become this one shape, which is split by
question before anything is learned from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.errors import TrainingError
from retrieval.training.groups import Group, passages_group
from retrieval.types import Question
from retrieval.wording import counted

QUESTIONS = "questions"
"""The name of their source in a recipe."""

LEAST_HELD_OUT = 8
"""Held-out questions at least: of n that differ, p is 2 / 2^n at the best, which is below .05 from
n = 6 on, and two may come out equal."""
LEAST_LEARNED = 12
"""Questions to learn from at least: fewer teach their own words and nothing that holds beyond."""
LEAST_QUESTIONS = LEAST_HELD_OUT + LEAST_LEARNED


@dataclass(frozen=True, slots=True)
class Passage:
    """A judged passage.

    Attributes:
        text: What the model reads.
        grade: 0 for wrong; higher answers better.
        document: Its document, or what else tells that two passages are of one origin.
    """

    text: str
    grade: int
    document: str


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its judged passages."""

    question: Question
    passages: tuple[Passage, ...]

    @property
    def answers(self) -> frozenset[str]:
        """The documents that answer it."""
        return frozenset(one.document for one in self.passages if one.grade > 0)


@dataclass(frozen=True, slots=True)
class Examples:
    """What is to be learned from.

    Attributes:
        name: What a person calls it.
        examples: The questions, each once, all with a right passage.
        fingerprint: SHA-256 of the data, in hex.
        notes: What was left out, and why.
    """

    name: str
    examples: tuple[Example, ...]
    fingerprint: str
    notes: tuple[str, ...] = ()

    @property
    def judgments(self) -> int:
        """How many judged passages there are."""
        return sum(len(one.passages) for one in self.examples)

    @property
    def too_few(self) -> str:
        """Why nothing can be learned from it and told; empty where it is enough."""
        if len(self.examples) >= LEAST_QUESTIONS:
            return ""
        held = counted(len(self.examples), "question")
        return (
            f"{self.name} has {held} with a right passage, and "
            f"{LEAST_QUESTIONS} are the least: {LEAST_HELD_OUT} are held out, because the paired "
            "test shows nothing unless six of them differ, and fewer than "
            f"{LEAST_LEARNED} to learn from teach nothing that holds for others."
        )

    def check(self) -> None:
        """Raise ``TrainingError`` where there is too little."""
        if self.too_few:
            raise TrainingError(self.too_few, hint="Judge more questions first.")


def examples_fingerprint(examples: Sequence[Example]) -> str:
    """SHA-256 over questions, texts and grades, in hex."""
    content = [
        [one.question.text, [[p.text, p.grade, p.document] for p in one.passages]]
        for one in examples
    ]
    return hashlib.sha256(json.dumps(content).encode("utf-8", "surrogatepass")).hexdigest()


def graded_groups(example: Example, wrong: Sequence[str] = ()) -> tuple[Group, ...]:
    """The groups of a question: for each grade, what has it or more against what has less.

    Args:
        example: The question with its judged passages.
        wrong: Passages that are taken for wrong, the hardest first, behind the judged ones.
    """
    ordered = sorted(example.passages, key=lambda one: -one.grade)
    found = []
    for least in sorted({one.grade for one in ordered if one.grade > 0}):
        right = list(dict.fromkeys(one.text for one in ordered if one.grade >= least))
        less = [one.text for one in ordered if one.grade < least]
        others = [text for text in dict.fromkeys((*less, *wrong)) if text not in right]
        if others:
            found.append(passages_group(QUESTIONS, example.question.text, right, others))
    return tuple(found)
