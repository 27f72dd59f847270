"""The loop: the same every time, goes on after a kill, and never spoils its last checkpoint."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sentence_transformers import CrossEncoder

from retrieval.errors import CancelledError, StorageError, TrainingError
from retrieval.models.folder import ModelFolder
from retrieval.training.groups import Group, passages_group
from retrieval.training.loop import CHECKPOINT, Step, Training
from retrieval.training.recipe import Phase, Recipe
from tests.tiny import save_cross_encoder

WORDS = "dog man cats plant water sun leaf soil medicine allergy".split()


def groups() -> tuple[Group, ...]:
    """A passage is right if it holds the word that is asked for."""
    return tuple(
        passages_group("words", f"what is the {word}", (f"the {word} is in water",), (f"the {x}",))
        for word in WORDS
        for x in WORDS
        if x != word
    )


def recipe(**changes: object) -> Recipe:
    phase = Phase(name="only", pairs=800, learning_rate=5e-3, shares={"words": 1.0})
    settings: dict[str, object] = {
        "batch_pairs": 16,
        "checkpoint_pairs": 100,
        "average": 0.5,
        "train_embeddings": True,
        "precision": "fp32",
        "phases": (phase,),
    }
    return Recipe.model_validate(settings | changes)


@pytest.fixture
def base(tmp_path: Path) -> ModelFolder:
    return ModelFolder.open(save_cross_encoder(tmp_path / "base"))


def training(base: ModelFolder, out: Path, asked: Recipe, data: str = "d") -> Training:
    return Training(asked, {"words": groups()}, base, out, data)


def scores(folder: Path) -> list[float]:
    pairs = [(group.pairs[0][0], text) for group in groups()[:20] for _, text in group.pairs]
    return [float(score) for score in CrossEncoder(str(folder)).predict(pairs)]


def test_it_learns_and_writes_what_a_cross_encoder_loads(base: ModelFolder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    running = training(base, out, recipe())
    steps: list[Step] = []
    running.run(steps.append)
    running.write_model(out)
    found = scores(out)
    right = sum(a > b for a, b in zip(found[::2], found[1::2], strict=True))
    assert steps[-1].pairs == steps[-1].all_pairs == 800
    assert steps[-1].loss < steps[0].loss / 2
    assert right >= 19


def test_a_phase_may_have_groups_of_another_size(base: ModelFolder, tmp_path: Path) -> None:
    read = {}
    for most in (2, None):
        phase = Phase(name="small", pairs=10, shares={"words": 1.0}, group_pairs=most)
        running = training(base, tmp_path / f"out{most}", recipe(phases=(phase,), others=2))
        running.run()
        read[most], _ = running.losses[0]
    # Groups of two fill a step of sixteen pairs; those of the recipe also hold passages of others.
    assert read[2] == 16
    assert read[None] > 16


def test_minimal_pairs_written_for_training_may_have_groups_of_their_own_size(
    base: ModelFolder, tmp_path: Path
) -> None:
    phase = Phase(name="small", pairs=10, shares={"*": 1.0}, twin_pairs=2)
    pairs = tuple(passages_group("w", group.pairs[0][0], ("r", "s"), ("w",)) for group in groups())
    read = {}
    for name in ("generated-roles", "passages-roles", "words"):
        asked = recipe(phases=(phase,), others=0)
        running = Training(asked, {name: pairs}, base, tmp_path / name, "d")
        running.run()
        read[name], _ = running.losses[0]
    # A step of sixteen pairs: eight groups of two, or six of three.
    assert read == {"generated-roles": 16, "passages-roles": 16, "words": 18}


def test_a_step_of_groups_that_cost_nothing_is_no_end(base: ModelFolder, tmp_path: Path) -> None:
    alone = tuple(passages_group("alone", f"the {word}", (f"the {word}",), ()) for word in WORDS)
    asked = recipe(others=0, weights={"pointwise": 0.0})
    running = Training(asked, {"words": alone}, base, tmp_path / "out", "d")
    running.run()
    assert {loss for _, loss in running.losses} == {0.0}


def test_what_is_learned_after_a_model_was_written_is_cut_as_before(
    base: ModelFolder, tmp_path: Path
) -> None:
    long = tuple(
        passages_group("long", f"what is the {word}", (f"the {word} " * 400,), ("dog " * 800,))
        for word in WORDS
    )
    running = Training(recipe(), {"words": long}, base, tmp_path / "out", "d")
    with pytest.raises(CancelledError):
        running.run(stopped=lambda: True)
    running.write_model(tmp_path / "first")
    running.run()
    assert running.losses[-1][0] >= 800


def test_afterwards_the_thread_counts_with_the_smallest_numbers_again(
    base: ModelFolder, tmp_path: Path
) -> None:
    training(base, tmp_path / "out", recipe()).run()
    assert np.nextafter(np.float32(0), np.float32(1)) > 0


def test_stopped_and_resumed_it_ends_where_an_undisturbed_one_ends(
    base: ModelFolder, tmp_path: Path
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    first = training(base, whole, recipe())
    first.run()
    first.write_model(whole)
    stopped = training(base, parts, recipe())
    seen: list[Step] = []
    with pytest.raises(CancelledError):
        stopped.run(seen.append, lambda: seen[-1].pairs > 300)
    again = training(base, parts, recipe())
    assert again.resume()
    again.run()
    again.write_model(parts)
    assert scores(parts) == pytest.approx(scores(whole), abs=1e-5)


@pytest.mark.parametrize("changed", ["recipe", "data", "base"])
def test_a_checkpoint_of_another_training_is_refused(
    base: ModelFolder, tmp_path: Path, changed: str
) -> None:
    out = tmp_path / "out"
    training(base, out, recipe()).save_checkpoint()
    other = base
    if changed == "base":
        other = ModelFolder.open(save_cross_encoder(tmp_path / "other", seed=99))
    asked = recipe(seed=5) if changed == "recipe" else recipe()
    resumed = training(other, out, asked, "e" if changed == "data" else "d")
    with pytest.raises(TrainingError, match="another recipe, other data or another base"):
        resumed.resume()


def test_a_spoilt_checkpoint_is_one_clear_line(base: ModelFolder, tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"half a file")
    with pytest.raises(TrainingError, match="cannot be read"):
        training(base, tmp_path, recipe()).resume()


def test_a_full_disk_keeps_the_last_checkpoint(
    base: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = training(base, tmp_path / "out", recipe())
    running.save_checkpoint()
    kept = (tmp_path / "out" / CHECKPOINT).read_bytes()

    def full(_value: object, path: Path) -> None:
        path.write_bytes(b"the first half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(StorageError, match="No space left"):
        running.save_checkpoint()
    assert (tmp_path / "out" / CHECKPOINT).read_bytes() == kept
    assert [file.name for file in (tmp_path / "out").iterdir()] == [CHECKPOINT]


def test_killed_in_the_middle_it_goes_on_from_its_checkpoint(
    base: ModelFolder, tmp_path: Path
) -> None:
    """SIGKILL at a random step of a child; the checkpoint it left is whole."""
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from tests.unit.training.test_training_loop import recipe, training\n"
        "from retrieval.models.folder import ModelFolder\n"
        "run = training(ModelFolder.open(Path(sys.argv[1])), Path(sys.argv[2]), recipe())\n"
        "run.run(lambda s: os.kill(os.getpid(), signal.SIGKILL) if s.pairs > 400 else None)\n"
    )
    command = [sys.executable, "-c", script, str(base.path), str(tmp_path / "out")]
    child = subprocess.run(command, check=False, cwd=Path(__file__).parents[3])
    assert child.returncode == -9
    running = training(base, tmp_path / "out", recipe())
    assert running.resume()
    steps: list[Step] = []
    running.run(steps.append)
    assert 100 < steps[0].pairs <= 440
    assert steps[-1].pairs == 800


def test_the_words_stay_as_they_were_unless_asked(base: ModelFolder, tmp_path: Path) -> None:
    running = training(base, tmp_path / "out", recipe(train_embeddings=False))
    running.run()
    running.write_model(tmp_path / "out")
    before = load_file(base.path / "model.safetensors")
    after = load_file(tmp_path / "out" / "model.safetensors")
    changed = {name for name in after if (before[name] != after[name]).any()}
    assert changed
    assert not any("embeddings" in name for name in changed)


def test_what_is_written_keeps_its_share_of_the_start(base: ModelFolder, tmp_path: Path) -> None:
    written = {}
    for keep in (0.0, 0.25):
        running = training(base, tmp_path / str(keep), recipe(keep=keep))
        running.run()
        running.write_model(tmp_path / str(keep))
        written[keep] = load_file(tmp_path / str(keep) / "model.safetensors")
    name = "classifier.weight"
    start = load_file(base.path / "model.safetensors")[name]
    expected = 0.75 * written[0.0][name] + 0.25 * start
    assert written[0.25][name] == pytest.approx(expected, abs=1e-6)
    assert (written[0.0][name] != start).any()


def test_half_precision_learns_as_well(base: ModelFolder, tmp_path: Path) -> None:
    running = training(base, tmp_path / "out", recipe(precision="bf16"))
    steps: list[Step] = []
    running.run(steps.append)
    assert steps[-1].loss < steps[0].loss / 2
