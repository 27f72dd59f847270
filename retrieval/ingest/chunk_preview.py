"""What a choice of chunk size does to some documents, before anything is encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tokenizers import Tokenizer

from retrieval.ingest.chunking import chunk, readable_tokens
from retrieval.settings import Chunking
from retrieval.types import Chunk, Document

BINS = 20
PREVIEW_CHARACTERS = 100_000
"""Cutting reads about half a million characters a second on one core; so many take 0.2 s."""


@dataclass(frozen=True, slots=True)
class Bin:
    """How many chunks have ``low`` to ``high`` tokens, both included."""

    low: int
    high: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Cut:
    """One chunk of the document that is shown: its character offsets and its tokens."""

    start: int
    end: int
    tokens: int


@dataclass(frozen=True, slots=True)
class ChunkPreview:
    """Chunks as they would be.

    Attributes:
        documents: Documents that were cut for this, a very long one only in its beginning.
        of_documents: Documents that there are.
        characters: Characters that were cut.
        of_characters: Characters that there are.
        chunks: Chunks of those that were cut.
        estimated_chunks: Chunks of all, by their characters; exact where all were cut.
        shortest: Fewest tokens of a chunk, 0 where there is none.
        median: Tokens of the chunk in the middle.
        longest: Most tokens of a chunk.
        readable: Most tokens of a text that the encoder reads, special ones not counted.
        over: Chunks that are longer than that; the chunker lets none be.
        bins: Chunks by tokens, from 1 to what the encoder reads, each bin as wide as the others.
        cuts: The chunks of the document that is shown, in the order of its text.
    """

    documents: int
    of_documents: int
    characters: int
    of_characters: int
    chunks: int
    estimated_chunks: int
    shortest: int
    median: int
    longest: int
    readable: int
    over: int
    bins: tuple[Bin, ...]
    cuts: tuple[Cut, ...]

    @property
    def is_sample(self) -> bool:
        """Whether there was more than could be cut while a person waits."""
        return self.characters < self.of_characters


def preview_chunks(
    documents: Sequence[Document],
    tokenizer: Tokenizer,
    chunking: Chunking,
    max_tokens: int,
    *,
    shown: int = 0,
    characters: int = PREVIEW_CHARACTERS,
) -> ChunkPreview:
    """Cut as many of the documents as fit into ``characters``, the one that is shown always.

    Args:
        documents: What is to be ingested, or the beginning of it.
        tokenizer: The encoder's own, without truncation.
        chunking: Size and overlap, in tokens.
        max_tokens: Most tokens that the encoder reads, special tokens included.
        shown: Place of the document whose cuts are wanted.
        characters: Where to stop, so that the answer comes at once.
    """
    sample = {place: documents[place] for place in _sample(documents, shown, characters)}
    lengths: list[int] = []
    cuts: tuple[Cut, ...] = ()
    for place, document in sample.items():
        beginning = replace(document, text=document.text[:characters])
        chunks = chunk(beginning, tokenizer, chunking, max_tokens)
        tokens = _token_counts(chunks, tokenizer)
        lengths.extend(tokens)
        if place == shown:
            pairs = zip(chunks, tokens, strict=True)
            cuts = tuple(Cut(one.start, one.end, count) for one, count in pairs)
    readable = readable_tokens(tokenizer, max_tokens)
    lengths.sort()
    cut = sum(min(len(document.text), characters) for document in sample.values())
    whole = sum(len(document.text) for document in documents)
    return ChunkPreview(
        documents=len(sample),
        of_documents=len(documents),
        characters=cut,
        of_characters=whole,
        chunks=len(lengths),
        estimated_chunks=round(len(lengths) * whole / cut) if cut else 0,
        shortest=lengths[0] if lengths else 0,
        median=lengths[len(lengths) // 2] if lengths else 0,
        longest=lengths[-1] if lengths else 0,
        readable=readable,
        over=sum(length > readable for length in lengths),
        bins=_histogram(lengths, readable),
        cuts=cuts,
    )


def _sample(documents: Sequence[Document], shown: int, characters: int) -> list[int]:
    """Places of the documents to cut, in order: the one shown, and the first that fit."""
    chosen = {shown} if 0 <= shown < len(documents) else set()
    left = characters - sum(len(documents[place].text) for place in chosen)
    for place, document in enumerate(documents):
        if place not in chosen and len(document.text) <= left:
            chosen.add(place)
            left -= len(document.text)
    return sorted(chosen)


def _token_counts(chunks: Sequence[Chunk], tokenizer: Tokenizer) -> list[int]:
    texts = [one.text for one in chunks]
    return [len(one.ids) for one in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]


def _histogram(lengths: Sequence[int], readable: int) -> tuple[Bin, ...]:
    """Bins of one width over all that can be read; what is longer falls into the last."""
    width = -(-readable // BINS)
    counts = [0] * (-(-readable // width))
    for length in lengths:
        counts[min(max(length - 1, 0) // width, len(counts) - 1)] += 1
    return tuple(
        Bin(place * width + 1, min((place + 1) * width, readable), count)
        for place, count in enumerate(counts)
    )
