"""The registry of learned models: names stay in their folder, a model is there whole or not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import ModelError
from retrieval.models.cards import cards, find_card
from retrieval.models.learned import FOLDER, RECORD, LearnedModel, LearnedModels
from retrieval.models.loading import Models
from retrieval.models.weights import WEIGHTS
from tests.tiny import save_cross_encoder

MODEL = LearnedModel(
    *("mine", "reranker", "base", "use", "MIT", "", "data"), None, 32, "2026-01-01T00:00:00+00:00"
)


def kept(home: Path, folder: Path, name: str = "mine", seed: int = 11) -> LearnedModel:
    import hashlib  # noqa: PLC0415

    made = save_cross_encoder(folder / f"{name}{seed}", seed=seed)
    weights = hashlib.sha256((made / WEIGHTS).read_bytes()).hexdigest()
    model = replace(MODEL, name=name, weights=weights)
    LearnedModels(home).add(model, made, {"verdict": "none"})
    return model


def test_a_kept_model_is_listed_found_and_loaded(home: Path, tmp_path: Path) -> None:
    model = kept(home, tmp_path)
    assert LearnedModels(home).list() == (model,)
    assert LearnedModels(home).history("mine") == {"verdict": "none"}
    assert [card.id for card in cards("reranker")][1] == "mine"
    assert find_card("mine", "reranker").sha256 == model.weights
    assert next(Models().reranker("mine").score("the dog", ["a man"])).values.shape == (1,)


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "a/b", "a\\b", ".hidden", "x" * 61, "naïve", "a b", "a\x00", "end."]
)
def test_a_name_that_is_no_plain_word_is_refused(home: Path, name: str) -> None:
    with pytest.raises(ModelError, match="cannot be called"):
        LearnedModels(home).check_name(name)
    with pytest.raises(ModelError, match="was learned here"):
        LearnedModels(home).delete(name)


def test_a_name_is_taken_once_whatever_its_capitals(home: Path, tmp_path: Path) -> None:
    kept(home, tmp_path)
    with pytest.raises(ModelError, match="already a model"):
        LearnedModels(home).check_name("MINE")


def test_the_same_name_again_means_the_new_weights(home: Path, tmp_path: Path) -> None:
    models = Models()
    kept(home, tmp_path)
    first = models.reranker("mine").fingerprint
    LearnedModels(home).delete("mine")
    assert LearnedModels(home).list() == ()
    assert not list((home / FOLDER).glob("*mine*"))
    kept(home, tmp_path, seed=12)
    assert models.reranker("mine").fingerprint != first


def test_a_damaged_or_copied_folder_is_passed_over(home: Path, tmp_path: Path) -> None:
    kept(home, tmp_path)
    folder = home / FOLDER
    (folder / "copy").mkdir()
    (folder / "copy" / RECORD).write_text((folder / "mine" / RECORD).read_text())
    (folder / "half").mkdir()
    (folder / "half" / RECORD).write_text(json.dumps({"name": "half"}))
    assert [one.name for one in LearnedModels(home).list()] == ["mine"]


def test_weights_that_were_exchanged_are_refused(home: Path, tmp_path: Path) -> None:
    kept(home, tmp_path)
    other = save_cross_encoder(tmp_path / "other", seed=5)
    path = LearnedModels(home).path("mine") / WEIGHTS
    path.write_bytes((other / WEIGHTS).read_bytes())
    with pytest.raises(ModelError, match="not the published ones"):
        Models().reranker("mine")
