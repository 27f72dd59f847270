from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from retrieval import bench
from retrieval.bench import Bench, Figure, line, mixed_passages
from retrieval.cli import cli
from retrieval.models import sample_texts
from retrieval.models.loading import Models
from retrieval.models.protocols import Batch
from tests.conftest import TinyEncoder

FASTER = Figure("Reranking", "x", (4.0, 5.0, 4.6), target=4.5, note="the same top 10")
SLOWER = Figure("A slider move", "ms", (60.0, 70.0, 40.0), target=50)


def test_the_median_of_the_rounds_counts() -> None:
    assert (FASTER.median, SLOWER.median) == (4.6, 60.0)
    assert FASTER.is_met
    assert not SLOWER.is_met


def test_a_line_says_median_range_target_and_verdict() -> None:
    row, note = line(FASTER).splitlines()

    assert row.split() == "Reranking 4.60 x (4.00 to 5.00) target ≥ 4.5: met".split()
    assert note.strip() == "the same top 10"
    assert line(SLOWER).endswith("target < 50: missed")


def test_mixed_passages_are_real_sentences_of_the_promised_lengths(
    tiny_encoder: TinyEncoder,
) -> None:
    passages = mixed_passages(30, tiny_encoder)

    lengths = [
        len(tiny_encoder.tokenizer.encode(text, add_special_tokens=False).ids) for text in passages
    ]
    assert len(set(passages)) == 30
    assert min(lengths) >= sample_texts.SHORTEST
    assert mixed_passages(30, tiny_encoder) == passages


def test_all_logits_are_put_in_the_callers_order() -> None:
    class Backwards:
        id = fingerprint = "backwards"

        def score(self, query: str, texts: list[str]) -> Iterator[Batch]:
            for index in reversed(range(len(texts))):
                yield Batch([index], np.array([index], dtype=np.float32))

    assert bench.all_logits(Backwards(), "q", ["a", "b", "c"]).tolist() == [0, 1, 2]


def test_the_command_prints_each_figure_and_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bench, "__post_init__", lambda self: None)
    monkeypatch.setattr(Bench, "figures", lambda self: iter([FASTER, SLOWER]))

    said = CliRunner().invoke(cli, ["bench", "--backend", "torch-fp32", "--threads", "1"])
    written = CliRunner().invoke(cli, ["bench", "--json", "--rounds", "1"])

    assert said.exit_code == written.exit_code == 0
    assert line(FASTER) in said.output
    assert '"median": 4.6' in written.output
    assert '"met": false' in written.output


def test_a_warm_start_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        bench._python("import sys; sys.exit(3)", str(tmp_path))


def test_sessions_are_compared_with_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Length:
        id = fingerprint = "length"

        def score(self, query: str, texts: list[str]) -> Iterator[Batch]:
            yield Batch(range(len(texts)), np.array([len(t) for t in texts], dtype=np.float32))

    monkeypatch.setattr(Bench, "__post_init__", lambda self: None)
    monkeypatch.setattr(Models, "reranker", lambda self: Length())
    measured = Bench(Models(), Path(), rounds=2)
    measured.passages = ("a", "bb", "ccc") * 10

    figure = measured.sessions()

    assert len(figure.values) == 2
    assert figure.note.startswith("0 sessions with other scores than alone")
