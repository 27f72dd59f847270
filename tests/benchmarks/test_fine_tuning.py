"""What learning from one sample's own judgments takes and brings: time and held-out difference.

``SECOND_LOOK_LEARNS=encoder`` fine-tunes the encoder instead of the reranker.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import cast

import pytest

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.evaluation.question_sets import own_set
from retrieval.ingest.samples import open_collection
from retrieval.models.cards import DEFAULT_ENCODER, DEFAULT_RERANKER
from retrieval.models.loading import Models
from retrieval.store import Store
from retrieval.training.fine_tuning import FineTuning, Kind
from retrieval.training.judged import JudgedCollection
from retrieval.training.learning import Lesson, learn

pytestmark = pytest.mark.benchmark


def test_fine_tuning_on_household(home: Path) -> None:
    kind = cast("Kind", os.environ.get("SECOND_LOOK_LEARNS", "reranker"))
    base = DEFAULT_RERANKER if kind == "reranker" else DEFAULT_ENCODER
    models, cache = Models(home), Cache(home)
    collection = open_collection(Store(home), models, "household")
    documents = set(collection.snapshot().document_ids)
    asked = own_set(collection.questions(), collection.judgments(), documents)
    started = time.perf_counter()
    material = JudgedCollection(Cascade(models, cache), models.encoder(), collection, asked)
    history = learn(Lesson(kind, "learned", base, FineTuning.read(kind)), material, models, home)
    whole = time.perf_counter() - started
    print(f"\n{history.split}")
    print(f"{history.pairs:,} of {history.all_pairs:,} pairs in {history.seconds:.0f} s; ", end="")
    print(f"with comparison {whole:.0f} s; best after {history.best:,}")
    for outcome in (history.held_out, history.knew):
        if outcome is None:
            print(history.verdict)
            continue
        found = outcome.comparison
        print(f"{found.measure}: {found.difference.mean:+.3f} ", end="")
        print(f"[{found.difference.low:+.3f}, {found.difference.high:+.3f}]; {outcome.verdict}")
