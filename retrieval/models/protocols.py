"""The seam between the stages and the models: what an encoder and a reranker can do.

A stage knows these protocols and nothing of torch, OpenVINO or a file on disk, so that a test can
hand it a tiny model and another inference backend changes no stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from retrieval.types import Cost

Floats = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """What one forward pass gave.

    Attributes:
        indices: Positions in the caller's list that this pass read.
        values: One float32 array or float for each of them.
        cost: What it took, without its time.
        note: What a reader should know of it, in one sentence.
    """

    indices: Sequence[int]
    values: Sequence[Floats] | Floats
    cost: Cost = Cost(forward_passes=1)
    note: str = ""


class Order(NamedTuple):
    """Passages put in order.

    Attributes:
        places: Positions in the caller's list, the best first; each once.
        cost: What it took, without its time.
        note: What a reader should know of it, in one sentence.
    """

    places: Sequence[int]
    cost: Cost = Cost()
    note: str = ""


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
    """Reads query and passage together and gives one score a pair, whatever else is ranked."""

    @property
    def id(self) -> str:
        """Id of its card, or the folder it was loaded from."""

    @property
    def fingerprint(self) -> str:
        """Names weights, inference backend and precision; the key of cached scores."""

    @property
    def unit(self) -> str:
        """``logit`` for a cross-encoder here, ``relevance`` for a service's own scale."""

    @property
    def pairs_at_once(self) -> int:
        """How many pairs it is best given together, where work is done in steps."""

    def score(self, query: str, texts: Sequence[str]) -> Iterator[Batch]:
        """Scores of (query, text) pairs, one batch for each forward pass or call."""

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> Iterator[Batch]:
        """Scores of pairs with questions of their own, as in ``score``."""


@runtime_checkable
class ListReranker(Protocol):
    """Reads several passages at once and puts them in order; it has no score for one alone."""

    @property
    def id(self) -> str:
        """Id of its service."""

    @property
    def fingerprint(self) -> str:
        """Names all that an order depends on; the key of cached orders."""

    @property
    def window(self) -> int:
        """Most passages that it reads at once."""

    @property
    def step(self) -> int:
        """How far its window moves from one reading to the next."""

    def order(self, query: str, texts: Sequence[str]) -> Order:
        """Put at most ``window`` passages in order."""
