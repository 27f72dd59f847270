"""Something that a tiny model learns in seconds: a passage answers if it has the word."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path

from retrieval.training.fine_tuning import FineTuning

WORDS = "dog man cats plant water sun leaf soil medicine allergy".split()
_ENDS = tuple(itertools.permutations("safe bites cause".split(), 2))


def quick_tuning(**changes: object) -> FineTuning:
    """Settings with which tiny models learn in seconds."""
    settings: dict[str, object] = {
        "passes": 20,
        "learning_rate": 5e-3,
        "replay": 0.1,
        "keep": 0.0,
        "mined": 2,
        "batch_pairs": 32,
        "group_pairs": 4,
        "max_tokens": 32,
        "checks": 6,
        "patience": 6,
        "train_embeddings": True,
        "precision": "fp32",
    }
    return FineTuning.model_validate(settings | changes)


def triple_rows(seed: int = 3) -> Iterator[dict[str, object]]:
    """A question about a word, a passage that has it, and some that have other ones."""
    rng = random.Random(seed)
    passages = [f"the {word} is {place} {end}" for word in WORDS for place, end in _ENDS]
    rng.shuffle(passages)
    for word, (place, end) in itertools.product(WORDS, _ENDS):
        yield {
            "query": f"what {end} is the {word} {place}",
            "pos": [f"the {word} is {place} {end}"],
            "neg": [text for text in passages if f" {word} " not in text][:3],
        }
        passages = passages[3:] + passages[:3]


def write_triples(path: Path, seed: int = 3) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in triple_rows(seed)))
    return path
