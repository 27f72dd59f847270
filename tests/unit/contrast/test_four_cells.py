"""One item in every stage: the figures of ``contrast``, and what they amount to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from retrieval.cache import Cache
from retrieval.cli.measure import contrast
from retrieval.contrast.four_cells import FourCells, probe_row, result_of, score_cells
from retrieval.contrast.pairwise import Outcome
from retrieval.contrast.probes import Probe, probe_from
from retrieval.models.loading import Models
from retrieval.settings import STAGE_ORDER, SearchSettings
from retrieval.store import Snapshot, Store
from tests.corpus import filled
from tests.tiny import save_cross_encoder, save_encoder

FOUR = Probe(
    "twin",
    "roles",
    ("who bit the man", "who bit the dog"),
    ("the dog bit the man", "the man bit the dog"),
    control="the man the dog bit",
)
ONE = Probe("twin", "negation", ("is it safe to cats",), ("the plant is safe", "it is not safe"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Models, str, str]:
    base = tmp_path_factory.mktemp("models")
    encoder, reranker = save_encoder(base / "encoder"), save_cross_encoder(base / "reranker")
    return Models(), str(encoder), str(reranker)


@pytest.fixture
def snapshot(tiny: tuple[Models, str, str], store: Store) -> Snapshot:
    models, encoder, _ = tiny
    return filled(store, models.encoder(encoder)).snapshot()


@pytest.mark.parametrize("probe", [FOUR, ONE], ids=["four cells", "one question"])
def test_the_command_prints_the_same_figures(
    probe: Probe, tiny: tuple[Models, str, str], tmp_path: Path, home: Path
) -> None:
    models, encoder, reranker = tiny
    snapshot = filled(Store(home), models.encoder(encoder)).snapshot()
    file = tmp_path / "twin.jsonl"
    file.write_text(json.dumps(probe_row(probe)))
    asked = SearchSettings(reranker=reranker)

    cells = score_cells(probe, models, Cache(), asked=asked, background=snapshot)
    options = ["--encoder", encoder, "--reranker", reranker, "--collection", "passages", "--json"]
    printed = CliRunner().invoke(contrast, [str(file), *options])

    assert printed.exit_code == 0, printed.output
    rows = {row["stage"]: row for row in json.loads(printed.stdout)["outcomes"]}
    assert tuple(rows) == STAGE_ORDER
    for stage in STAGE_ORDER:
        own, row = cells.of(stage), rows[stage]
        assert row["scores"] == [pytest.approx(line, abs=1e-5) for line in own.scores]
        assert row["margins"] == pytest.approx(own.margins, abs=1e-5)
        assert row["passed"] is own.passed
        expected = own.control_margin
        assert row["control_margin"] == (
            None if expected is None else pytest.approx(expected, abs=1e-5)
        )


def test_the_collection_is_the_corpus(tiny: tuple[Models, str, str], snapshot: Snapshot) -> None:
    models, _, reranker = tiny
    asked = SearchSettings(reranker=reranker)

    cells = score_cells(ONE, models, Cache(), asked=asked, background=snapshot)

    assert cells.passages == len(snapshot)
    assert isinstance(cells, FourCells)
    assert [outcome.stage for outcome in cells.outcomes] == list(STAGE_ORDER)


@pytest.mark.parametrize("probe", [FOUR, ONE], ids=["four cells", "one question"])
def test_a_row_reads_back_as_the_item(probe: Probe) -> None:
    row = {name: str(value) for name, value in probe_row(probe).items()}

    assert probe_from(row, 1) == probe


@pytest.mark.parametrize(
    ("margins", "result"),
    [
        ((0.1, 0.2), "told"),
        ((0.1,), "told"),
        ((0.0, 0.0), "tied"),
        ((0.0,), "tied"),
        ((0.1, -0.2), "preferred"),
        ((-0.1, 0.2), "preferred"),
        ((0.1, 0.0), "split"),
        ((-0.1, -0.2), "reversed"),
        ((0.0, -0.2), "reversed"),
        ((-0.1,), "reversed"),
    ],
)
def test_margins_have_one_reading(margins: tuple[float, ...], result: str) -> None:
    assert result_of(Outcome(FOUR, "dense", ((0.0, 0.0),) * len(margins), margins, None)) == result
