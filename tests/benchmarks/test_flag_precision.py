"""What the flags of the search page are worth on the shipped probe sets, and how fast they are.

Run with ``pytest -m benchmark -s tests/benchmarks/test_flag_precision.py``. The table belongs into
``retrieval/explain/flag_figures.py``; nothing about the figures is asserted here.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from retrieval.cache import Cache
from retrieval.contrast.flag_quality import measure_doubt, measure_word_flags
from retrieval.contrast.pairwise import judge
from retrieval.contrast.probe_sets import shipped_sets
from retrieval.contrast.scoring import ScoreTable
from retrieval.explain.flag_figures import FlagFigures
from retrieval.explain.flags import word_flags
from retrieval.models.cards import DEFAULT_ENCODER
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings

pytestmark = pytest.mark.benchmark


def test_print_precision_and_recall(home: Path) -> None:
    probes = shipped_sets()[0].probes
    start = time.perf_counter()
    found: dict[str, dict[str, FlagFigures]] = dict(measure_word_flags(probes).items())
    word_flags_ms = 1000 * (time.perf_counter() - start) / word_flags.cache_info().misses

    models = Models(home)
    texts = [text for probe in probes for text in probe.texts]
    asked = SearchSettings()
    start = time.perf_counter()
    table = ScoreTable(texts, models, Cache(), encoder=DEFAULT_ENCODER, asked=asked)
    outcomes = judge(probes, table).outcomes
    seconds = time.perf_counter() - start
    found["doubt"] = measure_doubt(outcomes)

    fingerprint = models.reranker(asked.reranker).fingerprint
    print(f"\n{len(probes)} items through five stages: {seconds:.1f} s, reranker {fingerprint}")
    print(f"flags that read words: {word_flags_ms:.3f} ms a question and passage")
    for rule, rows in found.items():
        for name, figures in rows.items():
            precision = "–" if figures.precision is None else f"{figures.precision:.3f}"
            print(
                f"{rule:8} {name:14} {figures.wrong:4} {figures.right:4} {figures.pairs:4}", end=""
            )
            print(f"  precision {precision}  recall {figures.recall:.3f}")
    assert found["doubt"]["all"].pairs == found["negator"]["all"].pairs
