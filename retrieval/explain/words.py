"""Which words of a passage meet the question, and which may turn its meaning around.

Three kinds of words are found, by rules a reader can check by eye:

* ``match``: a content word of the question, compared without case.
* ``negator``: a word of ``NEGATORS``, or one that ends in ``n't``. Prefixes (``un-``, ``non-``) are
  left out, because a prefix alone does not tell ``unhappy`` from ``uniform``.
* ``swap``: two content words of the question that stand in one sentence of the passage in the
  opposite order around the same linking word, at most eight words apart ("A raises B" against
  "B raises A"). A passive
  ("B is raised by A") keeps the meaning and is not marked.

Nothing is concluded from them: they show a reader where to look.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple

SpanKind = Literal["match", "negator", "swap"]

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")

NEGATORS = frozenset(
    _WORD.findall(
        "not no never none without except unless neither nor cannot nobody nothing nowhere"
    )
)
"""Words that turn a statement around; contractions in ``n't`` count as well."""

LINKING_WORDS = frozenset(_WORD.findall("to from than before after over under into by for"))
"""Function words around which the order of two names carries meaning."""

FUNCTION_WORDS = frozenset(
    _WORD.findall(
        "a an the this that these those it its i you he she we they me my your his her our their "
        "is are was were be been being am do does did has have had can could may might must shall "
        "should will would of in on at by for with to from as than and or but if so which who whom "
        "whose what when where why how there here any some all each very also just about into over "
        "under after before"
    )
)
"""Words too common to be worth a mark when they meet."""

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]*")
_ENDINGS = ("ing", "ies", "ed", "es", "s")
_SHORTEST_ROOT = 3
_LONGEST_LINKED_SENTENCE = 60
_FARTHEST_APART = 8


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` of a passage, and why they are marked."""

    start: int
    end: int
    kind: SpanKind


class _Word(NamedTuple):
    """A word in its place, with the root that it is compared by."""

    start: int
    end: int
    form: str
    root: str


def mark_words(query: str, passage: str) -> tuple[Span, ...]:
    """The marked spans of ``passage`` for this question, in order and without overlap.

    Where a word is of two kinds, ``negator`` wins over ``swap``, and ``swap`` over ``match``.
    """
    asked = _words(query)
    wanted = {word.form for word in asked if word.form not in FUNCTION_WORDS}
    passage_words = _words(passage)
    swapped = set(_swapped(asked, passage, passage_words))
    spans = []
    for word in passage_words:
        if is_negator(word.form):
            spans.append(Span(word.start, word.end, "negator"))
        elif word in swapped:
            spans.append(Span(word.start, word.end, "swap"))
        elif word.form in wanted:
            spans.append(Span(word.start, word.end, "match"))
    return tuple(spans)


def is_negator(word: str) -> bool:
    """Whether this single word turns a statement around."""
    form = word.casefold().replace("’", "'")
    return form in NEGATORS or form.endswith("n't")


def word_roots(text: str) -> tuple[tuple[str, str], ...]:
    """Each word in lower case, with the root that it is compared by."""
    return tuple((word.form, word.root) for word in _words(text))


def _words(text: str) -> list[_Word]:
    found = []
    for match in _WORD.finditer(text):
        form = match.group().casefold().replace("’", "'")
        found.append(_Word(match.start(), match.end(), form, _root(form)))
    return found


def _root(form: str) -> str:
    """The word without a common ending, so that ``raises`` meets ``raise`` and ``raised``."""
    for ending in _ENDINGS:
        if form.endswith(ending) and len(form) - len(ending) >= _SHORTEST_ROOT:
            return form[: -len(ending)].rstrip("e")
    return form.rstrip("e") if len(form) > _SHORTEST_ROOT else form


def _swapped(asked: Sequence[_Word], passage: str, words: Sequence[_Word]) -> Iterator[_Word]:
    """The words of the passage that stand the other way round than in the question."""
    links = _ordered_links(asked[:_LONGEST_LINKED_SENTENCE])
    names = {root for first, _, second in links for root in (first, second)}
    if len(names.intersection(word.root for word in words)) <= 1:
        return
    for sentence in _sentences(passage, words):
        for first, link, second in _around(sentence, names):
            if (second.root, link.root, first.root) in links:
                yield first
                yield second


def _ordered_links(asked: Sequence[_Word]) -> set[tuple[str, str, str]]:
    """Every (name, linking word, name) of the question, as roots and in its own order."""
    names = {word.root for word in asked if word.form not in FUNCTION_WORDS}
    return {
        (first.root, link.root, second.root)
        for first, link, second in _around(asked, names)
        if first.root != second.root
    }


def _around(words: Sequence[_Word], roots: Collection[str]) -> Iterator[tuple[_Word, _Word, _Word]]:
    """Names of these roots with a linking word between; a passive is read as its active form."""
    names = [(at, word) for at, word in enumerate(words) if word.root in roots]
    for (left, first), (right, second) in combinations(names, 2):
        if right - left > _FARTHEST_APART:
            continue
        for at in range(left + 1, right):
            link = words[at]
            if not _can_link(link.form):
                continue
            if at + 1 < right and words[at + 1].form == "by":
                yield second, link, first
            else:
                yield first, link, second


def _can_link(form: str) -> bool:
    if is_negator(form):
        return False
    return form in LINKING_WORDS or form not in FUNCTION_WORDS


def _sentences(passage: str, words: Sequence[_Word]) -> Iterator[list[_Word]]:
    """The words of each sentence; only the first ones of a sentence that never ends."""
    for match in _SENTENCE.finditer(passage):
        inside = [w for w in words if match.start() <= w.start and w.end <= match.end()]
        yield inside[:_LONGEST_LINKED_SENTENCE]
