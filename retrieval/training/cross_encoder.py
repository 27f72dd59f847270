"""A cross-encoder that learns: pairs in, one raw logit each, and what a group of them costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification

from retrieval.errors import ModelError, TrainingError
from retrieval.models.folder import ModelFolder
from retrieval.training.groups import Group
from retrieval.training.losses import group_loss
from retrieval.training.network import TrainedNetwork, fast_precision
from retrieval.training.recipe import Recipe

_Batch = list[tuple[Group, list[Encoding]]]

_GRADED_AT_ONCE = 256


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
        self._scores = "SequenceClassification" in str(base.config.get("architectures"))
        if self._scores and len(labels) != 1:
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
            # Groups that cost nothing, such as one of right pairs alone, have no gradient.
            if loss.requires_grad:
                torch.autograd.backward(loss / len(groups))
            total += float(loss.detach())
        return total / len(groups)

    def measure(self, groups: Sequence[Group]) -> float:
        """The mean loss of a group, without gradients."""
        total = sum(float(self._batch_loss(batch)) for batch in self._batches(groups))
        return total / len(groups)

    def graded(self, groups: Sequence[Group]) -> Iterator[Group]:
        """The groups with this network's own logits as grades, so that it may be its own teacher.

        The loss divides grades by the recipe's temperature, so they are multiplied by it here.

        Raises:
            TrainingError: If what it starts from has no logits yet, because it is an encoder.
        """
        if not self._scores:
            raise TrainingError(
                "An encoder cannot grade pairs for a reranker that starts from it.",
                hint='Start from a reranker, or leave topics_by at "encoder" and hard_margin out.',
            )
        temperature = self._recipe.weights.temperature
        for start in range(0, len(groups), _GRADED_AT_ONCE):
            part = groups[start : start + _GRADED_AT_ONCE]
            pairs = list(dict.fromkeys(pair for group in part for pair in group.pairs))
            with self.network.resting():
                logits = self._logits(self._tokenizer.encode_batch(pairs)).tolist()
            found = dict(zip(pairs, logits, strict=True))
            for group in part:
                grades = tuple(temperature * found[pair] for pair in group.pairs)
                yield replace(group, teacher=grades)

    def write(self, folder: Path, state: dict[str, Tensor]) -> None:
        """Write weights as a folder that ``CrossEncoder(path)`` loads."""
        saved: Any = self.network.with_weights(state)
        saved.config.sentence_transformers = {
            "activation_fn": "torch.nn.modules.linear.Identity",
            "version": "6.2.0",
        }
        saved.save_pretrained(folder)
        # A copy: what is learned afterwards is cut as before.
        whole = Tokenizer.from_str(self._tokenizer.to_str())
        whole.no_truncation()
        whole.save(str(folder / "tokenizer.json"))

    def _logits(self, encodings: Sequence[Encoding]) -> Tensor:
        """Raw logits of encoded pairs, float32, shape ``(pairs,)``, with gradients."""
        return self.network.by_length(encodings, self._recipe.batch_tokens, self._padded_logits)

    def _padded_logits(self, encodings: Sequence[Encoding]) -> Tensor:
        batch = self.network.padded(encodings, self._pad_id)
        logits: Tensor = self.network.forward(batch).logits[: len(encodings), 0].float()
        return logits

    def _batch_loss(self, batch: _Batch) -> Tensor:
        logits = self._logits([encoding for _, part in batch for encoding in part])
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
        tokens = 0
        for group, encodings in encoded:
            more = sum(len(encoding.ids) for encoding in encodings)
            if batch and tokens + more > self._recipe.batch_tokens:
                yield batch
                batch, tokens = [], 0
            batch.append((group, encodings))
            tokens += more
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
