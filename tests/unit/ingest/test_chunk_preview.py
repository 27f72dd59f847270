"""The preview of chunks says what ingesting would make, from as much as can be cut at once."""

from __future__ import annotations

from itertools import pairwise

import pytest

from retrieval.ingest.chunk_preview import ChunkPreview, preview_chunks
from retrieval.ingest.chunking import Chunking, chunk
from retrieval.types import Document
from tests.conftest import make_tokenizer

MAX_TOKENS = 42
TOKENIZER = make_tokenizer()


def documents(*texts: str) -> list[Document]:
    return [Document(f"{n}.txt", "t", text, f"{n}.txt") for n, text in enumerate(texts)]


def preview(given: list[Document], size: int = 16, **more: int) -> ChunkPreview:
    return preview_chunks(given, TOKENIZER, Chunking(size), MAX_TOKENS, **more)


def test_it_says_what_ingesting_would_make() -> None:
    given = documents("the cat and the dog " * 20, "water", "", "the plant " * 9)
    seen = preview(given, shown=3)
    chunks = [chunk(one, TOKENIZER, Chunking(16), MAX_TOKENS) for one in given]
    assert seen.chunks == seen.estimated_chunks == sum(map(len, chunks))
    assert [(cut.start, cut.end) for cut in seen.cuts] == [(c.start, c.end) for c in chunks[3]]
    assert (seen.documents, seen.of_documents, seen.is_sample) == (4, 4, False)
    assert (seen.shortest, seen.longest, seen.readable, seen.over) == (1, 16, 40, 0)


def test_the_bins_cover_all_that_can_be_read_and_count_every_chunk() -> None:
    seen = preview(documents("the cat and the dog " * 20, "water"))
    assert (seen.bins[0].low, seen.bins[-1].high) == (1, seen.readable)
    assert all(after.low == before.high + 1 for before, after in pairwise(seen.bins))
    assert sum(one.chunks for one in seen.bins) == seen.chunks
    assert seen.bins[0].chunks == 1


def test_many_documents_are_sampled_and_the_shown_one_is_always_among_them() -> None:
    given = documents(*["the cat and the dog " * 10] * 50, "water")
    seen = preview(given, shown=49, characters=1_000)
    assert seen.is_sample
    assert seen.documents == 5
    assert seen.cuts
    whole = preview(given).chunks
    assert abs(seen.estimated_chunks - whole) <= 0.05 * whole


def test_a_document_of_any_length_is_cut_in_its_beginning() -> None:
    seen = preview(documents("the cat " * 100_000), characters=2_000)
    assert (seen.characters, seen.of_characters) == (2_000, 800_000)
    assert seen.cuts[-1].end <= 2_000


@pytest.mark.parametrize("given", [[], documents("", " ")])
def test_without_text_there_are_no_chunks(given: list[Document]) -> None:
    seen = preview(given)
    assert (seen.chunks, seen.estimated_chunks, seen.longest, seen.cuts) == (0, 0, 0, ())
    assert sum(one.chunks for one in seen.bins) == 0
