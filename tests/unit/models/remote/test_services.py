from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import RemoteError
from retrieval.models.remote.services import (
    KNOWN,
    find_service,
    ready_services,
    services,
)
from retrieval.settings import settings
from tests.services import KEY_NAME, Loopback

GOOD = 'kind = "rerank"\naddress = "https://x.example/rerank"\nmodel = "m"\n'


def write(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "services.toml").write_text(text, encoding="utf-8")


def test_without_a_file_and_keys_the_known_ones_are_named_and_none_is_ready(home: Path) -> None:
    assert services() == KNOWN
    assert ready_services() == ()


def test_a_known_service_is_ready_with_its_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COHERE_API_KEY", "k")
    assert [service.id for service in ready_services()] == ["remote:cohere"]
    monkeypatch.setenv("SECOND_LOOK_OFFLINE", "1")
    settings.cache_clear()
    assert ready_services() == ()


def test_a_file_adds_services_and_replaces_known_ones(home: Path) -> None:
    write(home, f"[mine]\n{GOOD}\n[cohere]\n{GOOD}")
    assert find_service("remote:mine").host == "x.example"
    assert find_service("remote:cohere").address == "https://x.example/rerank"
    assert [service.id for service in ready_services()] == ["remote:cohere", "remote:mine"]


def test_another_model_of_a_service_can_be_asked_for(home: Path) -> None:
    plain, other = find_service("remote:cohere"), find_service("remote:cohere/rerank-v4.0")
    assert other == replace(plain, model="rerank-v4.0")
    assert other.fingerprint != plain.fingerprint


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[mine", "cannot be read as TOML"),
        ('mine = "x"', "says of mine"),
        ("['a b']\n" + GOOD, "names a service 'a b'"),
        ('[mine]\nkind = "rerank"\nmodel = "m"\n', "mine.address"),
        (f'[mine]\n{GOOD}api_key = "sk-secret"\n', "mine.api_key"),
        (f'[mine]\n{GOOD}key = "sk-secret"\n', "never the key itself"),
        ('[mine]\nkind = "rerank"\nmodel = "m"\naddress = "ftp://x"\n', "https:// or http://"),
        (
            '[mine]\nkind = "rerank"\nmodel = "m"\naddress = "https://u:sk-secret@x/"\n',
            "no user, password",
        ),
        (
            '[mine]\nkind = "rerank"\nmodel = "m"\naddress = "https://x/?key=sk-secret"\n',
            "no user, password, query",
        ),
        (
            '[mine]\nkind = "rerank"\nmodel = "m"\naddress = "http://x.example/"\nkey = "K"\n',
            "a key is sent to https:// only",
        ),
        ('[mine]\nkind = "sum"\nmodel = "m"\naddress = "https://x/"\n', "mine.kind"),
        (f"[mine]\n{GOOD}window = 10\nstep = 10\n", "step must be smaller"),
        (f"[mine]\n{GOOD}documents_a_call = 0\n", "mine.documents_a_call"),
    ],
)
def test_a_file_that_says_what_cannot_be_is_refused_in_one_line(
    home: Path, text: str, line: str
) -> None:
    write(home, text)
    with pytest.raises(RemoteError, match=line) as caught:
        services()
    assert "sk-secret" not in str(caught.value.as_dict())


def test_a_file_that_is_named_must_be_there(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_LOOK_SERVICES", str(tmp_path / "none.toml"))
    settings.cache_clear()
    with pytest.raises(RemoteError, match=r"none.toml is not there"):
        services()


@pytest.mark.parametrize("name", ["nobody", "http://127.0.0.1/rerank", "../x", ""])
def test_an_id_names_a_service_and_no_address(home: Path, name: str) -> None:
    with pytest.raises(RemoteError, match="There is no reranking service"):
        find_service(f"remote:{name}")


def test_a_fingerprint_holds_what_an_answer_hangs_on_and_no_secret(service: Loopback) -> None:
    scorer = find_service("remote:scorer")
    assert replace(scorer, key="OTHER").fingerprint == scorer.fingerprint
    assert replace(scorer, name="other").fingerprint == scorer.fingerprint
    assert replace(scorer, model="m2").fingerprint != scorer.fingerprint
    chat = find_service("remote:chat")
    assert replace(chat, window=8).fingerprint != chat.fingerprint
    assert KEY_NAME not in scorer.fingerprint


@pytest.mark.parametrize(
    ("passages", "calls"), [(0, 0), (1, 0), (2, 1), (20, 1), (21, 2), (30, 2), (31, 3), (100, 9)]
)
def test_the_calls_of_a_sliding_window(passages: int, calls: int) -> None:
    assert replace(KNOWN[0], kind="chat").calls(passages) == calls


def test_the_calls_of_a_scoring_service() -> None:
    assert [KNOWN[0].calls(passages) for passages in (0, 1, 100, 101)] == [0, 1, 1, 2]
