from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.models.batching import Batching, padded_batches
from tests.tiny import tiny_tokenizer


@given(st.lists(st.integers(1, 60), max_size=40), st.integers(8, 200), st.sampled_from([1, 8, 16]))
def test_every_text_is_in_one_batch_and_no_batch_is_over_budget(
    lengths: list[int], budget: int, multiple: int
) -> None:
    encodings = tiny_tokenizer().encode_batch([" ".join(["dog"] * n) for n in lengths])

    batches = list(padded_batches(encodings, 0, Batching(budget, multiple), limit=64))

    assert sorted(i for batch in batches for i in batch.indices) == list(range(len(lengths)))
    for batch in batches:
        assert batch.input_ids.size <= budget or len(batch.indices) == 1
        assert batch.input_ids.shape[1] % multiple == 0
        for row, index in enumerate(batch.indices):
            length = lengths[index] + 2
            assert batch.input_ids[row, :length].tolist() == encodings[index].ids
            assert batch.attention_mask[row].sum() == length
            assert not batch.input_ids[row, length:].any()


@pytest.mark.parametrize(("longest", "width"), [(1, 16), (16, 16), (17, 32), (33, 40), (41, 41)])
def test_rows_are_never_padded_beyond_what_the_model_reads(longest: int, width: int) -> None:
    assert Batching(512, multiple=16).width(longest, limit=40) == width
