"""Backends: what multiplies the matrices. A model knows only the protocol below."""

from __future__ import annotations

from typing import Literal, Protocol

from retrieval.models.batching import Batching, PaddedBatch
from retrieval.models.protocols import Floats

Head = Literal["tokens", "logit"]
"""What a forward pass returns: token vectors, or one logit for each row."""


class UnfitError(Exception):
    """A backend that works but is not to serve this model; its text says why, for people."""


class Backend(Protocol):
    """A loaded network that runs one batch at a time, for any number of threads."""

    @property
    def name(self) -> str:
        """Names backend and precision, such as ``torch-fp32``; part of every cache key."""

    @property
    def batching(self) -> Batching:
        """The batches that it runs best."""

    def run(self, batch: PaddedBatch) -> Floats:
        """One forward pass.

        Returns:
            float32: token vectors of shape (rows, length, dimension), or logits of shape (rows,).
        """
