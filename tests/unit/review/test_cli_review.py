"""Reviews from the command line: made, judged, led, exported and brought into another home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from retrieval.cli import cli
from retrieval.errors import IngestError, ReviewError, RoleError, SettingsError
from retrieval.settings import settings
from retrieval.store import Store
from tests.judged import judged_scene


@pytest.fixture
def collection(store: Store, tmp_path: Path) -> str:
    """A collection on tiny models, which are named wherever a model is asked for."""
    judged_scene(store, tmp_path, questions=3, name="c")
    return "c"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["review", *arguments], catch_exceptions=False)


def told(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def create(collection: str, name: str, *arguments: str) -> Any:
    return told("create", collection, name, "--stages", "bm25,dense", "--depth", "3", *arguments)


def judge_all(review: str, who: str) -> int:
    count = 0
    while (task := told("--as", who, "next", review)["task"]) is not None:
        told("--as", who, "judge", review, task["id"], str(count % 4), "--comment", "=1")
        count += 1
    return count


def test_a_review_is_made_judged_led_and_exported(
    collection: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create(collection, "mine", "--needed", "2")
    assert made["passages"] > 6
    assert [one["name"] for one in made["systems"]] == ["bm25", "dense"]
    assert judge_all("mine", "ann") == judge_all(made["id"], "ben") == made["passages"]
    assert told("show", "mine")["progress"]["complete"] == made["passages"]
    first = told("disputes", "mine", "--top", "1")[0]
    told("decide", "mine", first["task_id"], "3", "--comment", "seen")
    assert told("disputes", "mine", "--top", "1")[0]["final"]["grade"] == 3
    figures = [told(command, "mine") for command in ("results", "agreement")]
    assert set(figures[0]["evaluation"]["systems"]) == {"bm25", "dense"}
    for form in ("trec", "csv", "beir", "judgments-csv", "judgments-jsonl"):
        told("export", "mine", str(tmp_path / form), "--form", form)
        assert (tmp_path / form).read_text().count("\n") > 3
    said = told("summary", "mine", str(tmp_path / "s.html"))["sentences"]
    assert len(said) == 3
    assert (tmp_path / "s.html").read_text().startswith("<!DOCTYPE html>")

    (tmp_path / "judgments-jsonl").rename(tmp_path / "r.jsonl")
    monkeypatch.setenv("SECOND_LOOK_HOME", str(tmp_path / "another"))
    settings.cache_clear()
    assert told("import", str(tmp_path / "r.jsonl"))["added"] > 0
    assert [told(command, "mine") for command in ("results", "agreement")] == figures


def test_what_evaluate_measures_on_a_review_is_what_the_review_says(
    collection: str, tmp_path: Path
) -> None:
    create(collection, "mine")
    judge_all("mine", "ann")
    results = told("results", "mine")["evaluation"]["systems"]
    arguments = ["evaluate", collection, "--review", "mine", "--stages", "bm25,dense"]
    chosen = ["--measures", "nDCG@10,judged@10", "--json"]
    found = CliRunner().invoke(cli, [*arguments, *chosen], catch_exceptions=False)
    assert json.loads(found.stdout)["systems"] == results
    with pytest.raises(SettingsError, match="its own questions"):
        CliRunner().invoke(cli, [*arguments, "--qrels", __file__], catch_exceptions=False)


def test_the_plain_way_of_every_command_is_words(collection: str, tmp_path: Path) -> None:
    assert "passages to judge" in run("create", collection, "w", "--stages", "bm25").output
    assert "open" in run("list").output
    task = told("next", "w")["task"]["id"]
    assert task in run("next", "w").output
    assert run("skip", "w", task).output == "Stored.\n"
    assert run("cannot", "w", task).output == "Stored.\n"
    assert "Taken back" in run("undo", "w").output
    assert run("judge", "w", task, "2").output == "Stored.\n"
    assert "1 judged" in run("show", "w").output
    assert "not known" in run("agreement", "w").output
    assert "nDCG@10" in run("results", "w").output
    assert run("decide", "w", task, "1").output == "Decided: 1.\n"
    assert "decided: 1" in run("disputes", "w").output
    assert run("decide", "w", task, "none").output == "Withdrawn.\n"
    assert "Wrote" in run("export", "w", str(tmp_path / "q")).output
    assert "judged" in run("summary", "w", str(tmp_path / "s.html")).output
    assert "changed" in run("change", "w", "--close").output
    with pytest.raises(ReviewError, match="closed"):
        run("judge", "w", task, "2")
    token = run("share", "w", "--label", "a friend", "--days", "3").output.strip()
    assert len(token) > 30
    assert "a friend" in run("shares", "w").output
    assert run("revoke", told("shares", "w")[0]["id"]).output == "Withdrawn.\n"
    assert "closed" in run("shares", "w").output
    assert "deleted" in run("delete", "w").output
    with pytest.raises(ReviewError, match="There is no review “w”"):
        run("show", "w")


def test_two_lists_are_compared_from_the_command_line(collection: str) -> None:
    create(collection, "lists", "--mode", "lists")
    task = told("next", "lists")["task"]
    assert {"left", "right"} <= set(task)
    assert "left:" in run("next", "lists").output
    assert told("prefer", "lists", task["id"], "left")["side"] == "left"
    assert told("results", "lists")["win_rates"][0]["votes_a"] in (0, 1)
    assert "votes" in run("results", "lists").output


def test_questions_come_from_wherever_they_are(collection: str, tmp_path: Path) -> None:
    file = tmp_path / "asked.csv"
    file.write_text("id,text,need\nx,which water,to drink\n,,\n")
    made = create(collection, "file", "--queries", str(file))
    assert made["draft"]["questions"] == [{"id": "x", "text": "which water", "need": "to drink"}]
    words = ("--scale", "binary", "--word", "no", "--word", "yes")
    typed = create(collection, "typed", "--question", "which cat", "--question", "a dog", *words)
    assert [one["text"] for one in typed["draft"]["questions"]] == ["which cat", "a dog"]
    assert typed["draft"]["scale"]["words"] == ["no", "yes"]
    probes = create(collection, "probes", "--probes", "negation")
    assert len(probes["draft"]["questions"]) > 20


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (("create", "c", " "), ReviewError, "no name"),
        (("create", "c", "n", "--depth", "0"), ReviewError, "depth"),
        (("create", "c", "n", "--word", "one"), ReviewError, "words for 4 grades"),
        (("create", "c", "n", "--probes", "nowhere"), IngestError, "not there"),
        (("create", "c", "n", "--system", "nowhere"), SettingsError, "no saved system"),
        (("next", "nowhere"), ReviewError, "There is no review “nowhere”"),
        (("--as", " \n", "list"), RoleError, "no name"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(
    collection: str, arguments: tuple[str, ...], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        run(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "c", "n", "--stages", "sparse"),
        ("create", "c", "n", "--scale", "stars"),
        ("decide", "r", "t", "best"),
        ("prefer", "r", "t", "up"),
        ("export", "r", "p", "--form", "pdf"),
        ("nonsense",),
    ],
)
def test_wrong_usage_exits_with_two(home: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
