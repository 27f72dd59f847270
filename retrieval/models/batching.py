"""Texts to padded arrays: batches of similar length, so that little work goes into padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding

Ints = npt.NDArray[np.int64]


class PaddedBatch(NamedTuple):
    """The arrays of one forward pass.

    Attributes:
        indices: Positions of its rows in the caller's list.
        input_ids: int64, shape (rows, width).
        attention_mask: int64, same shape; 0 where a row is padded.
        token_type_ids: int64, same shape; 1 for the second text of a pair.
        special_mask: int64, same shape; 1 at special tokens and padding.
    """

    indices: tuple[int, ...]
    input_ids: Ints
    attention_mask: Ints
    token_type_ids: Ints
    special_mask: Ints


@dataclass(frozen=True, slots=True)
class Batching:
    """How a backend wants its batches.

    Attributes:
        tokens: Most tokens of a batch, padding included; a longer text is a batch of its own.
        multiple: The width of a batch is a multiple of this.
    """

    tokens: int
    multiple: int = 1

    def width(self, longest: int, limit: int) -> int:
        """Tokens a row, for a batch whose longest text has ``longest`` tokens.

        Args:
            longest: Length of the longest text.
            limit: Most tokens that the model reads.
        """
        rounded = -(-longest // self.multiple) * self.multiple
        return max(longest, min(rounded, limit))


def padded_batches(
    encodings: Sequence[Encoding], pad_id: int, batching: Batching, limit: int
) -> Iterator[PaddedBatch]:
    """Sort by length, shortest first, and cut into batches.

    Args:
        encodings: The texts as tokens.
        pad_id: The token that fills the rows.
        batching: How large a batch may be.
        limit: Most tokens that the model reads.
    """
    order = sorted(range(len(encodings)), key=lambda i: len(encodings[i].ids))
    batch: list[int] = []
    width = 0
    for index in order:
        wider = batching.width(len(encodings[index].ids), limit)
        if batch and (len(batch) + 1) * wider > batching.tokens:
            yield _pad(encodings, batch, pad_id, width)
            batch = []
        batch.append(index)
        width = wider
    if batch:
        yield _pad(encodings, batch, pad_id, width)


def _pad(encodings: Sequence[Encoding], indices: list[int], pad_id: int, width: int) -> PaddedBatch:
    shape = (len(indices), width)
    input_ids = np.full(shape, pad_id, dtype=np.int64)
    attention_mask = np.zeros(shape, dtype=np.int64)
    token_type_ids = np.zeros(shape, dtype=np.int64)
    special_mask = np.ones(shape, dtype=np.int64)
    for row, index in enumerate(indices):
        encoding = encodings[index]
        length = len(encoding.ids)
        input_ids[row, :length] = encoding.ids
        attention_mask[row, :length] = encoding.attention_mask
        token_type_ids[row, :length] = encoding.type_ids
        special_mask[row, :length] = encoding.special_tokens_mask
    return PaddedBatch(tuple(indices), input_ids, attention_mask, token_type_ids, special_mask)
