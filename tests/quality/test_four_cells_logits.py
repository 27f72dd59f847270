"""The four cells of the shipped reranker against a plain script."""

from __future__ import annotations

from pathlib import Path

import pytest
from sentence_transformers import CrossEncoder
from torch.nn import Identity

from retrieval.cache import Cache
from retrieval.contrast.four_cells import score_cells
from retrieval.contrast.probes import Probe
from retrieval.models.cards import DEFAULT_RERANKER, find_card
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings
from retrieval.store import Store
from tests.corpus import filled

pytestmark = pytest.mark.quality

PROBE = Probe(
    "twin",
    "negated",
    ("Which allergy medicine does not cause drowsiness?", "Which allergy medicine causes it?"),
    (
        "Loratadine is an allergy medicine that does not cause drowsiness.",
        "Loratadine is an allergy medicine that causes drowsiness.",
    ),
    control="Loratadine is an allergy medicine that doesn't cause drowsiness.",
)


def test_four_cells_equal_a_plain_script(tmp_path: Path) -> None:
    models = Models(backend="torch-fp32")
    snapshot = filled(Store(tmp_path), models.encoder()).snapshot()

    cells = score_cells(PROBE, models, Cache(), asked=SearchSettings(), background=snapshot)

    folder = find_card(DEFAULT_RERANKER, "reranker").path
    plain = CrossEncoder(str(folder), activation_fn=Identity())
    for query, row in zip(PROBE.queries, cells.of("rerank").scores, strict=True):
        expected = plain.predict([(query, text) for text in PROBE.texts])
        assert row == pytest.approx(expected, abs=1e-3)
