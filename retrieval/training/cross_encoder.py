"""A cross-encoder that learns: pairs in, one raw logit each, and what a group of them costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification

from retrieval.errors import ModelError
from retrieval.models.folder import ModelFolder
from retrieval.training.groups import Group
from retrieval.training.losses import group_loss
from retrieval.training.network import Padded, TrainedNetwork, fast_precision
from retrieval.training.recipe import Recipe

_Batch = list[tuple[Group, list[Encoding]]]


class PairLearner:
    """Learns to score question and passage together; satisfies the ``Learner`` protocol.

    Args:
        base: The weights to start from: an encoder's, or a cross-encoder's with one label.
        recipe: Lengths, batches, precision and what each part of the loss counts.

    Raises:
        ModelError: If the folder holds no such network, or one with several labels.
    """

    kind = "reranker"

    def __init__(self, base: ModelFolder, recipe: Recipe) -> None:
        self._recipe = recipe
        torch.manual_seed(recipe.seed)
        labels = base.config.get("id2label") or {"0": ""}
        if "SequenceClassification" in str(base.config.get("architectures")) and len(labels) != 1:
            raise ModelError(f"{base.path} gives {len(labels)} labels, and a reranker has one.")
        self.network = TrainedNetwork(
            _loaded(base.path, recipe.dropout),
            precision=fast_precision() if recipe.precision == "auto" else recipe.precision,
            train_embeddings=recipe.train_embeddings,
        )
        self._pad_id = int(base.config.get("pad_token_id") or 0)
        self._tokenizer: Tokenizer = base.tokenizer()
        self._tokenizer.enable_truncation(max_length=min(recipe.max_tokens, base.max_tokens))

    def backward(self, groups: Sequence[Group]) -> float:
        """Take the gradients of the mean loss of a group, and return that loss."""
        total = 0.0
        for batch in self._batches(groups):
            loss = self._batch_loss(batch)
            torch.autograd.backward(loss / len(groups))
            total += float(loss.detach())
        return total / len(groups)

    def measure(self, groups: Sequence[Group]) -> float:
        """The mean loss of a group, without gradients."""
        total = sum(float(self._batch_loss(batch)) for batch in self._batches(groups))
        return total / len(groups)

    def write(self, folder: Path, state: dict[str, Tensor]) -> None:
        """Write weights as a folder that ``CrossEncoder(path)`` loads."""
        saved: Any = self.network.with_weights(state)
        saved.config.sentence_transformers = {
            "activation_fn": "torch.nn.modules.linear.Identity",
            "version": "6.2.0",
        }
        saved.save_pretrained(folder)
        self._tokenizer.no_truncation()
        self._tokenizer.save(str(folder / "tokenizer.json"))

    def logits(self, batch: Padded) -> Tensor:
        """One raw logit a row, float32, shape ``(rows,)``, with gradients."""
        logits: Tensor = self.network.forward(batch).logits[:, 0].float()
        return logits

    def _batch_loss(self, batch: _Batch) -> Tensor:
        encodings = [encoding for _, part in batch for encoding in part]
        logits = self.logits(Padded.of(encodings, self._pad_id))
        loss, start = logits.new_zeros(()), 0
        for group, part in batch:
            loss = loss + self._loss(group, logits[start : start + len(part)])
            start += len(part)
        return loss

    def _loss(self, group: Group, logits: Tensor) -> Tensor:
        relevant = torch.tensor(group.relevant, device=logits.device)
        teacher = torch.tensor(group.teacher, device=logits.device) if group.teacher else None
        return group_loss(logits, relevant, teacher, self._recipe.weights)

    def _batches(self, groups: Sequence[Group]) -> Iterator[_Batch]:
        """Whole groups together, those of like length, under the token budget."""
        encoded = [(group, self._tokenizer.encode_batch(list(group.pairs))) for group in groups]
        encoded.sort(key=lambda item: max(len(encoding.ids) for encoding in item[1]))
        batch: _Batch = []
        pairs = 0
        for group, encodings in encoded:
            longest = max(len(encoding.ids) for encoding in encodings)
            if batch and (pairs + len(encodings)) * longest > self._recipe.batch_tokens:
                yield batch
                batch, pairs = [], 0
            batch.append((group, encodings))
            pairs += len(encodings)
        yield batch


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
