"""The network that learns: float32 weights, and matrix products in half precision where fast."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import Encoding
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification

from retrieval.errors import ModelError
from retrieval.models.backends.pytorch import bf16_obstacle
from retrieval.models.folder import ModelFolder

# Each new shape of a matrix product is compiled, which takes longer than the product, so shapes are
# rounded to few, and all of them are kept. Read by oneDNN at its first use.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")
_LENGTH_STEP = 16
_ROW_STEP = 8

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
    """One forward pass: token ids, types and mask, int64, shape ``(pairs, tokens)``."""

    input_ids: Tensor
    token_type_ids: Tensor
    attention_mask: Tensor

    @classmethod
    def of(cls, encodings: Sequence[Encoding], pad_id: int) -> Padded:
        """Encoded pairs as tensors, padded to one of few shapes; surplus rows repeat the first."""
        longest = _rounded(max(len(encoding.ids) for encoding in encodings), _LENGTH_STEP)
        rows = _rounded(len(encodings), _ROW_STEP)
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
    """A cross-encoder whose float32 weights are changed by gradients taken in half precision.

    Half precision has eight bits of mantissa: a small step would be lost in it, so the optimiser
    keeps its own float32 weights and the working copy is made anew from them after each step.

    Args:
        folder: The weights to start from: an encoder's, or a cross-encoder's with one label.
        precision: Of the working copy.
        dropout: Share of activations dropped.
        train_embeddings: Whether the word vectors change.
        seed: Of the new head, where there is none to start from.

    Raises:
        ModelError: If the folder holds no such network, or one with several labels.
    """

    def __init__(
        self,
        folder: ModelFolder,
        *,
        precision: Precision,
        dropout: float,
        train_embeddings: bool,
        seed: int,
    ) -> None:
        torch.manual_seed(seed)
        labels = folder.config.get("id2label") or {"0": ""}
        if "SequenceClassification" in str(folder.config.get("architectures")) and len(labels) != 1:
            raise ModelError(f"{folder.path} gives {len(labels)} labels, and a reranker has one.")
        self.master = _loaded(folder.path, dropout).to(device())
        for name, weight in self.master.named_parameters():
            if "embeddings" in name:
                weight.requires_grad_(train_embeddings)
        self.working = self.master
        if precision == "bf16":
            self.working = copy.deepcopy(self.master).to(torch.bfloat16)

    @property
    def weights(self) -> list[nn.Parameter]:
        """The float32 weights that change."""
        return [weight for weight in self.master.parameters() if weight.requires_grad]

    def logits(self, batch: Padded) -> Tensor:
        """One raw logit a row, float32, shape ``(rows,)``, with gradients."""
        output = self.working(
            input_ids=batch.input_ids,
            token_type_ids=batch.token_type_ids,
            attention_mask=batch.attention_mask,
        )
        logits: Tensor = output.logits[:, 0].float()
        return logits

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

    def save(self, folder: Path, state: Mapping[str, Tensor]) -> None:
        """Write other weights of this network, as a folder that ``CrossEncoder(path)`` loads."""
        saved = copy.deepcopy(self.master)
        saved.load_state_dict(dict(state))
        config: Any = saved.config
        config.sentence_transformers = {
            "activation_fn": "torch.nn.modules.linear.Identity",
            "version": "6.2.0",
        }
        write: Any = saved.save_pretrained
        write(folder)


def _rounded(count: int, step: int) -> int:
    return -(-count // step) * step


def _loaded(path: Path, dropout: float) -> nn.Module:
    try:
        model: nn.Module = AutoModelForSequenceClassification.from_pretrained(
            path,
            num_labels=1,
            dtype=torch.float32,
            local_files_only=True,
            # The fused kernel's backward pass takes twice as long on a CPU as the plain products.
            attn_implementation="eager",
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=0.0,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path} cannot be trained: {str(error).splitlines()[0]}") from error
    return model.train()
