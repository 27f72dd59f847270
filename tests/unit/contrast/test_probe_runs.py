"""Probe sets that are picked, handed in and run: kept, told of, stopped and never done twice."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from scipy import stats

from retrieval.cache import Cache
from retrieval.contrast.pairwise import Outcome, ProbeReport, Tally, judge
from retrieval.contrast.phenomena import PHENOMENA
from retrieval.contrast.probe_runs import ProbeOrder, ProbeRuns
from retrieval.contrast.probe_sets import ALL, ProbeSets, gathered, shipped_sets
from retrieval.contrast.probes import Probe
from retrieval.contrast.scoring import ScoreTable
from retrieval.errors import CancelledError, IngestError
from retrieval.ingest.sources import Source
from retrieval.jobs import Control, Job, Jobs
from retrieval.models.loading import Models
from retrieval.settings import STAGE_ORDER, SearchSettings
from tests.tiny import save_cross_encoder, save_encoder

PHENOMENON = {"phenomenon": "roles", "kind": "transitive"}
ROWS = [
    {
        "id": f"r{number}",
        "query_1": "who bites the man",
        "query_2": "who bites the dog",
        "document_1": f"the dog bites the man in the sun {'leaf ' * number}",
        "document_2": f"the man bites the dog in the sun {'leaf ' * number}",
        "control": f"the man is who the dog bites {'leaf ' * number}",
        **PHENOMENON,
    }
    for number in range(1, 5)
]


def source(rows: list[dict[str, str]], name: str = "own.jsonl") -> Source:
    data = "\n".join(map(json.dumps, rows)).encode()
    return Source(name, len(data), lambda: io.BytesIO(data))


@pytest.fixture
def models(tmp_path: Path) -> tuple[str, str]:
    encoder = save_encoder(tmp_path / "encoder")
    return str(encoder), str(save_cross_encoder(tmp_path / "reranker"))


@pytest.fixture
def runs(home: Path) -> Iterator[ProbeRuns]:
    jobs = Jobs(home / "jobs")
    yield ProbeRuns(jobs, Models(), Cache(), home)
    jobs.close()


def order(runs: ProbeRuns, models: tuple[str, str], items: int = 100) -> ProbeOrder:
    return ProbeOrder(runs.sets.add(source(ROWS)).id, items, *models)


def test_a_share_has_wilsons_interval() -> None:
    tally = Tally.of(81, 263)

    # Newcombe (1998), table I, has 81 of 263 as 0.2553 to 0.3662.
    assert (tally.low, tally.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert Tally.of(0, 20)[:2] == (0.0, 0.0)
    assert Tally.of(0, 20).high == pytest.approx(0.16113, abs=1e-5)


def test_intervals_and_kinds_stand_beside_the_shares() -> None:
    def outcome(margins: tuple[float, ...], kind: str) -> Outcome:
        probe = Probe(kind, "roles", ("q",) * len(margins), ("a", "b"), kind=kind)
        return Outcome(probe, "dense", ((0.0, 0.0),), margins, None)

    found = ProbeReport(
        (outcome((1.0, 1.0), "passive"), outcome((1.0, -1.0), "passive"), outcome((1.0, 1.0), ""))
    ).as_dict()

    assert found["accuracy"] == {"dense": 2 / 3}
    assert found["by_kind"] == {"roles": {"passive": {"dense": 0.5}}}
    low, high = stats.binomtest(1, 2).proportion_ci(0.95, method="wilson")
    expected = {"low": low, "high": high, "passed": 1, "n": 2}
    assert found["intervals"]["by_kind"] == {"roles": {"passive": {"dense": expected}}}
    assert found["intervals"]["accuracy"]["dense"]["n"] == 3
    assert found["intervals"]["by_phenomenon"]["roles"] == found["intervals"]["accuracy"]
    assert found["intervals"]["preference"] == {}


def test_the_shipped_sets_are_listed_first_all_of_them_together_leading(tmp_path: Path) -> None:
    listed = ProbeSets(tmp_path).list()

    assert [one.id for one in listed] == [ALL, *PHENOMENA]
    assert listed[0].items == sum(one.items for one in listed[1:]) >= 300
    assert all(not one.notes for one in shipped_sets())


def test_a_set_that_was_handed_in_comes_back_whole(tmp_path: Path) -> None:
    single = {"query": "q", "positive": "yes", "negative": "no", "control": "true"}
    made = ProbeSets(tmp_path).add(source([*ROWS, single, {"query": "q"}, ROWS[0]]))
    found = ProbeSets(tmp_path).get(made.id)

    assert found.probes == made.probes
    assert len(found.probes) == 5
    assert found.fingerprint == made.fingerprint
    assert found.notes == (
        "own.jsonl: row 6 lacks positive, negative",
        "own.jsonl: row 7 repeats an earlier one",
    )
    assert ProbeSets(tmp_path).list()[-1].items == 5


def test_a_forgotten_or_made_up_set_gets_a_line(tmp_path: Path) -> None:
    sets = ProbeSets(tmp_path)
    made = sets.add(source(ROWS))
    sets.remove(made.id)

    for set_id in (made.id, "own-0", "../../etc/passwd"):
        with pytest.raises(IngestError, match="not there any more"):
            sets.get(set_id)


def test_fifty_thousand_bad_rows_are_told_of_in_a_few_lines(tmp_path: Path) -> None:
    rows = [{"query": f"q{number}"} for number in range(49_990)]
    made = ProbeSets(tmp_path).add(source([*rows, *ROWS, *ROWS]))

    assert len(made.probes) == 4
    assert len(made.notes) == 10
    assert made.notes[5] == "and 49,985 more rows like the last one"


def test_notes_of_one_reason_are_gathered() -> None:
    notes = ["f: row 1 lacks negative", "f: row 2 repeats an earlier one"]

    assert list(gathered(notes)) == notes


def test_a_run_gives_what_the_command_computes(runs, models) -> None:
    asked = order(runs, models)
    assert runs.find(asked) is None

    job = runs.wait(runs.submit(asked).id, 60)

    probes = runs.sets.get(asked.set_id).probes
    encoder, reranker = models
    texts = [text for probe in probes for text in probe.texts]
    settings = SearchSettings(reranker=reranker)
    table = ScoreTable(texts, Models(), Cache(), encoder=encoder, asked=settings)
    found = runs.find(asked)
    assert (job.state, job.error) == ("done", None)
    assert found is not None
    assert found.as_dict() == judge(probes, table).as_dict()


def test_results_outlive_the_process_and_run_no_model(runs, models, home, monkeypatch) -> None:
    asked = order(runs, models)
    runs.wait(runs.submit(asked).id, 60)
    before = runs.find(asked)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a text was scored again")

    monkeypatch.setattr(ScoreTable, "__init__", refuse)
    again = ProbeRuns(Jobs(home / "jobs"), Models(), Cache(), home)

    assert again.find(asked) == before


def test_other_items_or_another_reranker_are_another_run(runs, models, tmp_path: Path) -> None:
    asked = order(runs, models)
    runs.wait(runs.submit(asked).id, 60)
    other = save_cross_encoder(tmp_path / "other", seed=5)

    assert runs.find(ProbeOrder(asked.set_id, 2, *models)) is None
    assert runs.find(ProbeOrder(asked.set_id, 100, models[0], str(other))) is None


def test_damaged_results_are_computed_again(runs, models, home) -> None:
    asked = order(runs, models)
    runs.wait(runs.submit(asked).id, 60)
    for path in (home / "probe-results").glob("*.json"):
        path.write_text('{"stages": 3')

    assert ProbeRuns(Jobs(home / "jobs"), Models(), Cache(), home).find(asked) is None


def test_a_run_tells_how_far_it_is_and_stops_when_asked(runs, models) -> None:
    asked = order(runs, models)
    told: list[str] = []
    job = Job("1", "probes", "", "", asked.as_dict(), "")

    def cancelled() -> bool:
        return "items" in told

    with pytest.raises(CancelledError):
        runs._run(job, Control(lambda progress: told.append(progress.current), cancelled))

    assert told == ["vectors", "items"]
    assert runs.find(asked) is None


def test_the_stages_of_a_report_are_those_of_the_cascade(runs, models) -> None:
    asked = order(runs, models)
    runs.wait(runs.submit(asked).id, 60)
    report = runs.find(asked)

    assert report is not None
    assert tuple(report.as_dict()["accuracy"]) == STAGE_ORDER
