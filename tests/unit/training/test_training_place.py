"""A training never writes over a model that is in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import TrainingError
from retrieval.models.folder import ModelFolder
from retrieval.settings import DATA_FOLDER
from retrieval.training.data import TrainingData
from retrieval.training.recipe import Phase, Recipe
from retrieval.training.reranker import train_reranker
from tests.conftest import TinyEncoder
from tests.tiny import save_cross_encoder

SHIPPED = DATA_FOLDER / "models" / "second-look-reranker"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".json"}


@pytest.mark.parametrize("place", ["base", "shipped", "below", "assembled"])
def test_a_model_in_use_is_never_written_over(tmp_path: Path, home: Path, place: str) -> None:
    base = ModelFolder.open(save_cross_encoder(tmp_path / "base"))
    out = {
        "base": base.path,
        "shipped": SHIPPED,
        "below": SHIPPED / "mine",
        "assembled": home / "models" / "second-look-reranker-0123456789ab",
    }[place]
    before = content(base.path), content(SHIPPED)
    recipe = Recipe(phases=(Phase(name="only", pairs=10, shares={"a": 1.0}),))
    with pytest.raises(TrainingError, match="in use"):
        train_reranker(TrainingData({}, "f", ()), recipe, base, TinyEncoder(), out)
    assert (content(base.path), content(SHIPPED)) == before
    assert not (SHIPPED / "mine").exists()
