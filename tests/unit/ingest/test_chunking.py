"""Chunks: exact offsets, never longer than the encoder reads, cut where the text allows."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from retrieval.errors import SettingsError
from retrieval.ingest import chunking as chunking_module
from retrieval.ingest.chunking import CHARACTERS_A_TOKEN, Chunking, chunk, readable_tokens
from retrieval.types import Chunk, Document, Mark
from tests.conftest import make_tokenizer

MAX_TOKENS = 40


@cache
def tokenizer() -> Tokenizer:
    return make_tokenizer()


def tokens(text: str) -> int:
    return len(tokenizer().encode(text).ids)


def cut(text: str, chunking: Chunking = Chunking(16), name: str = "a.txt") -> tuple[Chunk, ...]:  # noqa: B008
    return chunk(Document(name, "t", text, name), tokenizer(), chunking, MAX_TOKENS)


PIECES = (
    *(
        "the",
        "cat",
        "medicine",
        "日本語",
        "नमस्ते",
        "😀",
        "👩\u200d👩\u200d👧",
        "e\u0301",
        "x" * 50,
        "…",
    ),
    *(" ", "\t", "\r\n", "\n\n", "\u200b", "\u2028", "\ufeff", "# H", "```", "|", "- "),
)
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=80).map("".join)
CHUNKINGS = st.tuples(st.integers(16, 60), st.integers(0, 100)).map(
    lambda pair: Chunking(pair[0], pair[0] * pair[1] // 200)
)


@given(TEXTS, CHUNKINGS, st.sampled_from(["a.txt", "a.md"]), st.sampled_from([1, 100_000]))
@example("x" * 5_000, Chunking(16), "a.txt", 100_000)
@example("x" * 1_010, Chunking(16), "a.txt", 1)
@example("the " * 500, Chunking(16, 8), "a.md", 1)
@example("a" + " " * 5_000 + "b", Chunking(16), "a.txt", 100_000)
@example("a" + " " * 5_000 + "b" * 400, Chunking(16), "a.txt", 1)
def test_offsets_reproduce_the_text_and_no_chunk_is_too_long(
    text: str,
    chunking: Chunking,
    name: str,
    window: int,
) -> None:
    with patch.multiple(chunking_module, WINDOW=window, PASSAGES_A_WINDOW=1):
        chunks = cut(text, chunking, name)
    end = 0
    for number, one in enumerate(chunks):
        assert one.ordinal == number
        assert text[one.start : one.end] == one.text != ""
        assert tokens(one.text) <= min(chunking.tokens + 2, MAX_TOKENS)
        assert len(one.text) <= CHARACTERS_A_TOKEN * chunking.tokens
        assert text[end : one.start].strip() == "", "text between two chunks was lost"
        if chunking.overlap == 0:
            assert one.start >= end
        end = one.end
    assert text[end:].strip() == ""
    assert len({one.id for one in chunks}) == len(chunks)


def test_neighbours_share_what_the_overlap_says() -> None:
    text = "the cat and the dog " * 30
    without, overlapping = cut(text, Chunking(16)), cut(text, Chunking(16, 6))
    assert len(overlapping) > len(without)
    for before, after in pairwise(overlapping):
        shared = text[after.start : before.end]
        assert 1 <= tokens(shared) - 2 <= 6


def test_cuts_fall_between_paragraphs_where_they_can() -> None:
    paragraphs = ["the cat and the dog. no water.", "no plant helps a cat or a dog.", "the dose."]
    assert [one.text for one in cut("\n\n".join(paragraphs), Chunking(16))] == [
        paragraphs[0],
        "\n\n".join(paragraphs[1:]),
    ]


def test_a_long_text_is_cut_in_windows_as_it_would_be_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = ("the cat and the dog. no water.", "a plant helps.", "no medicine causes sleep. " * 4)
    text = "\n\n".join(f"{lines[n % 3]} {n}" for n in range(600))
    whole = cut(text), cut(text, Chunking(16, 6)), cut(text, name="a.md")
    sizes = []
    bounded = chunking_module._bounded

    def spy(splitter, window, characters):
        sizes.append(len(window))
        return bounded(splitter, window, characters)

    monkeypatch.setattr(chunking_module, "WINDOW", 4_000)
    monkeypatch.setattr(chunking_module, "_bounded", spy)
    assert (cut(text), cut(text, Chunking(16, 6)), cut(text, name="a.md")) == whole
    assert len(sizes) > 12
    assert max(sizes) == 4_000


def test_a_chunk_knows_the_page_and_heading_where_it_starts() -> None:
    text = "the cat " * 10 + "\n\n" + "the dog " * 10
    second = text.index("the dog")
    marks = (Mark(3, page=1, heading=("A",)), Mark(second, page=2, heading=("A", "B")))
    document = Document("d", "Title", text, "d.pdf", marks, {"kind": "x"})
    chunks = chunk(document, tokenizer(), Chunking(16), MAX_TOKENS)
    assert (chunks[0].start, chunks[0].page, chunks[0].heading) == (0, None, ())
    by_start = {one.start: one for one in chunks}
    assert (by_start[second].page, by_start[second].heading) == (2, ("A", "B"))
    assert {(one.title, one.source, one.metadata["kind"]) for one in chunks} == {
        ("Title", "d.pdf", "x")
    }


def test_equal_texts_in_two_documents_stay_two_chunks() -> None:
    assert cut("the cat", name="a.txt")[0].id != cut("the cat", name="b.txt")[0].id
    assert cut("the cat", name="a.txt")[0].id == cut("the cat", name="a.txt")[0].id


@pytest.mark.parametrize("text", ["", " \r\n\t "])
def test_a_text_without_a_visible_character_has_no_chunks(text: str) -> None:
    assert cut(text) == ()


def test_special_tokens_count_against_what_the_encoder_reads() -> None:
    assert readable_tokens(tokenizer(), MAX_TOKENS) == MAX_TOKENS - 2


@pytest.mark.parametrize(("size", "overlap"), [(15, 0), (0, 0), (100, 51), (100, -1), (9_000, 0)])
def test_sizes_out_of_bounds_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(SettingsError):
        Chunking(size, overlap)
