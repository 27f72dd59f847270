"""The cross-encoder: reads query and passage together, and must run once for every pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tokenizers import Tokenizer

from retrieval.models.batching import PaddedBatch, padded_batches
from retrieval.models.folder import ModelFolder
from retrieval.models.protocols import Batch
from retrieval.models.sharing import SharedNetwork
from retrieval.models.workers import Urgency


class CrossEncoderReranker:
    """Gives each (query, passage) pair one raw logit; satisfies the ``Reranker`` protocol.

    No sigmoid is applied: logits keep their distances, where probabilities crowd at 0 and 1.

    Args:
        model_id: Id of its card.
        folder: The checked folder of the model.
        network: The loaded network, with one logit a row as its output.
    """

    unit = "logit"
    pairs_at_once = 32

    def __init__(self, model_id: str, folder: ModelFolder, network: SharedNetwork) -> None:
        self.id = model_id
        self.fingerprint = f"{folder.weights_hash[:16]}:{network.name}"
        self._network = network
        self._pad_id = folder.pad_id
        self._tokenizer: Tokenizer = folder.tokenizer()
        self._limit = folder.max_tokens
        self._tokenizer.enable_truncation(max_length=self._limit)

    def score(self, query: str, texts: Sequence[str]) -> Iterator[Batch]:
        """Raw logits of (query, text) pairs, one batch for each forward pass."""
        yield from self.score_pairs([(query, text) for text in texts])

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> Iterator[Batch]:
        """Raw logits of pairs with questions of their own, as in ``score``."""
        for batch, logits in self._network.stream(self.batches(pairs), Urgency.SEARCH):
            yield Batch(batch.indices, logits)

    def batches(self, pairs: Sequence[tuple[str, str]]) -> Iterator[PaddedBatch]:
        """Pairs as the network reads them."""
        encodings = self._tokenizer.encode_batch(list(pairs))
        return padded_batches(encodings, self._pad_id, self._network.batching, self._limit)
