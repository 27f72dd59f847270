"""A bi-encoder that learns: each question must find its passage among all passages of a step.

The loss is the multiple negatives ranking loss (Henderson et al. 2017, section 4.4) with the
group's own wrong passages as hard negatives beside those of the other groups. A passage that is
known to answer a question is never taken for a wrong one, whichever group brought it. Groups that
only a teacher grades hold the cosines where they were, so that what it knew is not forgotten.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from retrieval.errors import ModelError
from retrieval.models.folder import ModelFolder
from retrieval.training.groups import Group
from retrieval.training.network import TrainedNetwork, fast_precision
from retrieval.training.recipe import Recipe

SCALE = 20.0
"""What cosines are multiplied by before the softmax, as all-MiniLM-L6-v2 was trained."""
HELD = 10.0
"""What a squared change of a cosine counts that a teacher has graded."""
_BESIDE_THE_WEIGHTS = (
    *("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"),
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"),
    "*_*/config.json",
)


class VectorLearner:
    """Learns vectors of questions and passages; satisfies the ``Learner`` protocol.

    Args:
        base: The encoder to start from.
        recipe: Lengths, batches and precision.
        groups: All groups that it will meet, which say what answers what.

    Raises:
        ModelError: If the folder holds no encoder that can be trained here.
    """

    kind = "encoder"

    def __init__(self, base: ModelFolder, recipe: Recipe, groups: Iterable[Group]) -> None:
        self._base, self._recipe = base, recipe
        self._pooling = base.pooling
        torch.manual_seed(recipe.seed)
        self.network = TrainedNetwork(
            _loaded(base.path, recipe.dropout),
            precision=fast_precision() if recipe.precision == "auto" else recipe.precision,
            train_embeddings=recipe.train_embeddings,
        )
        self._answers: defaultdict[str, set[str]] = defaultdict(set)
        for group in groups:
            for (query, passage), flag in zip(group.pairs, group.relevant, strict=True):
                if flag:
                    self._answers[query].add(passage)
        self._pad_id = int(base.config.get("pad_token_id") or 0)
        self._tokenizer: Tokenizer = base.tokenizer()
        self._tokenizer.enable_truncation(max_length=min(recipe.max_tokens, base.max_tokens))
        self._prompts = (base.prompt("query"), base.prompt("document"))

    def backward(self, groups: Sequence[Group]) -> float:
        """Take the gradients of the mean loss of a group, and return that loss."""
        loss = self._loss(groups)
        torch.autograd.backward(loss)
        return float(loss.detach())

    def measure(self, groups: Sequence[Group]) -> float:
        """The mean loss of a group, without gradients; all groups compete with one another."""
        return float(self._loss(groups))

    def write(self, folder: Path, state: dict[str, Tensor]) -> None:
        """Write weights as a folder that ``SentenceTransformer(path)`` loads."""
        folder.mkdir(parents=True, exist_ok=True)
        # Pooling, prompts and lengths are those of the base.
        for pattern in _BESIDE_THE_WEIGHTS:
            for path in self._base.path.glob(pattern):
                target = folder / path.relative_to(self._base.path)
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, target)
        for path in self._base.path.glob("*_Normalize"):
            (folder / path.name).mkdir(exist_ok=True)
        saved: Any = self.network.with_weights(state)
        saved.save_pretrained(folder)

    def _loss(self, groups: Sequence[Group]) -> Tensor:
        queries = list(dict.fromkeys(self._query(group) for group in groups))
        passages = list(dict.fromkeys(text for group in groups for _, text in group.pairs))
        vectors = self.vectors([*queries, *(f"{self._prompts[1]}{text}" for text in passages)])
        cosines = vectors[: len(queries)] @ vectors[len(queries) :].T
        rows = {text: row for row, text in enumerate(queries)}
        columns = {text: column for column, text in enumerate(passages)}
        losses = [
            loss for group in groups for loss in self._group_losses(group, cosines, rows, columns)
        ]
        return torch.stack(losses).mean() if losses else cosines.sum() * 0

    def _query(self, group: Group) -> str:
        """What a group asks, as it is read; a teacher reads both sides as passages."""
        return f"{self._prompts[0 if any(group.relevant) else 1]}{group.pairs[0][0]}"

    def _group_losses(
        self, group: Group, cosines: Tensor, rows: dict[str, int], columns: dict[str, int]
    ) -> Iterator[Tensor]:
        query = group.pairs[0][0]
        scores = cosines[rows[self._query(group)]]
        own = [columns[passage] for _, passage in group.pairs]
        if not any(group.relevant):
            if group.teacher:
                known = own[: len(group.teacher)]
                teacher = scores.new_tensor(group.teacher)
                yield HELD * functional.mse_loss(scores[known], teacher)
            return
        right = [column for column, flag in zip(own, group.relevant, strict=True) if flag]
        allowed = torch.ones_like(scores, dtype=torch.bool)
        for passage in self._answers[query] & columns.keys():
            allowed[columns[passage]] = False
        # What its own group calls wrong is wrong here, though it may answer a little.
        allowed[own] = True
        logits = (SCALE * scores).masked_fill(~allowed, float("-inf"))
        yield torch.logsumexp(logits, 0) - torch.logsumexp(logits[right], 0)

    def vectors(self, texts: Sequence[str]) -> Tensor:
        """Vectors of texts, float32, shape ``(n, dim)``, rows of unit length, with gradients."""
        encodings = self._tokenizer.encode_batch(list(texts))
        vectors = self.network.by_length(encodings, self._recipe.batch_tokens, self._pooled)
        return functional.normalize(vectors, dim=1)

    def _pooled(self, encodings: Sequence[Encoding]) -> Tensor:
        batch = self.network.padded(encodings, self._pad_id)
        output = self.network.forward(batch)
        tokens: Tensor = output.last_hidden_state.float()[: len(encodings)]
        if self._pooling == "cls":
            return tokens[:, 0]
        mask = batch.attention_mask[: len(encodings), :, None].float()
        return (tokens * mask).sum(1) / mask.sum(1)


def _loaded(path: Path, dropout: float) -> nn.Module:
    try:
        model: nn.Module = AutoModel.from_pretrained(
            path,
            dtype=torch.float32,
            local_files_only=True,
            add_pooling_layer=False,
            # The fused kernel's backward pass takes twice as long on a CPU as the plain products.
            attn_implementation="eager",
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=0.0,
        )
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        raise ModelError(f"{path} cannot be trained: {str(error).splitlines()[0]}") from error
    return model.train()
