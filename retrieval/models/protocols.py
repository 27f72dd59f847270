"""The seam between the stages and the models: what an encoder and a reranker can do.

A stage knows these protocols and nothing of torch, OpenVINO or a file on disk, so that a test can
hand it a tiny model and another inference backend changes no stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

Floats = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """What one forward pass gave.

    Attributes:
        indices: Positions in the caller's list that this pass read.
        values: One float32 array or float for each of them.
    """

    indices: Sequence[int]
    values: Sequence[Floats] | Floats


class Encoder(Protocol):
    """A bi-encoder: reads queries and passages apart and makes one vector of each."""

    @property
    def id(self) -> str:
        """Id of its card, or the folder it was loaded from."""

    @property
    def weights(self) -> str:
        """Hash of its weights: what a collection remembers of the encoder that made it."""

    @property
    def fingerprint(self) -> str:
        """Names weights, inference backend and precision; the key of cached vectors."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Most tokens it reads of one text, special tokens included."""

    @property
    def tokenizer(self) -> Tokenizer:
        """Its own tokenizer, without truncation or padding."""

    def encode_query(self, query: str) -> Floats:
        """One query as a float32 vector of unit length, shape (dimension,)."""

    def encode_documents(self, texts: Sequence[str]) -> Floats:
        """Passages as float32 rows of unit length, shape (len(texts), dimension)."""


class TokenEncoder(Protocol):
    """A late-interaction encoder: one vector for each token, compared only at search time."""

    @property
    def id(self) -> str:
        """Id of its card."""

    @property
    def fingerprint(self) -> str:
        """Names weights, inference backend and precision; the key of cached scores."""

    def query_tokens(self, query: str) -> Floats:
        """The query's token vectors, special tokens left out.

        float32, shape (n_tokens, dimension), rows of unit length.
        """

    def document_tokens(self, texts: Sequence[str]) -> Iterator[Batch]:
        """Token vectors of passages, batch by batch, each as in ``query_tokens``."""


class Reranker(Protocol):
    """A cross-encoder: reads query and passage together and gives one raw logit a pair."""

    @property
    def id(self) -> str:
        """Id of its card, or the folder it was loaded from."""

    @property
    def fingerprint(self) -> str:
        """Names weights, inference backend and precision; the key of cached scores."""

    def score(self, query: str, texts: Sequence[str]) -> Iterator[Batch]:
        """Raw logits of (query, text) pairs, one batch for each forward pass."""

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> Iterator[Batch]:
        """Raw logits of pairs with questions of their own, as in ``score``."""
