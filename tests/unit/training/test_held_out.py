"""Held-out pairs as a probe file: what no training reads, in both rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from retrieval.cli import cli
from retrieval.contrast.probes import read_probes
from retrieval.evaluation.files import file_source
from retrieval.training.grammar.pairs import generate
from retrieval.training.grammar.passages import templates
from retrieval.training.held_out import TWO_PASSAGES, held_out_rows


@pytest.mark.parametrize("source", ["frames", "templates"])
def test_the_file_is_read_as_probes_in_both_rules(tmp_path: Path, source: str) -> None:
    path = tmp_path / "new" / "pairs.jsonl"
    done = CliRunner().invoke(
        cli, ["train", "pairs", str(path), "--source", source, "--count", "40"]
    )
    assert done.exit_code == 0
    probes, notes = read_probes(file_source(path))
    assert notes == ()
    four, two = ([p for p in probes if p.is_four_cell == kind] for kind in (True, False))
    assert len(four) == 40
    assert len(two) == 80
    assert all(probe.control for probe in four)
    assert all(probe.phenomenon.endswith(TWO_PASSAGES) for probe in two)
    assert not any(probe.phenomenon.endswith(TWO_PASSAGES) for probe in four)


def test_the_same_seed_writes_the_same_rows_and_no_training_has_them() -> None:
    rows = list(held_out_rows("frames", 60, seed=3))
    assert rows == list(held_out_rows("frames", 60, seed=3))
    trained = {pair.passages[0] for pair in generate(2000, split="train", seed=3)}
    assert not trained & {row["document_1"] for row in rows if "document_1" in row}


def test_no_more_pairs_are_written_than_there_are_templates() -> None:
    rows = list(held_out_rows("templates", 10_000, seed=1))
    assert len(rows) == 3 * len(templates("test"))


def test_a_folder_in_the_way_is_one_clear_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["train", "pairs", str(tmp_path), "--json"])
    assert done.exit_code != 0
    assert "directory" in done.output
    found = CliRunner().invoke(cli, ["train", "pairs", str(tmp_path / "a.jsonl"), "--json"])
    assert json.loads(found.stdout)["rows"] == 1800
