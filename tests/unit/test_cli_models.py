from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from retrieval.cli import cli
from retrieval.errors import FetchError, ModelError
from tests.hub_server import TINY, Hub
from tests.tiny import save_cross_encoder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=True)


def test_models_say_whether_each_is_here(home: Path, hub: Hub) -> None:
    said = run("models").stdout

    assert "built in" in said.splitlines()[0]
    assert "BAAI/bge-m3" in said
    listed = json.loads(run("models", "--json").stdout)
    assert {one["state"] for one in listed} == {"built in", "to fetch"}
    assert hub.asked == []


def test_fetch_ends_with_the_folder_and_the_card(home: Path, hub: Hub) -> None:
    result = run("fetch", TINY, "--json")

    card = json.loads(result.stdout)
    assert (card["state"], card["kind"], card["dimension"]) == ("here", "encoder", 16)
    assert Path(card["path"]).is_relative_to(home)
    assert "100 % of" in result.stderr


def test_a_fetch_finds_out_what_a_model_was_made_for(home: Path, hub: Hub, tmp_path: Path) -> None:
    hub.add("tiny/scorer", save_cross_encoder(tmp_path / "scorer"))

    assert json.loads(run("fetch", "tiny/scorer", "--json").stdout)["kind"] == "reranker"


def test_a_model_of_the_catalogue_is_fetched_by_its_short_name(
    home: Path, hub: Hub, tmp_path: Path
) -> None:
    whole = "cross-encoder/ms-marco-TinyBERT-L2-v2"
    hub.add(whole, save_cross_encoder(tmp_path / "scorer"))

    said = run("fetch", "ms-marco-TinyBERT-L2-v2").stdout

    assert said.startswith(f"{whole} is here")
    states = {one["id"]: one["state"] for one in json.loads(run("models", "--json").stdout)}
    assert states[whole] == "here"


def test_what_is_built_in_is_not_fetched(home: Path, hub: Hub) -> None:
    assert "is here" in run("fetch", "all-MiniLM-L6-v2").stdout
    assert hub.asked == []


def test_a_fetched_model_can_be_let_go(home: Path, hub: Hub) -> None:
    folder = Path(json.loads(run("fetch", TINY, "--json").stdout)["path"])

    assert "not kept" in run("fetch", TINY, "--remove").stdout
    assert not folder.exists()


def test_what_does_not_fit_is_refused(home: Path, hub: Hub) -> None:
    result = run("fetch", TINY, "--kind", "reranker")

    assert isinstance(result.exception, ModelError)
    assert "a reranker is wanted" in result.exception.message


@pytest.mark.parametrize("model", ["../../etc", "a/../b", "/etc/passwd", ""])
def test_an_id_that_would_lead_elsewhere_is_refused(home: Path, hub: Hub, model: str) -> None:
    assert isinstance(run("fetch", model).exception, ModelError)
    assert isinstance(run("fetch", model, "--remove").exception, ModelError)


def test_without_a_network_there_is_one_line(
    home: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    result = run("fetch", TINY)

    assert isinstance(result.exception, FetchError)
    assert "cannot be reached" in result.exception.message


def test_a_search_with_a_model_that_is_not_here_says_what_to_do(home: Path, hub: Hub) -> None:
    result = run("search", "Household medicine and plants", "x", "--reranker", "BAAI/bge-m3x")

    assert isinstance(result.exception, ModelError)
    assert "fetch" in result.exception.hint
