from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from retrieval.errors import RemoteError
from retrieval.models.remote import keys
from retrieval.models.remote.client import ATTEMPTS, Client
from retrieval.models.remote.services import find_service
from retrieval.models.remote.spending import Spending
from retrieval.settings import settings
from tests.services import KEY, KEY_NAME, Loopback, cut, drip, hang_up, reply, rerank_answer

BODY = {"model": "scores", "query": "a b", "documents": ["a", "b c"]}


def send(client: Client):
    return client.post(find_service("remote:scorer"), BODY)


def test_a_good_answer_takes_one_call(service: Loopback, client: Client) -> None:
    answer = send(client)
    assert answer.body == rerank_answer(BODY)
    assert (answer.calls, client.spending.made) == (1, 1)
    assert answer.bytes_sent > 50
    assert service.asked == [BODY]
    assert service.headers[0]["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("act", [reply(500), reply(503), reply(429), reply(408), cut, hang_up])
def test_what_may_go_better_is_tried_again(
    service: Loopback, client: Client, pauses: list[float], act: Callable
) -> None:
    service.acts += [act, act]
    answer = send(client)
    assert answer.body == rerank_answer(BODY)
    assert answer.calls == client.spending.made == 3
    assert pauses == [0.5, 1.0]


def test_a_service_is_given_up_after_so_many_attempts(
    service: Loopback, client: Client, pauses: list[float]
) -> None:
    service.acts += [reply(500)] * ATTEMPTS
    with pytest.raises(RemoteError, match=rf"failed \(500\), {ATTEMPTS} times"):
        send(client)
    assert len(service.asked) == client.spending.made == ATTEMPTS
    assert pauses == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("after", ["7", "7.0"])
def test_the_service_says_how_long_to_wait(
    service: Loopback, client: Client, pauses: list[float], after: str
) -> None:
    service.acts.append(reply(429, Retry_After=after))
    send(client)
    assert pauses == [7.0]


def test_the_wait_may_be_a_date(service: Loopback, client: Client, pauses: list[float]) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=20)
    service.acts.append(reply(503, Retry_After=format_datetime(soon, usegmt=True)))
    send(client)
    assert 0 < pauses[0] <= 20


@pytest.mark.parametrize("after", ["soon", "-3", "", "Thu, 99 Foo"])
def test_a_wait_that_cannot_be_read_is_ours(
    service: Loopback, client: Client, pauses: list[float], after: str
) -> None:
    service.acts.append(reply(429, Retry_After=after))
    send(client)
    assert pauses == [0.5]


def test_nobody_waits_for_an_hour(service: Loopback, client: Client, pauses: list[float]) -> None:
    service.acts.append(reply(429, Retry_After="3600"))
    with pytest.raises(RemoteError, match="asks to wait 3,600 s"):
        send(client)
    assert pauses == []


def test_an_answer_that_drips_is_given_up(
    service: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_LOOK_CALL_SECONDS", "1")
    settings.cache_clear()
    service.acts += [drip(30)]
    assert send(client).calls == 2


@pytest.mark.parametrize(
    ("act", "line"),
    [
        (reply(401), rf"refuses the key {KEY_NAME} \(401\)"),
        (reply(403), rf"refuses the key {KEY_NAME} \(403\)"),
        (reply(302, Location="http://127.0.0.1:9/"), "another place"),
        (reply(404, {"message": "no model scores"}), r"\(404\): no model scores"),
        (reply(422, {"error": {"message": "too long"}}), r"\(422\): too long"),
        (reply(400, "<html>"), r"refuses the request \(400\)"),
        (reply(418), r"refuses the request \(418\)"),
        (reply(200, "<html>hello</html>"), "no JSON"),
        (reply(200, '{"results": ['), "no JSON"),
        (reply(200, "[" * 100_000), "no JSON"),
        (reply(200, "\ufeff"), "no JSON"),
    ],
)
def test_what_cannot_go_better_is_told_at_once(
    service: Loopback, client: Client, act: Callable, line: str
) -> None:
    service.acts.append(act)
    with pytest.raises(RemoteError, match=line) as caught:
        send(client)
    assert client.spending.made == 1
    assert caught.value.hint


def test_a_service_that_is_not_there_is_told(
    home: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_LOOK_OFFLINE", "0")
    settings.cache_clear()
    home.mkdir()
    (home / "services.toml").write_text(
        '[gone]\nkind = "rerank"\naddress = "http://127.0.0.1:9/x"\nmodel = "m"\n'
    )
    with pytest.raises(RemoteError, match=r"remote:gone at 127.0.0.1:9 cannot be reached"):
        client.post(find_service("remote:gone"), BODY)


def test_offline_forbids_every_call(
    service: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_LOOK_OFFLINE", "1")
    settings.cache_clear()
    with pytest.raises(RemoteError, match="SECOND_LOOK_OFFLINE"):
        send(client)
    assert service.asked == []
    assert client.spending.made == 0


def test_the_cap_holds_over_processes_and_retries(
    service: Loopback, client: Client, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_CALLS", "3")
    settings.cache_clear()
    send(client)
    service.acts += [reply(500), reply(500)]
    with pytest.raises(RemoteError, match="All 3 calls of today are made"):
        send(client)
    assert len(service.asked) == 3
    assert Spending(home).left == 0
    with pytest.raises(RemoteError, match="All 3 calls"):
        send(Client(Spending(home)))
    assert len(service.asked) == 3


def test_a_count_that_is_busy_is_not_begun_anew(
    service: Loopback, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.models.remote.spending._SECONDS_TO_WAIT", 0.05)
    client = Client(Spending(home))
    send(client)
    with closing(sqlite3.connect(next(home.rglob("calls.sqlite")), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RemoteError, match="cannot be counted just now"):
            send(client)
    send(client)
    assert len(service.asked) == client.spending.made == Spending(home).made == 2


@pytest.mark.parametrize("body", ['[{"error": "x"}]', '"no"', "[" * 100_000, "7"])
def test_a_reason_in_another_form_is_passed_over(
    service: Loopback, client: Client, body: str
) -> None:
    service.acts.append(reply(422, body))
    with pytest.raises(RemoteError, match=r"refuses the request \(422\)"):
        send(client)


def test_a_home_that_cannot_be_written_counts_in_memory(
    service: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_CALLS", "1")
    settings.cache_clear()
    (tmp_path / "file").write_text("in the way")
    client = Client(Spending(tmp_path / "file"))
    send(client)
    with pytest.raises(RemoteError, match="All 1 calls"):
        send(client)


def test_a_missing_key_is_told_before_anything_is_sent(
    service: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_NAME)
    with pytest.raises(RemoteError, match=f"The key {KEY_NAME} is not set"):
        send(client)
    assert service.asked == []
    assert client.spending.made == 0


@pytest.mark.parametrize("broken", ["sk-abc\ndef", "sk abc", "sk-ä", "\x07sk-abc"])
def test_a_key_that_is_none_is_never_repeated(
    service: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setenv(KEY_NAME, broken)
    with pytest.raises(RemoteError, match="is no key") as caught:
        send(client)
    assert "abc" not in str(caught.value.as_dict())


def test_keys_may_lie_in_secrets(
    service: Loopback, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_NAME)
    monkeypatch.setattr(keys, "_PLACES", list(keys._PLACES))
    keys.look_in({KEY_NAME: " secret-key "}.get)
    send(client)
    assert service.headers[0]["Authorization"] == "Bearer secret-key"


@pytest.mark.parametrize(
    "act",
    [
        reply(400, {"message": f"Bearer {KEY} with {KEY} is odd"}),
        reply(401, {"message": KEY}),
        reply(500, {"message": KEY}),
        reply(200, KEY),
        reply(302, Location=f"http://127.0.0.1:9/?key={KEY}"),
    ],
)
def test_a_key_that_a_service_repeats_is_in_no_error_and_no_log(
    service: Loopback, client: Client, caplog: pytest.LogCaptureFixture, act: Callable
) -> None:
    caplog.set_level(logging.DEBUG)
    service.acts += [act] * ATTEMPTS
    with pytest.raises(RemoteError) as caught:
        send(client)
    assert KEY not in str(caught.value.as_dict())
    assert KEY not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert KEY not in caplog.text
