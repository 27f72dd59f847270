"""The words and phrases of a sentence, for a person who picks two of them to swap."""

from __future__ import annotations

from retrieval.contrast.twins.by_hand import SpanOf
from retrieval.contrast.twins.phrases import noun_phrase
from retrieval.contrast.twins.tagging import tag
from retrieval.contrast.twins.tokens import tokenise
from retrieval.contrast.twins.types import Sentence


def spans_of(sentence: Sentence) -> tuple[SpanOf, ...]:
    """Offsets in the whole text of each phrase and each word, in order, the longer one first.

    Args:
        sentence: A sentence of the text.
    """
    tokens = tag(tokenise(sentence.text))
    found = {(token.start, token.end) for token in tokens if token.text[:1].isalnum()}
    for at in range(len(tokens)):
        phrase = noun_phrase(tokens, at)
        if phrase is not None:
            found.add((tokens[phrase.start].start, tokens[phrase.end - 1].end))
    at_text = sentence.start
    ordered = sorted(found, key=lambda span: (span[0], -span[1]))
    return tuple((at_text + start, at_text + end) for start, end in ordered)
