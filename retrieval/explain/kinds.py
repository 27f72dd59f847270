"""Which words a reader should look at first: those that turn a statement round, and the names.

A name is a capitalised word inside a sentence. One that opens a sentence counts where the same word
stands capitalised inside another sentence, or in the other text; by itself it proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.explain.segments import Word, split_words
from retrieval.explain.words import FUNCTION_WORDS, is_negator, mark_words

_OPENERS = frozenset(".!?:;\n")
_SKIPPED = frozenset(" \t\"'“”‘’«»([*#>-–—")


def negators(words: Sequence[Word]) -> tuple[int, ...]:
    """Places of the words that turn a statement round."""
    return tuple(place for place, word in enumerate(words) if is_negator(word.text))


def names(query: str, text: str, words: Sequence[Word]) -> tuple[int, ...]:
    """Places of the names among some words of ``text``.

    Args:
        query: The other text of the pair.
        text: The text.
        words: Words of it.
    """
    known = _inside(query) | _inside(text)
    swapped = {span.start for span in mark_words(query, text) if span.kind == "swap"}
    return tuple(
        place
        for place, word in enumerate(words)
        if word.start in swapped or (_is_capitalised(word) and word.text in known)
    )


def _inside(text: str) -> set[str]:
    """The capitalised words that do not open a sentence."""
    return {
        word.text
        for word in split_words(text)
        if _is_capitalised(word) and not _opens(text, word.start)
    }


def _is_capitalised(word: Word) -> bool:
    return word.text[:1].isupper() and word.text.casefold() not in FUNCTION_WORDS


def _opens(text: str, start: int) -> bool:
    """Whether nothing but quotes stands between a word and the end of the sentence before it."""
    at = start - 1
    while at >= 0 and text[at] in _SKIPPED:
        at -= 1
    return at < 0 or text[at] in _OPENERS
