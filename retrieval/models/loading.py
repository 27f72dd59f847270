"""Loading: each model once a process, however many people ask, with the time it took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from retrieval.models.backends import Backend, Head
from retrieval.models.backends.pytorch import TorchBackend
from retrieval.models.cards import (
    DEFAULT_ENCODER,
    DEFAULT_LATE,
    DEFAULT_RERANKER,
    Kind,
    find_card,
)
from retrieval.models.encoder import BiEncoder, TokenVectors
from retrieval.models.folder import ModelFolder
from retrieval.models.protocols import Encoder, Reranker, TokenEncoder
from retrieval.models.reranker import CrossEncoderReranker

Loaded = TypeVar("Loaded")


class Models:
    """The models of one process, loaded when first asked for and shared by all threads."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[str, str], object] = {}
        self._loading = threading.RLock()
        self.loading_ms: dict[str, float] = {}

    def encoder(self, model_id: str = DEFAULT_ENCODER) -> Encoder:
        """The bi-encoder of this id.

        Raises:
            ModelError: If it is not there, damaged, or of another kind.
        """
        return self._once("encoder", model_id, self._load_encoder)

    def late(self, model_id: str = DEFAULT_LATE) -> TokenEncoder:
        """The late-interaction encoder of this id.

        Raises:
            ModelError: If it is not there, damaged, or of another kind.
        """
        return self._once("late", model_id, self._load_late)

    def reranker(self, model_id: str = DEFAULT_RERANKER) -> Reranker:
        """The cross-encoder of this id.

        Raises:
            ModelError: If it is not there, damaged, or of another kind.
        """
        return self._once("reranker", model_id, self._load_reranker)

    def _once(self, kind: Kind, model_id: str, load: Callable[[str], Loaded]) -> Loaded:
        with self._loading:
            if (kind, model_id) not in self._loaded:
                start = time.perf_counter()
                self._loaded[kind, model_id] = load(model_id)
                self.loading_ms[f"{kind} {model_id}"] = (time.perf_counter() - start) * 1000
            return self._loaded[kind, model_id]  # type: ignore[return-value]

    def _load_encoder(self, model_id: str) -> Encoder:
        folder = _folder(model_id, "encoder")
        return BiEncoder(model_id, folder, self._backend(folder, "tokens"))

    def _load_late(self, model_id: str) -> TokenEncoder:
        folder = _folder(model_id, "late")
        return TokenVectors(model_id, folder, self._backend(folder, "tokens"))

    def _load_reranker(self, model_id: str) -> Reranker:
        folder = _folder(model_id, "reranker")
        return CrossEncoderReranker(model_id, folder, self._backend(folder, "logit"))

    def _backend(self, folder: ModelFolder, head: Head) -> Backend:
        """One network for each set of weights: the encoder and its token vectors share it."""
        key = (f"backend {head}", folder.weights_hash)
        if key not in self._loaded:
            self._loaded[key] = TorchBackend(folder, head)
        return self._loaded[key]  # type: ignore[return-value]


def _folder(model_id: str, kind: Kind) -> ModelFolder:
    card = find_card(model_id, kind)
    return ModelFolder.open(card.path, card.sha256)
