"""Measuring from the command line: files in, figures, runs, qrels and a report out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ir_measures
import pytest
from click.testing import CliRunner, Result

from retrieval.cli import cli
from retrieval.errors import SecondLookError, SettingsError
from retrieval.settings import STAGE_ORDER, settings
from retrieval.store import Store
from tests.judged import JudgedScene, judged_scene
from tests.services import KEY, KEY_NAME, loopback, write_services
from tests.tiny import save_cross_encoder

MEASURES = "nDCG@10,MRR@10,recall@20,MAP,judged@10"


@pytest.fixture
def scene(store: Store, tmp_path: Path) -> JudgedScene:
    return judged_scene(store, tmp_path, questions=5, name="c")


def invoke(scene: JudgedScene, *arguments: str) -> Result:
    chosen = ("--reranker", scene.asked.reranker, "--late", scene.asked.late, "--candidates", "20")
    return CliRunner().invoke(cli, ["evaluate", "c", *chosen, *arguments], catch_exceptions=False)


def evaluated(scene: JudgedScene, *arguments: str) -> dict[str, Any]:
    result = invoke(scene, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_files_that_go_out_give_the_same_figures(scene: JudgedScene, tmp_path: Path) -> None:
    runs, qrels, report = tmp_path / "runs", tmp_path / "q.txt", tmp_path / "deep" / "r.html"
    found = evaluated(
        scene,
        *("--measures", MEASURES, "--runs", str(runs)),
        *("--qrels-out", str(qrels), "--report", str(report)),
    )
    assert {path.name for path in runs.iterdir()} == {f"{stage}.run" for stage in STAGE_ORDER}
    judged = list(ir_measures.read_trec_qrels(qrels.read_text()))
    names = {"MRR@10": "RR@10", "recall@20": "R@20", "MAP": "AP", "judged@10": "Judged@10"}
    for stage in STAGE_ORDER:
        run = list(ir_measures.read_trec_run((runs / f"{stage}.run").read_text()))
        for name, figure in found["systems"][stage].items():
            measure = ir_measures.parse_measure(names.get(name, name))
            theirs = ir_measures.calc_aggregate([measure], judged, run)[measure]
            assert figure["mean"] == pytest.approx(theirs, abs=1e-6)
            assert figure["n"] == 5
    assert len(found["comparisons"]) == 10
    assert "Evaluation of c" in report.read_text()


def test_a_system_is_saved_listed_measured_again_renamed_and_deleted(scene: JudgedScene) -> None:
    first = evaluated(scene, "--save-system", "twenty", "--stages", "bm25,rerank")
    with pytest.raises(SettingsError, match="already a system"):
        invoke(scene, "--save-system", "Twenty", "--stages", "bm25")
    again = evaluated(
        scene,
        *("--stages", "bm25,hybrid", "--system", "TWENTY", "--candidates", "50"),
        *("--baseline", "hybrid"),
    )
    assert again["systems"]["twenty"] == first["systems"]["rerank"]
    assert [(one["a"], one["b"]) for one in again["comparisons"]] == [
        ("hybrid", "bm25"),
        ("hybrid", "twenty"),
    ]
    (listed,) = systems("--rename", "twenty", "20")
    assert (listed["name"], listed["collection"], listed["recipe"]["candidates"]) == ("20", "c", 20)
    said = CliRunner().invoke(cli, ["systems", "--collection", "c"], catch_exceptions=False).output
    assert said.startswith("20: c, version")
    assert systems("--collection", "other") == []
    assert systems("--delete", "20") == []
    with pytest.raises(SettingsError, match="no saved system"):
        systems("--delete", "20")


def systems(*arguments: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(cli, ["systems", *arguments, "--json"], catch_exceptions=False)
    return json.loads(result.output)


def test_files_come_in_and_what_is_wrong_with_them_is_said(
    scene: JudgedScene, tmp_path: Path
) -> None:
    queries, qrels, run = (tmp_path / name for name in ("topics.tsv", "j.csv", "their.run"))
    queries.write_text("a\tthe dog bit the man\nb\twater and sun\n")
    qrels.write_text("who,what,how\na,doc 001,1\na,doc 002,-1\nb,nowhere,1\n")
    run.write_text("a Q0 doc%20001 1 1.0 t\n")
    files = ("--queries", str(queries), "--qrels", str(qrels))
    found = evaluated(
        scene,
        *(*files, "--qrels-columns", "who,what,how", "--stages", "bm25"),
        *("--add-run", str(run), "--measures", "success@1"),
    )
    assert found["systems"]["their"]["success@1"]["mean"] == 1.0
    assert found["systems"]["bm25"]["success@1"]["n"] == 1
    notes = " ".join(found["notes"])
    for part in ("j.csv, row 2: the grade “-1”", "row 3: the collection", "question “b”"):
        assert part in notes
    with pytest.raises(SecondLookError, match="does not name 3 columns"):
        invoke(scene, *files, "--qrels-columns", "who,what")


def test_a_beir_folder_brings_both(scene: JudgedScene, tmp_path: Path) -> None:
    (tmp_path / "beir" / "qrels").mkdir(parents=True)
    (tmp_path / "beir" / "queries.jsonl").write_text('{"_id": "1", "text": "the dog"}')
    judged = "query-id\tcorpus-id\tscore\n1\tdoc 003\t1\n"
    (tmp_path / "beir" / "qrels" / "test.tsv").write_text(judged)
    found = evaluated(scene, "--queries", str(tmp_path / "beir"), "--stages", "bm25")
    assert found["systems"]["bm25"]["nDCG@10"]["n"] == 1


def test_more_questions_than_wanted_are_sampled(scene: JudgedScene) -> None:
    found = evaluated(scene, "--most", "2", "--stages", "bm25,dense")
    assert found["systems"]["bm25"]["nDCG@10"]["n"] == 2
    assert "2 of 5 judged questions are measured" in found["notes"][0]


def test_a_baseline_that_is_not_there_is_one_line(scene: JudgedScene) -> None:
    with pytest.raises(SettingsError, match="no system “late”"):
        invoke(scene, "--stages", "bm25", "--baseline", "late")


def test_without_json_there_is_a_line_a_system_and_a_sentence_a_comparison(
    scene: JudgedScene,
) -> None:
    lines = invoke(scene, "--stages", "bm25,dense", "--measures", "MAP").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["bm25", "dense", "bm25"]
    assert "Too few questions to say" in lines[-1]


def test_two_rerankers_are_measured_side_by_side(scene: JudgedScene, tmp_path: Path) -> None:
    second = str(save_cross_encoder(tmp_path / "second", seed=23))
    found = evaluated(scene, "--stages", "rerank", "--reranker-2", second)
    alone = evaluated(scene, "--stages", "rerank", "--reranker", second)
    assert list(found["systems"]) == ["rerank", "rerank_2"]
    assert found["systems"]["rerank_2"] == alone["systems"]["rerank"]
    assert [(one["a"], one["b"]) for one in found["comparisons"]] == [("rerank", "rerank_2")]


def test_a_service_is_measured_beside_a_local_reranker_and_asked_once(
    scene: JudgedScene, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_LOOK_OFFLINE", "0")
    monkeypatch.setenv(KEY_NAME, KEY)
    settings.cache_clear()
    with loopback() as service:
        write_services(home / "services.toml", service.base)
        chosen = ("--stages", "rerank", "--reranker-2", "remote:scorer", "--blend", "0.5")
        first = invoke(scene, *chosen, "--json")
        assert "5 questions and up to 20 passages each go to 127.0.0.1" in first.stderr
        assert len(service.asked) == 5
        assert evaluated(scene, *chosen) == json.loads(first.stdout)
        assert len(service.asked) == 5
        with pytest.raises(SecondLookError, match="whole lists"):
            invoke(scene, "--stages", "rerank", "--reranker-2", "remote:chat")
        assert len(service.asked) == 5
