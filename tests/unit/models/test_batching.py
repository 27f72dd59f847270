from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.models.batching import padded_batches
from tests.tiny import tiny_tokenizer


@given(st.lists(st.integers(1, 60), max_size=40), st.integers(8, 200))
def test_every_text_is_in_one_batch_and_no_batch_is_over_budget(
    lengths: list[int], budget: int
) -> None:
    encodings = tiny_tokenizer().encode_batch([" ".join(["dog"] * n) for n in lengths])

    batches = list(padded_batches(encodings, pad_id=0, token_budget=budget))

    assert sorted(i for batch in batches for i in batch.indices) == list(range(len(lengths)))
    for batch in batches:
        assert batch.input_ids.size <= budget or len(batch.indices) == 1
        for row, index in enumerate(batch.indices):
            width = lengths[index] + 2
            assert batch.input_ids[row, :width].tolist() == encodings[index].ids
            assert batch.attention_mask[row].sum() == width
            assert not batch.input_ids[row, width:].any()
