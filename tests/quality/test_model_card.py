"""The shipped reranker's card says what the model does: measured again on the shipped sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.cache import Cache
from retrieval.contrast.pairwise import judge
from retrieval.contrast.probes import read_probes
from retrieval.contrast.scoring import ScoreTable
from retrieval.evaluation.files import file_source
from retrieval.models.cards import DEFAULT_ENCODER, DEFAULT_RERANKER
from retrieval.models.loading import Models
from retrieval.settings import DATA_FOLDER, SearchSettings
from retrieval.training.card import card_tables, read_figures

SHIPPED = DATA_FOLDER / "models" / DEFAULT_RERANKER
PROBES = sorted((DATA_FOLDER / "probes").glob("*.jsonl"))
MOST_BYTES = 25 * 1024 * 1024
ITEMS = 3
"""How many may fall on the other side: no two processors compute half precision alike, and some
margins are near 0."""


def test_the_card_has_the_tables_of_its_figures() -> None:
    assert card_tables(read_figures(SHIPPED)) in (SHIPPED / "README.md").read_text(encoding="utf-8")


def test_what_is_shipped_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= MOST_BYTES


@pytest.fixture(scope="module")
def models(converted: Path) -> Models:
    return Models(converted)


@pytest.mark.parametrize("path", PROBES, ids=lambda path: path.stem)
def test_every_stage_passes_what_the_card_says(path: Path, models: Models) -> None:
    said = read_figures(SHIPPED)["contrast"][path.stem]
    probes, _ = read_probes(file_source(path))
    table = ScoreTable(
        [text for probe in probes for text in probe.texts],
        models,
        Cache(),
        encoder=DEFAULT_ENCODER,
        asked=SearchSettings(),
    )
    found = judge(probes, table).as_dict()
    for rule in ("accuracy", "preference"):
        assert found[rule] == pytest.approx(said[rule], abs=(ITEMS + 0.5) / len(probes))
