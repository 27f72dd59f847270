"""Generated pairs that no training has: their words, frames and templates are kept for testing.

Written as rows that ``contrast`` reads, so that every stage is measured on them as on any probe
set: once in four cells, and once as two passages for one question, which is the easier rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Literal

from retrieval.training.grammar.pairs import ContrastPair, generate
from retrieval.training.grammar.passages import fill_passages, templates

PairSource = Literal["frames", "templates"]
TWO_PASSAGES = "two passages"
"""Stands behind a phenomenon's name where one question meets two passages."""


def held_out_rows(source: PairSource, count: int, seed: int) -> Iterator[dict[str, str]]:
    """Rows of held-out pairs: four cells for each, then each question with its two passages.

    Args:
        source: ``frames`` for short sentences with unseen words, ``templates`` for written prose.
        count: How many pairs; of templates, at most so many as there are.
        seed: Fixes every choice.
    """
    if source == "frames":
        pairs = generate(count, split="test", seed=seed)
    else:
        pairs = fill_passages(min(count, len(templates("test"))), split="test", seed=seed)
    return chain.from_iterable(_rows(number, pair) for number, pair in enumerate(pairs, 1))


def _rows(number: int, pair: ContrastPair) -> Iterator[dict[str, str]]:
    (first, second), (own, twin) = pair.queries, pair.passages
    shared = {"kind": pair.kind, "control": pair.control}
    yield {
        "id": f"{pair.phenomenon}-{number}",
        "phenomenon": pair.phenomenon,
        "query_1": first,
        "query_2": second,
        "document_1": own,
        "document_2": twin,
        **shared,
    }
    for place, (query, positive, negative) in enumerate(((first, own, twin), (second, twin, own))):
        yield {
            "id": f"{pair.phenomenon}-{number}-{place + 1}",
            "phenomenon": f"{pair.phenomenon}, {TWO_PASSAGES}",
            "query": query,
            "positive": positive,
            "negative": negative,
            "kind": pair.kind,
        }
