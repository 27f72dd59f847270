"""A model trained for late interaction (ColBERT and its kin), run by sentence-transformers.

Such models project their token vectors, mask some tokens and mark queries and passages, each in its
own way; the library that saves them knows how, so it reads them here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from retrieval.errors import ModelError
from retrieval.models.folder import ModelFolder
from retrieval.models.protocols import Batch, Floats

_BATCH_TEXTS = 8


class LateInteractionModel:
    """Token vectors of a ``MultiVectorEncoder``; satisfies the ``TokenEncoder`` protocol.

    Args:
        model_id: Id of its card, or the folder it was loaded from.
        folder: The checked folder of the model.

    Raises:
        ModelError: If sentence-transformers cannot load it.
    """

    def __init__(self, model_id: str, folder: ModelFolder) -> None:
        self.id = model_id
        self.fingerprint = f"{folder.reading}:sentence-transformers-fp32:tokens"
        self._model = _load(folder)
        self._turn = threading.Lock()

    def query_tokens(self, query: str) -> Floats:
        """The query's token vectors: float32, shape (n_tokens, dimension), rows of unit length."""
        with self._turn:
            (tokens,) = self._model.encode_query(
                [query], convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(tokens, dtype=np.float32)

    def document_tokens(self, texts: Sequence[str]) -> Iterator[Batch]:
        """Token vectors of passages, batch by batch, each as in ``query_tokens``."""
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), _BATCH_TEXTS):
            indices = order[start : start + _BATCH_TEXTS]
            with self._turn:
                tokens = self._model.encode_document(
                    [texts[index] for index in indices],
                    convert_to_numpy=True,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                )
            yield Batch(indices, [np.asarray(rows, dtype=np.float32) for rows in tokens])


def _load(folder: ModelFolder) -> Any:
    from sentence_transformers import MultiVectorEncoder  # noqa: PLC0415  # takes seconds

    try:
        return MultiVectorEncoder(
            str(folder.path), device="cpu", local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # a dozen libraries meet here, each with its own errors
        raise ModelError(
            f"The late-interaction model in {folder.path} cannot be loaded: "
            f"{str(error).splitlines()[0]}",
            hint="Give a folder that MultiVectorEncoder loads.",
        ) from error
