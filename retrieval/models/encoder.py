"""The bi-encoder: one vector a text, or, for late interaction, one vector a token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from tokenizers import Tokenizer

from retrieval.models.batching import PaddedBatch, padded_batches
from retrieval.models.folder import ModelFolder
from retrieval.models.protocols import Batch, Floats
from retrieval.models.sharing import SharedNetwork
from retrieval.models.workers import Urgency


class BiEncoder:
    """Reads queries and passages apart; satisfies the ``Encoder`` protocol.

    Args:
        model_id: Id of its card.
        folder: The checked folder of the model.
        network: The loaded network, with token vectors as its output.
    """

    def __init__(self, model_id: str, folder: ModelFolder, network: SharedNetwork) -> None:
        self.id = model_id
        self.weights = folder.weights_hash
        self.fingerprint = f"{folder.reading}:{network.name}"
        self.dimension = folder.dimension
        self.max_tokens = folder.max_tokens
        self.tokenizer = folder.tokenizer()
        self._pooling = folder.pooling
        self._reader = TokenReader(folder, network)

    def encode_query(self, query: str) -> Floats:
        """One query as a float32 vector of unit length, shape (dimension,)."""
        return _unit(self._pool(*self._reader.read_question(query)))[0]

    def encode_documents(self, texts: Sequence[str]) -> Floats:
        """Passages as float32 rows of unit length, shape (len(texts), dimension)."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for batch, tokens in self._reader.read(texts, Urgency.BULK):
            vectors[list(batch.indices)] = self._pool(batch, tokens)
        return _unit(vectors)

    def batches(self, texts: Sequence[str]) -> Iterator[PaddedBatch]:
        """Passages as the network reads them."""
        return self._reader.batches(texts, "document")

    def _pool(self, batch: PaddedBatch, tokens: Floats) -> Floats:
        if self._pooling == "cls":
            return tokens[:, 0]
        mask = batch.attention_mask[..., None].astype(np.float32)
        pooled: Floats = (tokens * mask).sum(axis=1) / mask.sum(axis=1)
        return pooled


class TokenVectors:
    """The same network before pooling; satisfies the ``TokenEncoder`` protocol.

    Args:
        model_id: Id of its card.
        folder: The checked folder of the model.
        network: The loaded network, with token vectors as its output.
    """

    def __init__(self, model_id: str, folder: ModelFolder, network: SharedNetwork) -> None:
        self.id = model_id
        self.fingerprint = f"{folder.reading}:{network.name}:tokens"
        self._reader = TokenReader(folder, network)

    def query_tokens(self, query: str) -> Floats:
        """The query's token vectors: float32, shape (n_tokens, dimension), rows of unit length."""
        return _content_rows(*self._reader.read_question(query), 0)

    def document_tokens(self, texts: Sequence[str]) -> Iterator[Batch]:
        """Token vectors of passages, batch by batch, each as in ``query_tokens``."""
        for batch, tokens in self._reader.read(texts, Urgency.SEARCH):
            rows = [_content_rows(batch, tokens, row) for row in range(len(batch.indices))]
            yield Batch(batch.indices, rows)


class TokenReader:
    """Texts in, token vectors out: what pooling and late interaction share.

    Args:
        folder: The checked folder of the model.
        network: The loaded network, with token vectors as its output.
    """

    def __init__(self, folder: ModelFolder, network: SharedNetwork) -> None:
        self._network = network
        self._prompts = {role: folder.prompt(role) for role in ("query", "document")}
        self._pad_id = folder.pad_id
        self._tokenizer: Tokenizer = folder.tokenizer()
        self._limit = folder.max_tokens
        self._tokenizer.enable_truncation(max_length=self._limit)

    def read_question(self, query: str) -> tuple[PaddedBatch, Floats]:
        """A query as a batch of its own, with its token vectors as in ``read``."""
        batch = next(self.batches([query], "query"))
        return batch, self._network.answer(batch, Urgency.QUESTION)

    def read(self, texts: Sequence[str], urgency: Urgency) -> Iterator[tuple[PaddedBatch, Floats]]:
        """Batches of passages with token vectors, float32 of shape (rows, length, dimension)."""
        yield from self._network.stream(self.batches(texts, "document"), urgency)

    def batches(self, texts: Sequence[str], role: str) -> Iterator[PaddedBatch]:
        """Texts as the network reads them; ``role`` is ``query`` or ``document``."""
        prompt = self._prompts[role]
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        return padded_batches(encodings, self._pad_id, self._network.batching, self._limit)


def _content_rows(batch: PaddedBatch, tokens: Floats, row: int) -> Floats:
    return _unit(tokens[row][batch.special_mask[row] == 0])


def _unit(rows: Floats) -> Floats:
    """Rows scaled to length 1; a row of zeros stays as it is."""
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: Floats = rows / np.maximum(norms, np.finfo(np.float32).tiny)
    return scaled
