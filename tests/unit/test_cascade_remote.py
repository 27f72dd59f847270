"""Rerankers elsewhere in the cascade and on the command line, against services on loopback."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.cli import cli
from retrieval.errors import RemoteError
from retrieval.explain.explainer import Explainer, Passage
from retrieval.explain.flags import hit_flags
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings
from retrieval.store import Snapshot, Store
from tests.corpus import filled
from tests.services import KEY, KEY_NAME, Loopback, relevances, reply
from tests.tiny import WORDS, save_cross_encoder, save_encoder

QUERY = "which medicine does not cause drowsiness"
SIZE = 45


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    base = tmp_path_factory.mktemp("models")
    return save_encoder(base / "encoder"), save_cross_encoder(base / "reranker")


@pytest.fixture
def models(service: Loopback, home: Path) -> Models:
    return Models(home)


@pytest.fixture
def snapshot(store: Store, models: Models, folders: tuple[Path, Path]) -> Snapshot:
    texts = [f"medicine {WORDS[i % 30]} {WORDS[i // 30]} {i}" for i in range(SIZE)]
    return filled(store, models.encoder(str(folders[0])), texts).snapshot()


@pytest.fixture
def asked(folders: tuple[Path, Path]) -> SearchSettings:
    return SearchSettings(
        candidates=40,
        stages=("dense", "rerank"),
        reranker="remote:scorer",
        reranker_2=str(folders[1]),
    )


def test_a_service_stands_beside_a_local_reranker(models, home, snapshot, asked, service) -> None:
    cascade = Cascade(models, Cache(home))
    trace = cascade.search(snapshot, QUERY, asked)
    there, here = trace.rankings["rerank"], trace.rankings["rerank_2"]
    assert (there.unit, here.unit) == ("relevance", "logit")
    (body,) = service.asked
    assert body["documents"] == [snapshot.chunks([one])[one].text for one in trace.pool]
    scores = sorted((hit.score for hit in there.hits), reverse=True)
    assert scores == pytest.approx(sorted(relevances(body), reverse=True))
    ledger = trace.as_dict()["ledger"]["stages"]
    assert ledger["rerank"]["calls"] == 1
    assert ledger["rerank"]["bytes_sent"] > 1000
    assert ledger["rerank"]["price"] == pytest.approx(0.002)
    assert ledger["rerank"]["elapsed_ms"] > 0
    assert (ledger["rerank_2"]["calls"], ledger["rerank"]["forward_passes"]) == (0, 0)


def test_only_new_pairs_are_sent(models, home, snapshot, asked, service) -> None:
    cascade = Cascade(models, Cache(home))
    cascade.search(snapshot, QUERY, replace(asked, candidates=30))
    more = cascade.search(snapshot, QUERY, asked).rankings["rerank"].cost
    assert [len(body["documents"]) for body in service.asked] == [30, 10]
    assert (more.pairs_cached, more.pairs_scored, more.calls) == (30, 10, 1)
    again = Cascade(Models(home), Cache(home)).search(snapshot, QUERY, asked)
    assert again.rankings["rerank"].cost.calls == 0
    assert len(service.asked) == 2


def test_a_chat_model_orders_the_pool(models, home, snapshot, asked, service) -> None:
    chat = replace(asked, reranker="remote:chat")
    cascade = Cascade(models, Cache(home))
    *growing, trace = cascade.stream(snapshot, QUERY, chat)
    ranking = trace.rankings["rerank"]
    assert ranking.unit == "beaten"
    assert [hit.score for hit in ranking.hits] == list(range(39, -1, -1))
    assert ranking.cost.calls == 3 == len(service.asked)
    assert ranking.cost.price == pytest.approx(0.021)
    assert ranking.cost.pairs_scored == 40
    texts = [snapshot.chunks([hit.chunk_id])[hit.chunk_id].text for hit in ranking.hits]
    assert texts[:10] == sorted(texts, reverse=True)[:10]
    assert any(one.rankings["rerank"].pending for one in growing if "rerank" in one.rankings)
    again = cascade.search(snapshot, QUERY, chat).rankings["rerank"]
    assert (again.hits, again.cost.calls, again.cost.pairs_cached) == (ranking.hits, 0, 40)


def test_a_failed_service_leaves_the_other_lists(models, home, snapshot, asked, service) -> None:
    service.acts.append(reply(401))
    *_, last = Cascade(models, Cache(home)).stream(snapshot, QUERY, asked)
    assert set(last.rankings) == {"bm25", "dense", "hybrid", "rerank_2"}
    assert last.failed["rerank"].code == "remote"
    assert last.complete


def test_other_units_than_logits_raise_no_doubt(models, home, snapshot, asked) -> None:
    trace = Cascade(models, Cache(home)).search(snapshot, QUERY, asked)
    assert all(
        "doubt" not in hit_flags(trace, hit.chunk_id) for hit in trace.rankings["rerank"].hits[:10]
    )


def test_no_key_is_kept_anywhere(models, home, snapshot, asked) -> None:
    trace = Cascade(models, Cache(home)).search(snapshot, QUERY, asked)
    assert KEY not in json.dumps(trace.as_dict())
    assert KEY not in repr(trace)
    for path in filter(Path.is_file, home.rglob("*")):
        assert KEY.encode() not in path.read_bytes(), path
    with closing(sqlite3.connect(home / "cache" / "calls.sqlite")) as database:
        assert [row[1:] for row in database.execute("SELECT * FROM calls")] == [
            ("remote:scorer", 1)
        ]


def test_words_are_explained_of_models_here_only(models, home, snapshot, service) -> None:
    for reranker in ("remote:scorer", "remote:chat"):
        explainer = Explainer(
            models, Cache(home), snapshot, QUERY, SearchSettings(reranker=reranker)
        )
        with pytest.raises(RemoteError, match="runs elsewhere"):
            explainer.rerank(Passage("medicine"))
        with pytest.raises(RemoteError, match="runs elsewhere"):
            explainer.score("rerank", Passage("medicine"))
    assert service.asked == []


def test_a_list_reranker_has_no_score_for_one_pair(models) -> None:
    with pytest.raises(RemoteError, match="whole lists"):
        models.reranker("remote:chat")


def command(*arguments: str, **more: object):
    return CliRunner().invoke(cli, arguments, catch_exceptions=True, **more)


def test_the_command_line_says_what_it_sends_before_it_does(
    snapshot, folders, service, home
) -> None:
    options = ("--stages", "rerank", "--reranker", str(folders[1]), "--candidates", "20")
    found = command(
        "search", snapshot.collection, QUERY, *options, "--reranker-2", "remote:scorer", "--json"
    )
    assert found.exit_code == 0, found.output
    trace = json.loads(found.stdout)
    assert list(trace["stages"]) == ["rerank", "rerank_2"]
    assert trace["settings"]["reranker_2"] == "remote:scorer"
    assert trace["stages"]["rerank_2"]["unit"] == "relevance"
    assert (
        "Text goes to a service on this machine: the question and up to 20 passages go to 127"
        in (found.stderr)
    )
    assert "in up to 1 call; today’s cap leaves 500." in found.stderr


def test_the_command_line_ends_with_one_line_where_a_service_fails(snapshot, service) -> None:
    service.acts.append(reply(401))
    found = command("search", snapshot.collection, QUERY, "--reranker", "remote:scorer")
    assert isinstance(found.exception, RemoteError)
    assert f"refuses the key {KEY_NAME} (401)" in found.exception.message


def test_services_that_can_be_asked_are_listed_with_the_models(service) -> None:
    listed = {one["id"]: one for one in json.loads(command("models", "--json").stdout)}
    assert listed["remote:scorer"]["kind"] == "reranker"
    assert listed["remote:scorer"]["key"] == KEY_NAME
    assert KEY not in json.dumps(listed)
    assert "remote:chat" in command("models").stdout


def test_a_broken_file_of_services_hides_no_model(service, home) -> None:
    (home / "services.toml").write_text("[scorer")
    found = command("models", "--json")
    assert {one["kind"] for one in json.loads(found.stdout)} == {"encoder", "late", "reranker"}
    assert "cannot be read as TOML" in found.stderr


def test_one_command_makes_two_collections_and_one_searches_both(
    home: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    other = save_encoder(tmp_path / "other", seed=23)
    (tmp_path / "leaf.txt").write_text("water the plant on the leaf. the dog bit the man.")
    file = str(tmp_path / "leaf.txt")
    options = ("--encoder", str(folders[0]), "--encoder-2", str(other), "--chunk-tokens", "16")
    found = command("ingest", "mine", file, *options, "--json")
    assert found.exit_code == 0, found.output
    report = json.loads(found.stdout)
    assert report["beside"]["collection"] == "mine - other"
    assert report["beside"]["chunks"] == report["chunks"]
    both = ("--collection-2", "mine - other", "--stages", "dense")
    trace = json.loads(command("search", "mine", "who bit the man", *both, "--json").stdout)
    assert list(trace["stages"]) == ["dense", "dense_2"]
    ids = [{hit["chunk_id"] for hit in one["hits"]} for one in trace["stages"].values()]
    assert ids[0] == ids[1]
    gone = command("search", "mine", "who", "--collection-2", "nothing")
    assert "There is no collection" in str(gone.exception)
