"""The command line as a person runs it, with the packaged models."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from retrieval.cli import cli, main
from retrieval.models.cards import cards
from retrieval.settings import STAGE_ORDER, Settings

pytestmark = pytest.mark.quality

ROOT = Path(__file__).resolve().parent.parent.parent

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["retrieval", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def as_json(result: tuple[int, str, str]) -> Any:
    return json.loads(result[1])


@pytest.fixture
def leaflets(tmp_path: Path) -> Path:
    folder = tmp_path / "leaflets"
    (folder / "deep").mkdir(parents=True)
    (folder / "loratadine.md").write_text(
        "---\ntopic: allergy\n---\n# Loratadine\n\nLoratadine does not cause drowsiness."
    )
    (folder / "deep" / "diphenhydramine.txt").write_text(
        "Diphenhydramine is an allergy medicine that causes drowsiness."
    )
    (folder / "empty.txt").write_text("")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    (folder / "rows.jsonl").write_text('{"_id": "r1", "text": "Water the fern."}\nno json\n')
    return folder


def test_what_went_in_is_counted_and_what_did_not_has_its_reason(run: Run, leaflets: Path) -> None:
    report = as_json(run("ingest", "mine", str(leaflets), "--json"))

    assert {key: report[key] for key in ("collection", "documents", "chunks")} == {
        "collection": "mine",
        "documents": 3,
        "chunks": 3,
    }
    assert (report["added"], report["replaced"], report["unchanged"]) == (3, 0, 0)
    assert {Path(skipped["file"]).name for skipped in report["skipped"]} == {
        "empty.txt",
        "broken.pdf",
        "rows.jsonl",
    }
    assert all(skipped["reason"] for skipped in report["skipped"])
    assert report["seconds"] > 0


def test_the_same_again_changes_nothing_and_a_changed_file_is_replaced(
    run: Run, leaflets: Path
) -> None:
    run("ingest", "mine", str(leaflets))
    again = as_json(run("ingest", "mine", str(leaflets), "--json"))
    (leaflets / "loratadine.md").write_text("Loratadine is taken once a day.")
    changed = as_json(run("ingest", "mine", str(leaflets), "--json"))

    assert (again["added"], again["replaced"], again["unchanged"]) == (0, 0, 3)
    assert (changed["added"], changed["replaced"], changed["unchanged"]) == (0, 1, 2)
    assert changed["documents"] == 3


def test_a_search_gives_a_trace_to_the_letter(run: Run, leaflets: Path) -> None:
    run("ingest", "mine", str(leaflets))

    trace = as_json(
        run("search", "mine", "allergy medicine without drowsiness", "--top", "2", "--json")
    )

    assert tuple(trace["stages"]) == STAGE_ORDER
    assert set(trace) >= {"query", "settings", "stages", "ledger"}
    for stage in trace["stages"].values():
        assert set(stage) == {"unit", "elapsed_ms", "hits"}
        assert len(stage["hits"]) <= 2
        for rank, hit in enumerate(stage["hits"], start=1):
            assert set(hit) == {"rank", "score", "chunk_id", "document_id", "text"}
            assert hit["rank"] == rank
    assert trace["stages"]["rerank"]["hits"][0]["document_id"] in {
        "loratadine.md",
        "deep/diphenhydramine.txt",
    }
    assert trace["settings"]["candidates"] == 100
    assert trace["ledger"]["total"]["pairs_scored"] == 6


def test_options_reach_the_engine(run: Run, leaflets: Path) -> None:
    run("ingest", "mine", str(leaflets))

    trace = as_json(
        run(
            *("search", "mine", "drowsiness", "--stages", "bm25,hybrid", "--fusion", "weighted"),
            *("--alpha", "0.2", "--candidates", "7", "--filter", "topic=allergy", "--json"),
        )
    )

    assert tuple(trace["stages"]) == ("bm25", "hybrid")
    assert trace["stages"]["hybrid"]["unit"] == "weighted"
    assert {hit["document_id"] for hit in trace["stages"]["hybrid"]["hits"]} == {"loratadine.md"}


def test_a_blend_on_the_command_line_is_named_in_the_trace(run: Run, leaflets: Path) -> None:
    run("ingest", "mine", str(leaflets))
    search = ("search", "mine", "drowsiness", "--stages", "rerank", "--json")
    plain, mixed = as_json(run(*search)), as_json(run(*search, "--blend", "0.5"))
    assert plain["stages"]["rerank"]["unit"] == "logit"
    assert mixed["stages"]["rerank"]["unit"] == "blend"
    assert mixed["settings"]["blend"] == 0.5
    scores = [[hit["score"] for hit in one["stages"]["rerank"]["hits"]] for one in (plain, mixed)]
    assert scores[0] != scores[1] == sorted(scores[1], reverse=True)
    assert run(*search, "--blend", "2")[0] == 2


def test_collections_are_listed_and_deleted(run: Run, leaflets: Path) -> None:
    run("ingest", "mine", str(leaflets))

    (listed,) = as_json(run("collections", "--json"))
    assert (listed["name"], listed["documents"], listed["encoder"]) == (
        "mine",
        3,
        "all-MiniLM-L6-v2",
    )
    assert run("delete", "mine")[0] == 0
    assert as_json(run("collections", "--json")) == []


def test_a_sample_collection_is_there_without_being_ingested(run: Run) -> None:
    evaluation = as_json(
        run(
            *("evaluate", "Household medicine and plants", "--candidates", "5"),
            *("--measures", "success@1", "--json"),
        )
    )

    assert set(evaluation["systems"]) == set(STAGE_ORDER)
    for system in evaluation["systems"].values():
        figure = system["success@1"]
        assert figure["n"] >= 20
        assert figure["low"] <= figure["mean"] <= figure["high"]


def test_models_name_folders_that_are_there_or_say_that_they_must_be_fetched(run: Run) -> None:
    listed = as_json(run("models", "--json"))

    assert {entry["id"] for entry in listed} == {card.id for card in cards()}
    for entry in listed:
        is_absent = entry["state"] == "to fetch"
        assert entry["path"] is None if is_absent else Path(entry["path"]).is_dir()
        assert set(entry) >= {"id", "kind", "source", "path", "bytes", "licence", "state"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("search", "nothing here", "question"), "collection_missing"),
        (("search", "Household medicine and plants", "  "), "query"),
        (("search", "Household medicine and plants", "word " * 10_000), "query"),
        (("delete", "nothing here"), "collection_missing"),
        (("ingest", "a/b", "README.md"), "collection"),
        (("ingest", "mine", "no/such/file"), "ingest"),
        (("ingest", "mine", "README.md", "--encoder", "no/such"), "model"),
    ],
)
def test_a_failure_is_one_line_or_one_document(
    run: Run, arguments: tuple[str, ...], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    status, out, err = run(*arguments)
    assert (status, out) == (1, "")
    assert err.strip().count("\n") == 0
    assert "Traceback" not in err

    status, out, _ = run(*arguments, "--json")
    error = json.loads(out)["error"]
    assert status == 1
    assert error["code"] == code
    assert set(error) == {"code", "message", "hint"}


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("search", "only a collection"),
        ("search", "c", "q", "--candidates", "4"),
        ("search", "c", "q", "--candidates", "many"),
        ("search", "c", "q", "--stages", "sparse"),
        ("search", "c", "q", "--filter", "nonsense"),
        ("ingest", "c", "README.md", "--chunk-tokens", "3"),
        ("nonsense",),
    ],
)
def test_wrong_usage_exits_with_two(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_json_is_alone_on_standard_output(home: Path, leaflets: Path) -> None:
    environment = {**os.environ, "SECOND_LOOK_HOME": str(home)}
    result = subprocess.run(
        [sys.executable, "-m", "retrieval", "ingest", "mine", str(leaflets), "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(result.stdout)["documents"] == 3


def every_command(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """Commands, and those of the groups among them."""
    for name, command in group.commands.items():
        yield name, command
        if isinstance(command, click.Group):
            yield from every_command(command)


def test_the_readme_names_every_command_option_setting_stage_and_model() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert isinstance(cli, click.Group)
    for name, command in every_command(cli):
        assert re.search(rf"`(\w+ )?{name}\b", readme), name
        for option in command.params:
            for flag in (*option.opts, *option.secondary_opts):
                if flag.startswith("--"):
                    assert flag in readme, f"{name} {flag}"
    for name, field in Settings.model_fields.items():
        variable = field.validation_alias or f"SECOND_LOOK_{name.upper()}"
        assert f"`{variable}`" in readme
    for named in (*STAGE_ORDER, *(card.id.removesuffix("-tokens") for card in cards())):
        assert f"`{named}`" in readme
