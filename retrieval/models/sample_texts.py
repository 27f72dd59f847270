"""Passages to measure with: sentences of the sample documents, as long and short as real ones."""

from __future__ import annotations

import random
import re

from retrieval.models.protocols import Encoder
from retrieval.settings import DATA_FOLDER

QUESTION = "Which allergy medicine does not cause drowsiness?"
SHORTEST, LONGEST = 20, 240
"""Tokens of the mixed passages."""


def mixed_passages(count: int, encoder: Encoder, seed: int = 1) -> tuple[str, ...]:
    """Passages of 20 to 240 tokens, made of the sample documents' sentences."""
    chance = random.Random(seed)  # noqa: S311  # passages, not secrets
    sentences = _sentences()
    passages = []
    for _ in range(count):
        wanted = chance.uniform(SHORTEST, LONGEST)
        tokens, parts = 0, []
        while tokens < wanted:
            parts.append(chance.choice(sentences))
            tokens += len(encoder.tokenizer.encode(parts[-1], add_special_tokens=False).ids)
        passages.append(" ".join(parts))
    return tuple(passages)


def _sentences() -> list[str]:
    found = []
    for path in sorted((DATA_FOLDER / "collections" / "household" / "documents").rglob("*.md")):
        text = re.sub(r"^#.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        found += re.split(r"(?<=[.!?])\s+", " ".join(text.split()))
    return found
