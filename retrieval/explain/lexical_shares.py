"""BM25 taken apart: the score is a sum over the question's words, so each has its exact share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from retrieval.explain.segments import Part
from retrieval.stages.lexical import BM25Index, words


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the question, in the form that is counted.

    Attributes:
        text: Lower case, accents folded.
        asked: How often the question has it.
        found: How often the passage has it.
        passages: How many passages of the collection have it.
        share: What it adds to the score.
    """

    text: str
    asked: int
    found: int
    passages: int
    share: float


@dataclass(frozen=True, slots=True)
class LexicalShares:
    """The terms of a question with their shares of a passage's BM25 score.

    Attributes:
        part: The passage and its words.
        terms: The question's terms, in its own order, each once.
        corpus: How many passages the collection has.
    """

    part: Part
    terms: tuple[Term, ...]
    corpus: int

    @property
    def score(self) -> float:
        """The sum of all shares: the score."""
        return float(sum(term.share for term in self.terms))

    @property
    def values(self) -> tuple[float, ...]:
        """For each word of the passage, its part of the shares; a term's occurrences are equal."""
        each = {term.text: term.share / term.found for term in self.terms if term.found}
        return tuple(
            float(sum(each.get(form, 0.0) for form in words(word.text))) for word in self.part.words
        )


def lexical_shares(index: BM25Index, query: str, text: str) -> LexicalShares:
    """Each term's share of a passage's score, by the statistics of a collection.

    Args:
        index: Counts the collection's words.
        query: The question.
        text: The passage; one that is not in the collection is scored by the same statistics.
    """
    asked, found = Counter(words(query)), Counter(words(text))
    shares = index.shares(list(asked), text)
    terms = tuple(
        Term(form, times, found[form], index.spread(form), share * times)
        for (form, times), share in zip(asked.items(), shares, strict=True)
    )
    return LexicalShares(Part.of(text, most=None), terms, index.size)
