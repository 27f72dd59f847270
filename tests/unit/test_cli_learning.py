"""Fine-tuning from the command line: what fits together, what does not, one clear line each."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from retrieval.cli import cli, main
from retrieval.models.cards import DEFAULT_RERANKER, cards, find_card
from retrieval.models.learned import LearnedModels
from retrieval.models.loading import Models
from retrieval.store import Store
from retrieval.types import Judgment, Question
from tests.judged import judged_scene
from tests.lessons import quick_tuning, write_triples
from tests.tiny import save_cross_encoder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "quick.toml"
    values = quick_tuning(passes=4).model_dump(mode="json")
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    return path


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(cli, [*arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_judgments_of_a_collection_become_a_model_that_is_listed_and_deleted(
    home: Path, tmp_path: Path, config: Path
) -> None:
    scene = judged_scene(Store(home), tmp_path, questions=40)
    base = str(save_cross_encoder(tmp_path / "base"))
    told = run(
        *("train", "reranker", "--from-judgments", "judged", "--name", "ours", "--base", base),
        *("--config", str(config), "--held-out", "0.25", "--seed", "4", "--json"),
    )
    assert told["questions"] == 40
    assert len(told["held_out_ids"]) == 10
    assert told["tuning"]["seed"] == 4
    assert told["data"].startswith(scene.collection.name)
    kept = told["held_out"] is not None
    assert ("ours" in {card["id"] for card in run("models", "--json")}) is kept
    if kept:
        assert told["held_out"]["difference"]["n"] == 10
        listed = run("models", "--delete", "ours", "--json")
        assert "ours" not in {card["id"] for card in listed}


def test_triples_become_an_encoder(home: Path, tmp_path: Path, config: Path) -> None:
    scene = judged_scene(Store(home), tmp_path, questions=1)
    path = write_triples(tmp_path / "t.jsonl")
    told = run(
        *("train", "encoder", "--triples", str(path), "--name", "vectors", "--json"),
        *("--base", scene.collection.info.encoder, "--config", str(config)),
    )
    assert told["kind"] == "encoder"
    assert [card.id for card in cards("encoder")][1] == "vectors"
    assert LearnedModels(home).get("vectors").data == told["fingerprint"]
    assert Models().encoder("vectors").encode_query("the dog").shape == (16,)


def test_a_training_from_data_may_start_from_the_built_in_reranker(
    home: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "more.toml"
    recipe.write_text(
        """
        batch_pairs = 8
        generated = 0
        topics = { t = 4 }
        topics_by = "start"
        phases = [{ name = "more", pairs = 16, shares = { "*" = 1.0 } }]
        """
    )
    told = run(
        *("train", "reranker", "--data", str(write_triples(tmp_path / "t.jsonl"))),
        *("--base", DEFAULT_RERANKER, "--config", str(recipe)),
        *("--out", str(tmp_path / "out"), "--json"),
    )
    assert told["base"] == find_card(DEFAULT_RERANKER, "reranker").open().weights_hash
    assert told["groups"]["topics-t"] == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("reranker", "--name", "x"),
        ("encoder", "--triples", "T", "--from-judgments", "c", "--name", "x"),
        ("reranker", "--triples", "T"),
        ("reranker", "--data", "T"),
        ("reranker", "--data", "T", "--triples", "T", "--out", "o"),
        ("reranker", "--triples", "T", "--name", "x", "--out", "o"),
        ("encoder", "--triples", "T", "--name", "x", "--held-out", "1"),
    ],
)
def test_what_does_not_fit_together_is_wrong_usage(
    home: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    path = str(write_triples(tmp_path / "t.jsonl"))
    words = [path if one == "T" else one for one in arguments]
    assert CliRunner().invoke(cli, ["train", *words]).exit_code == 2


@pytest.mark.parametrize(
    ("rows", "name", "code"),
    [
        (10, "mine", "training"),
        (60, "../mine", "model"),
        (60, "second-look-reranker", "model"),
    ],
)
def test_bad_input_is_one_line_on_standard_error(
    home: Path,
    tmp_path: Path,
    *,
    rows: int,
    name: str,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write_triples(tmp_path / "t.jsonl")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:rows]))
    command = ["retrieval", "train", "reranker", "--triples", str(path), "--name", name, "--json"]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code


def test_a_collection_without_judgments_is_one_line(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(home)
    encoder = Models().encoder(judged_scene(store, tmp_path, questions=1).collection.info.encoder)
    bare = store.create("bare", encoder)
    bare.add_questions([Question("q", "asked")])
    bare.add_judgments([Judgment("q", "nowhere", 1)])
    command = ["retrieval", "train", "encoder", "--from-judgments", "bare", "--name", "x"]
    monkeypatch.setattr(sys, "argv", command)
    capsys.readouterr()  # writing the tiny model says something, too
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert "judgment" in said
