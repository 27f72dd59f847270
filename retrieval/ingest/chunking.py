"""Cuts documents into passages that an encoder can read whole.

Sizes are counted by the encoder's own tokenizer. Cuts fall where the text allows: between sections,
paragraphs, sentences, words, in this order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from semantic_text_splitter import MarkdownSplitter, TextSplitter
from tokenizers import Tokenizer

from retrieval.settings import Chunking
from retrieval.types import Chunk, Document, Mark

__all__ = ["Chunking", "chunk", "chunks", "readable_tokens"]

_Splitter = MarkdownSplitter | TextSplitter

_MARKDOWN = (".md", ".markdown")
CHARACTERS_A_TOKEN = 20
"""A passage has at most so many characters a token: to a WordPiece tokenizer, a word of any length
is one unknown token, and a megabyte without a space would become one passage."""
WINDOW = 100_000
"""Characters that are cut at once. The splitter's time grows with the square of a line's length:
one line of 100,000 characters takes half a second, one of a million twenty, one of five 210."""
PASSAGES_A_WINDOW = 8
"""A window holds so many of the longest passages at least, so that all but the last are whole."""


def readable_tokens(tokenizer: Tokenizer, max_tokens: int) -> int:
    """How many tokens of a text a model reads: all it can, less the special ones."""
    return max_tokens - tokenizer.num_special_tokens_to_add(is_pair=False)


def chunk(
    document: Document, tokenizer: Tokenizer, chunking: Chunking, max_tokens: int
) -> tuple[Chunk, ...]:
    """Cut a document; ``document.text[chunk.start:chunk.end] == chunk.text`` holds for all.

    Args:
        document: What to cut.
        tokenizer: The encoder's own, without truncation.
        chunking: Size and overlap, in tokens.
        max_tokens: Most tokens that the encoder reads, special tokens included.

    Returns:
        The chunks in the order of the text; none for a text without a visible character.
    """
    return tuple(chunks(document, tokenizer, chunking, max_tokens))


def chunks(
    document: Document, tokenizer: Tokenizer, chunking: Chunking, max_tokens: int
) -> Iterator[Chunk]:
    """What ``chunk`` gives, one by one, so that cutting a long document can be stopped."""
    tokens = min(chunking.tokens, readable_tokens(tokenizer, max_tokens))
    splitter = _splitter(_is_markdown(document), tokenizer, tokens, chunking.overlap)
    starts = [mark.start for mark in document.marks]
    spans = _spans(splitter, document.text, tokens * CHARACTERS_A_TOKEN)
    for ordinal, span in enumerate(spans):
        yield Chunk.cut(document, ordinal, span, _mark_at(document, starts, span[0]))


def _is_markdown(document: Document) -> bool:
    return PurePosixPath(document.source).suffix.lower() in _MARKDOWN


# A splitter copies the tokenizer's vocabulary, too dear to do for each of a million records.
@lru_cache(maxsize=8)
def _splitter(is_markdown: bool, tokenizer: Tokenizer, tokens: int, overlap: int) -> _Splitter:  # noqa: FBT001
    kind = MarkdownSplitter if is_markdown else TextSplitter
    return kind.from_huggingface_tokenizer(tokenizer, tokens, overlap=overlap)


def _spans(splitter: _Splitter, text: str, characters: int) -> Iterator[tuple[int, int]]:
    """Where pieces begin and end; a long text is cut window by window.

    The last piece of a window may be cut short by its end, so the next window begins with it.
    """
    size = max(WINDOW, PASSAGES_A_WINDOW * characters)
    begin = 0
    while begin < len(text):
        pieces = _bounded(splitter, text[begin : begin + size], characters)
        spans = [(begin + start, begin + start + len(piece)) for start, piece in pieces]
        is_last = begin + size >= len(text)
        is_open = bool(spans) and not is_last and spans[-1][0] > begin
        begin = spans.pop()[0] if is_open else begin + size
        yield from spans


def _bounded(splitter: _Splitter, text: str, characters: int) -> Iterator[tuple[int, str]]:
    """Offsets and texts of pieces that keep to the limit of tokens and to that of characters."""
    for start, piece in splitter.chunk_indices(text):
        if len(piece) <= characters:
            yield start, piece
            continue
        for inner, part in TextSplitter(characters).chunk_indices(piece):
            # A word cut short may become known to the tokenizer, and then counts more.
            for innermost, final in splitter.chunk_indices(part):
                yield start + inner + innermost, final


def _mark_at(document: Document, starts: list[int], offset: int) -> Mark | None:
    """The last mark at or before an offset."""
    place = bisect_right(starts, offset)
    return document.marks[place - 1] if place else None
