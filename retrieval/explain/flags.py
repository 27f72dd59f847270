"""Which hits stand against the question, and by which rule: a warning to look, not a verdict.

Two rules read words alone, and one reads two scores:

* ``negator``: in the sentence of the passage that is most about the question, something is negated
  and in the question nothing is, or the other way round.
* ``swap``: two words of the question stand around the same linking word in the opposite order, by
  the rule of ``words.mark_words``.
* ``doubt``: the bi-encoder finds the passage close, and the cross-encoder says that it answers not.

A rule is as good as its figures: ``flag_figures`` holds what each is worth on the probe sets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, get_args

from retrieval.explain.words import FUNCTION_WORDS, is_negator, mark_words, word_roots
from retrieval.types import Trace

FlagRule = Literal["negator", "swap", "doubt"]

CLOSE_COSINE = 0.6
"""From this cosine on the bi-encoder finds a passage close."""
NO_LOGIT = 0.0
"""Below this logit the cross-encoder says no."""

_ABOUT_SHARE = 1 / 3
_ABOUT_WORDS = 2
"""A sentence is about the question if it has this share of its content words, and so many."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
# "No more than four" bounds a number, and "not only" adds; neither turns a statement around.
_NO_NEGATION = re.compile(
    r"\b(?:no|not)\s+(?:more|less|fewer|later|earlier|longer|higher|lower)\s+than\b"
    r"|\bnot\s+only\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule in words.

    Attributes:
        label: What a mark on a hit says.
        counted: How a count of such hits goes on: "2 …".
        help: One sentence on when it fires, with its thresholds.
    """

    label: str
    counted: str
    help: str


RULES: Mapping[FlagRule, RuleText] = MappingProxyType(
    {
        "negator": RuleText(
            "one negator",
            "by a negator on one side only",
            "The question has a negator (not, no, never, without, except …) and the passage’s "
            "sentence about it has none, or the other way round.",
        ),
        "swap": RuleText(
            "swapped",
            "by the same words in swapped roles",
            "Two words of the question stand around the same linking word in the other order.",
        ),
        "doubt": RuleText(
            "doubted",
            "by a high cosine with a low rerank score",
            f"The cosine is {CLOSE_COSINE} or more, and the reranker’s logit is below "
            f"{NO_LOGIT:.0f}, which is its no.",
        ),
    }
)
WORD_RULES: tuple[FlagRule, ...] = ("negator", "swap")
"""The rules that read the text alone, in which a passage says the opposite."""


@lru_cache(maxsize=8192)
def word_flags(query: str, passage: str) -> tuple[FlagRule, ...]:
    """The rules by which the text of a passage stands against the question."""
    found: list[FlagRule] = []
    if _is_negated_on_one_side(query, passage):
        found.append("negator")
    if any(span.kind == "swap" for span in mark_words(query, passage)):
        found.append("swap")
    return tuple(found)


def is_doubted(cosine: float, logit: float) -> bool:
    """Whether a passage is close for the bi-encoder, and no answer for the cross-encoder."""
    return cosine >= CLOSE_COSINE and logit < NO_LOGIT


def hit_flags(trace: Trace, chunk_id: str) -> tuple[FlagRule, ...]:
    """The flags of a hit, in the order of ``RULES``; the last needs both scores.

    Only a logit has a zero that means no: other rerankers' scores raise no doubt.
    """
    flags = word_flags(trace.query, trace.chunks[chunk_id].text)
    dense, rerank = trace.rankings.get("dense"), trace.rankings.get("rerank")
    near = dense.find(chunk_id) if dense else None
    read = rerank.find(chunk_id) if rerank else None
    # A blended score is no logit, and 0 means nothing in it.
    if rerank and rerank.unit == "logit" and near and read and is_doubted(near.score, read.score):
        return (*flags, "doubt")
    return flags


def count_flags(trace: Trace, shown: int) -> tuple[int, dict[FlagRule, int]]:
    """How many of the first hits by cosine are looked at, and how many each rule flags."""
    dense = trace.rankings.get("dense")
    hits = dense.hits[:shown] if dense else ()
    flagged = [hit_flags(trace, hit.chunk_id) for hit in hits]
    return len(hits), {rule: sum(rule in one for one in flagged) for rule in get_args(FlagRule)}


def count_opposed(trace: Trace, shown: int) -> int:
    """How many of the first hits by cosine say the opposite, by one word rule or both."""
    dense = trace.rankings.get("dense")
    hits = dense.hits[:shown] if dense else ()
    return sum(bool(word_flags(trace.query, trace.chunks[hit.chunk_id].text)) for hit in hits)


def _is_negated_on_one_side(query: str, passage: str) -> bool:
    sentence = _sentence_about(query, passage)
    return sentence is not None and _is_negated(query) != _is_negated(sentence)


def _is_negated(text: str) -> bool:
    bare = _NO_NEGATION.sub(" ", text)
    return any(is_negator(match.group()) for match in _WORD.finditer(bare))


def _sentence_about(query: str, passage: str) -> str | None:
    """The first of the sentences with most content words of the question; None if none is."""
    asked = _content(query)
    shared = {sentence: len(asked & _content(sentence)) for sentence in _sentences(passage)}
    best = max(shared, key=shared.__getitem__, default=None)
    needed = max(min(_ABOUT_WORDS, len(asked)), _ABOUT_SHARE * len(asked))
    return best if best is not None and asked and shared[best] >= needed else None


def _content(text: str) -> frozenset[str]:
    return frozenset(
        root
        for form, root in word_roots(text)
        if form not in FUNCTION_WORDS and not is_negator(form)
    )


def _sentences(passage: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(passage) if part.strip()]
