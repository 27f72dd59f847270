"""A model shipped as its difference: whole again at first use, once, and never half."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sentence_transformers import CrossEncoder

from retrieval.errors import ModelError, StorageError
from retrieval.models.assembly import DELTA, MANIFEST, assembled, write_delta
from retrieval.models.folder import ModelFolder
from retrieval.models.weights import WEIGHTS
from tests.tiny import save_cross_encoder, save_encoder


@pytest.fixture
def base(tmp_path: Path) -> ModelFolder:
    return ModelFolder.open(save_encoder(tmp_path / "base"))


@pytest.fixture
def model(tmp_path: Path, base: ModelFolder) -> Path:
    """A cross-encoder with the base's word vectors and other layers."""
    folder = save_cross_encoder(tmp_path / "model")
    weights, theirs = load_file(folder / WEIGHTS), load_file(base.path / WEIGHTS)
    for name in weights:
        if "embeddings" in name:
            weights[name] = theirs[name.removeprefix("bert.")]
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    return folder


@pytest.fixture
def shipped(tmp_path: Path, model: Path, base: ModelFolder) -> Path:
    write_delta(model, base.path, tmp_path / "shipped")
    return tmp_path / "shipped"


def test_the_whole_scores_as_the_model_that_was_trained(
    shipped: Path, model: Path, base: ModelFolder, tmp_path: Path
) -> None:
    whole = assembled(shipped, base, tmp_path / "home")
    pairs = [("the dog bit the man", "a man is in water"), ("what is a plant", "the sun")]
    expected = CrossEncoder(str(model)).predict(pairs)
    assert CrossEncoder(str(whole)).predict(pairs) == pytest.approx(expected, abs=2e-3)


def test_what_did_not_change_is_not_shipped_and_comes_back_exactly(
    shipped: Path, base: ModelFolder, tmp_path: Path
) -> None:
    assert not any("embeddings" in name for name in load_file(shipped / DELTA))
    whole = load_file(assembled(shipped, base, tmp_path / "home") / WEIGHTS)
    words = "embeddings.word_embeddings.weight"
    np.testing.assert_array_equal(whole[f"bert.{words}"], load_file(base.path / WEIGHTS)[words])
    assert {weight.dtype for weight in whole.values()} == {np.dtype(np.float32)}


def test_many_who_ask_at_once_get_one_whole_folder(
    shipped: Path, base: ModelFolder, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: assembled(shipped, base, home), range(8)))
    assert len(folders) == 1
    assert not list((home / "models").glob("*.part"))


def test_a_half_folder_that_a_kill_left_is_made_anew(
    shipped: Path, base: ModelFolder, tmp_path: Path
) -> None:
    whole = assembled(shipped, base, tmp_path / "first")
    partial = tmp_path / "home" / "models" / f"{whole.name}.part"
    partial.mkdir(parents=True)
    (partial / WEIGHTS).write_bytes(b"half")
    again = assembled(shipped, base, tmp_path / "home")
    assert ModelFolder.open(again).weights_hash == ModelFolder.open(whole).weights_hash
    assert not partial.exists()


def test_another_base_is_refused(shipped: Path, base: ModelFolder, tmp_path: Path) -> None:
    manifest = json.loads((shipped / MANIFEST).read_text())
    (shipped / MANIFEST).write_text(json.dumps(manifest | {"base": "0" * 64}))
    with pytest.raises(ModelError, match="other weights"):
        assembled(shipped, base, tmp_path / "home")


def test_a_difference_cut_in_half_is_one_clear_line(
    shipped: Path, base: ModelFolder, tmp_path: Path
) -> None:
    path = shipped / DELTA
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="damaged"):
        assembled(shipped, base, tmp_path / "home")
    assert not list((tmp_path / "home").rglob(WEIGHTS))


def test_a_folder_without_the_difference_says_so(
    shipped: Path, base: ModelFolder, tmp_path: Path
) -> None:
    (shipped / DELTA).unlink()
    with pytest.raises(ModelError, match=r"delta\.safetensors is missing"):
        assembled(shipped, base, tmp_path / "home")
    with pytest.raises(ModelError, match=r"delta\.json cannot be read"):
        assembled(tmp_path, base, tmp_path / "home")


def test_a_home_that_cannot_be_written_is_one_clear_line(
    shipped: Path, base: ModelFolder, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        assembled(shipped, base, tmp_path / "home")
