"""The plain backend: the published network in torch, in single precision."""

from __future__ import annotations

import inspect
import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.errors import ModelError
from retrieval.models.batching import PaddedBatch
from retrieval.models.folder import ModelFolder
from retrieval.models.protocols import Floats

if TYPE_CHECKING:
    from retrieval.models.backends import Head

os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
# The tokenizers' own threads would fight with torch for two cores, and warn after a fork.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class TorchBackend:
    """Runs a model folder in torch on the CPU, one forward pass at a time.

    Args:
        folder: The checked folder.
        head: ``tokens`` for an encoder, ``logit`` for a cross-encoder.

    Raises:
        ModelError: If the weights are damaged, or the model has another head.
    """

    name = "torch-fp32"

    def __init__(self, folder: ModelFolder, head: Head) -> None:
        self._head = head
        self._network = _load(folder, head)
        # Half of the families (MPNet, DistilBERT) know no token types.
        accepted = inspect.signature(self._network.forward).parameters
        self._inputs = [name for name in _INPUTS if name in accepted]
        self._turn = threading.Lock()

    def run(self, batch: PaddedBatch) -> Floats:
        """One forward pass; see the protocol."""
        import torch  # noqa: PLC0415  # a second of import that a cached answer never needs

        inputs = {name: torch.from_numpy(getattr(batch, name)) for name in self._inputs}
        with self._turn, torch.inference_mode():
            output = self._network(**inputs)
        values = output.last_hidden_state if self._head == "tokens" else output.logits[:, 0]
        return np.ascontiguousarray(values.numpy(), dtype=np.float32)


def _load(folder: ModelFolder, head: Head) -> Any:
    import torch  # noqa: PLC0415
    from transformers import AutoModel, AutoModelForSequenceClassification  # noqa: PLC0415
    from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

    disable_progress_bar()  # type: ignore[no-untyped-call]
    kind = AutoModel if head == "tokens" else AutoModelForSequenceClassification
    try:
        network = kind.from_pretrained(
            folder.path,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
        )
    except Exception as error:  # a dozen libraries meet here, each with its own errors
        raise ModelError(
            f"The model in {folder.path} cannot be loaded: {str(error).splitlines()[0]}",
            hint="Install or fetch it again.",
        ) from error
    if head == "logit" and network.config.num_labels != 1:
        raise ModelError(
            f"The model in {folder.path} has {network.config.num_labels} labels; "
            "a reranker has one.",
            hint="Choose a cross-encoder that was trained to score relevance.",
        )
    return network.eval()
