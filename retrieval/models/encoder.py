"""The bi-encoder: one vector a text, or, for late interaction, one vector a token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from tokenizers import Tokenizer

from retrieval.models.backends import Backend
from retrieval.models.batching import PaddedBatch, padded_batches
from retrieval.models.folder import ModelFolder
from retrieval.models.protocols import Batch, Floats


class BiEncoder:
    """Reads queries and passages apart; satisfies the ``Encoder`` protocol.

    Args:
        model_id: Id of its card.
        folder: The checked folder of the model.
        backend: The loaded network, with token vectors as its output.
    """

    def __init__(self, model_id: str, folder: ModelFolder, backend: Backend) -> None:
        self.id = model_id
        self.weights = folder.weights_hash
        self.fingerprint = f"{folder.weights_hash[:16]}:{backend.name}"
        self.dimension = int(folder.config["hidden_size"])
        self.max_tokens = folder.max_tokens
        self.tokenizer = folder.tokenizer()
        self._pooling = folder.pooling
        self._reader = TokenReader(folder, backend)

    def encode_query(self, query: str) -> Floats:
        """One query as a float32 vector of unit length, shape (dimension,)."""
        return self._encode([query], "query")[0]

    def encode_documents(self, texts: Sequence[str]) -> Floats:
        """Passages as float32 rows of unit length, shape (len(texts), dimension)."""
        return self._encode(texts, "document")

    def _encode(self, texts: Sequence[str], role: str) -> Floats:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for batch, tokens in self._reader.read(texts, role):
            vectors[list(batch.indices)] = self._pool(batch, tokens)
        return _unit(vectors)

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
        backend: The loaded network, with token vectors as its output.
    """

    def __init__(self, model_id: str, folder: ModelFolder, backend: Backend) -> None:
        self.id = model_id
        self.fingerprint = f"{folder.weights_hash[:16]}:{backend.name}:tokens"
        self._reader = TokenReader(folder, backend)

    def query_tokens(self, query: str) -> Floats:
        """The query's token vectors: float32, shape (n_tokens, dimension), rows of unit length."""
        batch, tokens = next(self._reader.read([query], "query"))
        return _content_rows(batch, tokens, 0)

    def document_tokens(self, texts: Sequence[str]) -> Iterator[Batch]:
        """Token vectors of passages, batch by batch, each as in ``query_tokens``."""
        for batch, tokens in self._reader.read(texts, "document"):
            rows = [_content_rows(batch, tokens, row) for row in range(len(batch.indices))]
            yield Batch(batch.indices, rows)


class TokenReader:
    """Texts in, token vectors out: what pooling and late interaction share.

    Args:
        folder: The checked folder of the model.
        backend: The loaded network, with token vectors as its output.
    """

    def __init__(self, folder: ModelFolder, backend: Backend) -> None:
        self._backend = backend
        self._prompts = {role: folder.prompt(role) for role in ("query", "document")}
        self._pad_id = int(folder.config.get("pad_token_id") or 0)
        self._tokenizer: Tokenizer = folder.tokenizer()
        self._tokenizer.enable_truncation(max_length=folder.max_tokens)

    def read(self, texts: Sequence[str], role: str) -> Iterator[tuple[PaddedBatch, Floats]]:
        """Batches with their token vectors, float32 of shape (rows, length, dimension)."""
        prompt = self._prompts[role]
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        for batch in padded_batches(encodings, self._pad_id):
            yield batch, self._backend.run(batch)


def _content_rows(batch: PaddedBatch, tokens: Floats, row: int) -> Floats:
    return _unit(tokens[row][batch.special_mask[row] == 0])


def _unit(rows: Floats) -> Floats:
    """Rows scaled to length 1; a row of zeros stays as it is."""
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: Floats = rows / np.maximum(norms, np.finfo(np.float32).tiny)
    return scaled
