"""Texts to padded arrays: batches of similar length, so that little work goes into padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding

Ints = npt.NDArray[np.int64]

TOKEN_BUDGET = 1024
"""Most tokens, padding included, in one forward pass: large enough to keep two cores busy, small
enough to stay in their caches and to show progress."""


class PaddedBatch(NamedTuple):
    """The arrays of one forward pass.

    Attributes:
        indices: Positions of its rows in the caller's list.
        input_ids: int64, shape (rows, longest).
        attention_mask: int64, same shape; 0 where a row is padded.
        token_type_ids: int64, same shape; 1 for the second text of a pair.
        special_mask: int64, same shape; 1 at special tokens and padding.
    """

    indices: tuple[int, ...]
    input_ids: Ints
    attention_mask: Ints
    token_type_ids: Ints
    special_mask: Ints


def padded_batches(
    encodings: Sequence[Encoding], pad_id: int, token_budget: int = TOKEN_BUDGET
) -> Iterator[PaddedBatch]:
    """Sort by length, shortest first, and cut into batches of at most ``token_budget`` tokens.

    A single text longer than the budget makes a batch of its own.
    """
    order = sorted(range(len(encodings)), key=lambda i: len(encodings[i].ids))
    batch: list[int] = []
    for index in order:
        if batch and (len(batch) + 1) * len(encodings[index].ids) > token_budget:
            yield _pad(encodings, batch, pad_id)
            batch = []
        batch.append(index)
    if batch:
        yield _pad(encodings, batch, pad_id)


def _pad(encodings: Sequence[Encoding], indices: list[int], pad_id: int) -> PaddedBatch:
    shape = (len(indices), max(len(encodings[i].ids) for i in indices))
    input_ids = np.full(shape, pad_id, dtype=np.int64)
    attention_mask = np.zeros(shape, dtype=np.int64)
    token_type_ids = np.zeros(shape, dtype=np.int64)
    special_mask = np.ones(shape, dtype=np.int64)
    for row, index in enumerate(indices):
        encoding = encodings[index]
        width = len(encoding.ids)
        input_ids[row, :width] = encoding.ids
        attention_mask[row, :width] = encoding.attention_mask
        token_type_ids[row, :width] = encoding.type_ids
        special_mask[row, :width] = encoding.special_tokens_mask
    return PaddedBatch(tuple(indices), input_ids, attention_mask, token_type_ids, special_mask)
