"""All figures of a reranker's card, measured anew; most by the command line, as a person would.

Run with ``pytest -m benchmark -s tests/benchmarks/test_card_figures.py``; rankings take longest.
``SECOND_LOOK_BENCHMARK_RERANKER`` names another reranker than the shipped one, and
``SECOND_LOOK_BENCHMARK_FIGURES`` a file that gets the figures in the form of ``figures.json``.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.cache import Cache
from retrieval.contrast.scoring import ScoreTable
from retrieval.ingest.samples import open_collection, samples
from retrieval.models.cards import DEFAULT_ENCODER, DEFAULT_RERANKER
from retrieval.models.loading import Models
from retrieval.settings import DATA_FOLDER, SearchSettings
from retrieval.store import Store
from retrieval.training.card import held_out_figures

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT.parent / "shared" / "data" / "dev"
RERANKER = os.environ.get("SECOND_LOOK_BENCHMARK_RERANKER", DEFAULT_RERANKER)
PROBES = sorted((DATA_FOLDER / "probes").glob("*.jsonl"))
SOURCES = ("frames", "templates")
MEASURE = "nDCG@10"
BLENDS = ("0", "0.2", "0.4", "0.5", "0.6", "0.7", "0.8", "1")
WHOLE, MOST = ("cisi",), 60
"""Of the other development sets so many questions are asked."""
PARAGRAPHS, DRAWS = 150, 2_000

Keep = Callable[[str, str, Any], None]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all that is measured: what is scored once is read again."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def keep(capsys: pytest.CaptureFixture[str]) -> Iterator[Keep]:
    """Prints a figure, and writes it where a file was named."""
    named = os.environ.get("SECOND_LOOK_BENCHMARK_FIGURES")

    def write(part: str, name: str, found: Any) -> None:
        with capsys.disabled():
            print(f"\n{part}, {name}: {json.dumps(found)}")
        if named:
            path = Path(named)
            figures = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
            figures.setdefault(part, {})[name] = found
            path.write_text(json.dumps(figures, indent=1), encoding="utf-8")

    return write


def command(place: Path, *words: object) -> Any:
    """What a command prints with ``--json``."""
    environment = {**os.environ, "SECOND_LOOK_HOME": str(place)}
    told = [sys.executable, "-m", "retrieval", *map(str, words), "--json"]
    done = subprocess.run(
        told, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def contrast(place: Path, path: Path, *words: str) -> Any:
    return command(place, "contrast", path, "--reranker", RERANKER, *words)


def test_minimal_pairs(place: Path, keep: Keep) -> None:
    for path in (*PROBES, *sorted((DEV / "contrast").glob("*.jsonl"))):
        report = contrast(place, path)
        kept = ("items", "accuracy", "preference", "controls")
        keep("contrast", path.stem, {name: report[name] for name in kept})


def held_out(place: Path, source: str) -> Path:
    """A file of pairs that no training has."""
    path = place / f"{source}.jsonl"
    if not path.is_file():
        command(place, "train", "pairs", path, "--source", source)
    return path


@pytest.mark.parametrize("source", SOURCES)
def test_pairs_that_no_training_has(source: str, place: Path, keep: Keep) -> None:
    keep("held_out", source, held_out_figures(contrast(place, held_out(place, source))))


def test_minimal_pairs_by_the_share_of_maxsim(place: Path, keep: Keep) -> None:
    made = [held_out(place, source) for source in SOURCES]
    for path in (*made, *PROBES):
        passed = {}
        for blend in BLENDS:
            report = contrast(place, path, "--blend", blend)
            four = [one for one in report["outcomes"] if one["stage"] == "rerank"]
            four = [one for one in four if len(one["scores"]) > 1] or four
            passed[blend] = sum(one["passed"] for one in four) / len(four)
        keep("pairs by share", path.stem, passed)


def test_answered_or_only_on_the_topic(place: Path, keep: Keep) -> None:
    folder = DEV / "ranking" / "squad11_dev"
    if not folder.is_dir():
        pytest.skip(f"no development data at {folder}")
    paragraphs = drawn_paragraphs(folder)
    table = ScoreTable(
        [paragraph for paragraph, _, _ in paragraphs],
        Models(place),
        Cache(place),
        encoder=DEFAULT_ENCODER,
        asked=SearchSettings(reranker=RERANKER),
    )
    for stage in ("rerank", "late", "dense"):
        scores = np.array(
            [
                [table.scores(stage, question, [paragraph])[0] for question in questions]
                for paragraph, *questions in paragraphs
            ]
        )
        chance = np.random.default_rng(7)
        rows = chance.integers(0, len(scores), (DRAWS, len(scores)))
        low, high = np.percentile([area(scores[drawn]) for drawn in rows], (2.5, 97.5))
        found = {"auc": area(scores), "low": float(low), "high": float(high)}
        found["pairs"] = float(np.mean(scores[:, 0] > scores[:, 1]))
        keep("topical", stage, {**found, "n": len(scores)})


def drawn_paragraphs(folder: Path) -> list[tuple[str, str, str]]:
    """Paragraphs of held-out articles, each with a question of its own and one of a neighbour."""
    corpus = {row["_id"]: row for row in rows_of(folder / "corpus.jsonl")}
    asked = {row["_id"]: row["text"] for row in rows_of(folder / "queries.jsonl")}
    lines = (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
    questions: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for question, paragraph, _ in (line.split("\t") for line in lines):
        questions[corpus[paragraph]["title"]][paragraph].append(asked[question])
    chance = random.Random(7)
    found = []
    for article in questions.values():
        for paragraph, own in article.items():
            others = [other for other in article if other != paragraph]
            if others:
                neighbours = article[chance.choice(others)]
                pair = chance.choice(own), chance.choice(neighbours)
                found.append((corpus[paragraph]["text"], *pair))
    return chance.sample(found, min(PARAGRAPHS, len(found)))


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def area(scores: np.ndarray) -> float:
    """Area under the curve of scores whose first column should be higher than the second."""
    answered, not_answered = scores[:, :1], scores[:, 1]
    return float(np.mean((answered > not_answered) + 0.5 * (answered == not_answered)))


def test_rankings(place: Path, keep: Keep) -> None:
    for sample in samples():
        open_collection(Store(place), Models(place), sample.id)
        rank(place, sample.title, sample.id, keep)
    for folder in sorted((DEV / "ranking").glob("*")):
        command(place, "ingest", folder.name, folder)
        most = () if folder.name in WHOLE else ("--most", str(MOST))
        rank(place, folder.name, folder.name, keep, most)


def rank(place: Path, title: str, name: str, keep: Keep, most: tuple[str, ...] = ()) -> None:
    """All stages, and the reranked list with each share of MaxSim."""

    def measured(*words: str) -> dict[str, Any]:
        asked = ("evaluate", title, "--reranker", RERANKER, "--measures", MEASURE, *most, *words)
        systems = command(place, *asked)["systems"]
        return {stage: figures[MEASURE] for stage, figures in systems.items()}

    found = measured()
    keep("ranking", name, {stage: {MEASURE: figures} for stage, figures in found.items()})
    shares = {
        blend: measured("--stages", "rerank", "--blend", blend)["rerank"]["mean"]
        for blend in BLENDS
    }
    first = {stage: found[stage]["mean"] for stage in ("bm25", "dense", "hybrid", "late")}
    keep("blend", name, {"questions": found["rerank"]["n"], "stages": first, "shares": shares})
