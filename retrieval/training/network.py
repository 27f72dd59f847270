"""A network that learns: float32 weights, and matrix products in half precision where fast."""

from __future__ import annotations

import copy
import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from tokenizers import Encoding
from torch import Tensor, nn

from retrieval.models.backends.pytorch import bf16_obstacle

# Each new shape of a matrix product is compiled, which takes longer than the product, so shapes are
# rounded to few, and all of them are kept. Read by oneDNN at its first use.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")
_LENGTH_STEP = 16
_ROW_STEP = 8
_FORWARD_TOKENS = 64
"""Tokens that a CPU could read in the time which a forward pass takes whatever is in it."""

Precision = Literal["bf16", "fp32"]


def device() -> torch.device:
    """The GPU, where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fast_precision() -> Precision:
    """``bf16`` where the GPU or the processor multiplies in it, ``fp32`` elsewhere."""
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    return "fp32" if bf16_obstacle() else "bf16"


@dataclass(frozen=True, slots=True)
class Padded:
    """One forward pass: token ids, types and mask, int64, shape ``(rows, tokens)``."""

    input_ids: Tensor
    token_type_ids: Tensor
    attention_mask: Tensor

    @classmethod
    def of(cls, encodings: Sequence[Encoding], pad_id: int, *, few_shapes: bool) -> Padded:
        """Encoded texts as tensors.

        Args:
            encodings: The texts.
            pad_id: The token that fills the rows.
            few_shapes: Whether to pad to one of few shapes; surplus rows repeat the first.
        """
        longest, rows = max(len(encoding.ids) for encoding in encodings), len(encodings)
        if few_shapes:
            longest, rows = _rounded(longest, _LENGTH_STEP), _rounded(rows, _ROW_STEP)
        padded = [*encodings, *[encodings[0]] * (rows - len(encodings))]

        def tensor(name: str, filler: int) -> Tensor:
            return torch.tensor(
                [
                    [*(values := getattr(encoding, name)), *[filler] * (longest - len(values))]
                    for encoding in padded
                ],
                device=device(),
            )

        return cls(tensor("ids", pad_id), tensor("type_ids", 0), tensor("attention_mask", 0))


class TrainedNetwork:
    """Float32 weights that are changed by gradients taken in half precision.

    Half precision has eight bits of mantissa: a small step would be lost in it, so the optimiser
    keeps its own float32 weights and the working copy is made anew from them after each step.

    Args:
        master: The network with its float32 weights.
        precision: Of the working copy.
        train_embeddings: Whether the word vectors change.
    """

    def __init__(self, master: nn.Module, *, precision: Precision, train_embeddings: bool) -> None:
        self.master = master.to(device())
        for name, weight in self.master.named_parameters():
            if "embeddings" in name:
                weight.requires_grad_(train_embeddings)
        self._arguments = inspect.signature(master.forward).parameters
        self.working = self.master
        if precision == "bf16":
            self.working = copy.deepcopy(self.master).to(torch.bfloat16)

    @property
    def weights(self) -> list[nn.Parameter]:
        """The float32 weights that change."""
        return [weight for weight in self.master.parameters() if weight.requires_grad]

    def collect_gradients(self) -> None:
        """Add the working copy's gradients to those of the float32 weights, and forget them."""
        if self.working is self.master:
            return
        for own, work in zip(self.master.parameters(), self.working.parameters(), strict=True):
            if work.grad is not None:
                gradient = work.grad.float()
                own.grad = gradient if own.grad is None else own.grad.add_(gradient)
                work.grad = None

    def refresh(self) -> None:
        """Make the working copy anew from the float32 weights."""
        if self.working is self.master:
            return
        with torch.no_grad():
            for own, work in zip(self.master.parameters(), self.working.parameters(), strict=True):
                if own.requires_grad:
                    work.copy_(own)

    @contextmanager
    def wearing(self, state: Mapping[str, Tensor]) -> Iterator[None]:
        """Compute with other weights for a while, without dropout, and with its own again after."""
        own = {name: weight.clone() for name, weight in self.master.state_dict().items()}
        self.master.load_state_dict(dict(state))
        self.refresh()
        try:
            with self.resting():
                yield
        finally:
            self.master.load_state_dict(own)
            self.refresh()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Compute without gradients and dropout for a while."""
        self.working.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.working.train()

    def by_length(
        self,
        encodings: Sequence[Encoding],
        most_tokens: int,
        read: Callable[[Sequence[Encoding]], Tensor],
    ) -> Tensor:
        """What ``read`` makes of texts, those of like length together, in their own order.

        Args:
            encodings: The texts.
            most_tokens: Most tokens that are read at once, padding included.
            read: Gives a row for each text that it is given.
        """
        # A GPU takes as long for a few tokens as for many.
        forward_tokens = _FORWARD_TOKENS if device().type == "cpu" else most_tokens
        parts = like_lengths(encodings, most_tokens, forward_tokens)
        rows = torch.cat([read([encodings[row] for row in part]) for part in parts])
        order = torch.tensor([row for part in parts for row in part], device=rows.device)
        return rows[torch.argsort(order)]

    def padded(self, encodings: Sequence[Encoding], pad_id: int) -> Padded:
        """Encoded texts as one batch, in a shape that suits the precision."""
        return Padded.of(encodings, pad_id, few_shapes=self.working is not self.master)

    def forward(self, batch: Padded) -> Any:
        """What the working copy makes of a batch, with gradients."""
        inputs = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
        # Families without sentence pairs of their own (MPNet, ModernBERT) know no token types.
        if "token_type_ids" in self._arguments:
            inputs["token_type_ids"] = batch.token_type_ids
        return self.working(**inputs)

    def with_weights(self, state: Mapping[str, Tensor]) -> nn.Module:
        """A copy of the network with other weights, to be written."""
        copied = copy.deepcopy(self.master)
        copied.load_state_dict(dict(state))
        return copied


def like_lengths(
    encodings: Sequence[Encoding], most_tokens: int, forward_tokens: int
) -> list[list[int]]:
    """Rows in parts of like length, the shortest first, so that little is computed for padding.

    Of all ways to part the rows in their order by length, it is the one that costs least.

    Args:
        encodings: The texts.
        most_tokens: Most tokens of a part, padding included; a longer text is a part of its own.
        forward_tokens: What a part costs besides its tokens, counted in tokens.

    Returns:
        Positions in ``encodings``.
    """
    order = sorted(range(len(encodings)), key=lambda row: len(encodings[row].ids))
    # The least cost of the rows up to each, and where the last part of them begins.
    cheapest: list[tuple[int, int]] = [(0, 0)]
    for end, row in enumerate(order, start=1):
        width = len(encodings[row].ids)
        room = max(most_tokens // max(width, 1), 1)
        cheapest.append(
            min(
                (cheapest[first][0] + (end - first) * width + forward_tokens, first)
                for first in range(max(0, end - room), end)
            )
        )
    parts: list[list[int]] = []
    end = len(order)
    while end:
        first = cheapest[end][1]
        parts.append(order[first:end])
        end = first
    return parts[::-1]


def _rounded(count: int, step: int) -> int:
    return -(-count // step) * step
