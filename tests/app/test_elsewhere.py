"""A second reranker and services on the search page; the service is one on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from retrieval.models.loading import Models
from retrieval.settings import settings
from retrieval.store import Store
from tests.app.conftest import APP, Open, Tags, html_of, list_of, moving_charts, notices
from tests.corpus import filled
from tests.services import KEY, KEY_NAME, Loopback, loopback, reply, write_services
from tests.tiny import save_encoder

SENDS = "Text goes to a service on this machine: the question and up to 10 passages go to 127.0.0.1"


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.setenv("SECOND_LOOK_OFFLINE", "0")
    monkeypatch.setenv("SECOND_LOOK_SERVICES", str(tmp_path / "services.toml"))
    monkeypatch.setenv(KEY_NAME, KEY)
    settings.cache_clear()
    with loopback() as told:
        write_services(tmp_path / "services.toml", told.base)
        yield told
    settings.cache_clear()


def hits(app: AppTest, stage: str) -> list[str]:
    return re.findall(r'data-chunk="([0-9a-f]{24})"', list_of(app, stage))


def send(app: AppTest, name: str) -> AppTest:
    return app.button(key=f"send_{name}").click().run()


def test_nothing_is_sent_before_the_person_says_so(open_app: Open, service: Loopback) -> None:
    app = open_app(candidates="10", reranker="remote:scorer")
    assert not app.exception
    assert service.asked == []
    (notice,) = notices(app)
    assert SENDS in notice
    assert "in up to 1 call" in notice
    assert 'data-stage="rerank"' not in html_of(app)
    assert hits(app, "late")


def test_after_that_the_service_ranks_and_its_cost_is_in_the_ledger(
    open_app: Open, service: Loopback
) -> None:
    app = send(open_app(candidates="10", reranker="remote:scorer"), "scorer")
    assert not app.exception
    assert not notices(app)
    assert len(service.asked) == 1
    assert len(service.asked[0]["documents"]) == len(hits(app, "rerank")) == 10
    body = html_of(app)
    assert "relevance" in list_of(app, "rerank")
    assert "doubted" not in list_of(app, "rerank")
    assert "perhaps nothing here answers this" not in body
    assert '<th scope="col">calls</th>' in body
    assert "1 call elsewhere" in body
    assert KEY not in body
    app.slider(key="top").set_value(5).run()
    assert len(service.asked) == 1


def test_two_rerankers_stand_side_by_side(open_app: Open, service: Loopback) -> None:
    app = open_app(candidates="10", reranker_2="remote:chat")
    assert hits(app, "rerank")
    app = send(app, "chat")
    assert not app.exception
    assert sorted(hits(app, "rerank")) == sorted(hits(app, "rerank_2"))
    assert "beaten" in list_of(app, "rerank_2")
    body = html_of(app)
    assert "second-look-reranker and remote:chat share 10 of their first 10" in body
    assert "Where they part, the sharpest first" in body
    slope = next(one for one in moving_charts(app) if "From one to the other" in one["alt"])
    assert {line["customdata"][0] for line in slope["data"]} == set(hits(app, "rerank"))
    assert Tags(body).harmless


def test_one_service_in_both_places_is_asked_about_once(open_app: Open, service: Loopback) -> None:
    app = open_app(candidates="10", reranker="remote:scorer", reranker_2="remote:scorer")
    assert not app.exception
    assert len(notices(app)) == 1


@pytest.mark.parametrize(
    ("act", "line"),
    [
        (reply(401), f"refuses the key {KEY_NAME} (401)"),
        (reply(200, "<p>"), "answers with what is no JSON"),
        (reply(200, {"results": []}), "results for 0 of 10 passages"),
    ],
)
def test_a_service_that_fails_costs_one_line_and_no_other_list(
    open_app: Open, service: Loopback, act, line: str
) -> None:
    service.acts.append(act)
    # A question of its own, so that no kept answer stands in the way.
    app = open_app(
        candidates="10",
        query=f"aloe {line}",
        reranker="remote:scorer",
        reranker_2="second-look-reranker",
    )
    app = send(app, "scorer")
    assert not app.exception
    (notice,) = notices(app)
    assert line in notice
    assert "Its model failed" in list_of(app, "rerank")
    assert hits(app, "rerank_2")
    assert hits(app, "dense")
    app.button(key="again").click().run()
    assert not notices(app)
    assert hits(app, "rerank")


def test_only_the_reranker_was_asked_for_and_waits(open_app: Open, service: Loopback) -> None:
    app = open_app(candidates="10", reranker="remote:scorer", stages=["rerank"])
    assert not app.exception
    assert SENDS in notices(app)[0]
    assert hits(app, "hybrid")


def test_only_the_reranker_was_asked_for_and_fails(open_app: Open, service: Loopback) -> None:
    service.acts.append(reply(403))
    app = open_app(candidates="10", query="ferns", reranker="remote:scorer", stages=["rerank"])
    app = send(app, "scorer")
    assert not app.exception
    assert "(403)" in notices(app)[0]


def test_offline_no_service_can_be_picked(
    open_app: Open, service: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_LOOK_OFFLINE", "1")
    settings.cache_clear()
    app = open_app(candidates="10", reranker="remote:scorer", reranker_2="remote:chat")
    assert not app.exception
    assert app.selectbox(key="reranker").value == "second-look-reranker"
    assert not any("remote" in one for one in app.selectbox(key="reranker_2").options)
    assert service.asked == []


def test_a_key_may_lie_in_the_secrets_of_streamlit(
    service: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_NAME)
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["query"] = "moss"
    app.query_params["candidates"] = "10"
    app.query_params["reranker"] = "remote:scorer"
    app.secrets[KEY_NAME] = "from-the-secrets"
    app = send(app.run(), "scorer")
    assert not notices(app)
    assert service.headers[0]["Authorization"] == "Bearer from-the-secrets"
    assert "from-the-secrets" not in html_of(app)


def test_a_broken_file_of_services_costs_one_line(
    open_app: Open, service: Loopback, tmp_path: Path
) -> None:
    (tmp_path / "services.toml").write_text("[scorer")
    app = open_app(candidates="10")
    assert not app.exception
    assert "cannot be read as TOML" in notices(app)[0]
    assert hits(app, "rerank")


def test_a_page_that_looks_inside_of_models_offers_none_elsewhere(service: Loopback) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["reranker"] = "remote:scorer"
    app.switch_page("pages/understand/why.py").run()
    assert not app.exception
    assert app.selectbox(key="reranker").value == "second-look-reranker"
    assert not any("remote" in one for one in app.selectbox(key="reranker").options)
    assert service.asked == []


def test_two_encoders_of_the_same_documents_stand_side_by_side(
    open_app: Open, home: Path, tmp_path: Path
) -> None:
    store, models = Store(home), Models()
    other = models.encoder(str(save_encoder(tmp_path / "other-encoder")))
    filled(store, models.encoder(), name="Two ways to read")
    filled(store, other, name="Two ways to read - other")
    question = "which plant is poisonous to cats"
    app = open_app(
        collection="Two ways to read", query=question, collection_2="Two ways to read - other"
    )
    assert not app.exception
    assert not notices(app)
    assert sorted(hits(app, "dense")) == sorted(hits(app, "dense_2"))
    body = html_of(app)
    assert "Two encoders, the same documents" in body
    assert "all-MiniLM-L6-v2 and Two ways to read - other share 8 of their first 8" in body
    assert "Two rerankers" not in body
    app.slider(key="top").set_value(2).run()
    assert not app.exception
    assert not notices(app)
    assert "of their first 2" in html_of(app)
