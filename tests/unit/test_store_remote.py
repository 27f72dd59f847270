"""The tests of the store once more, over an object store: a server of S3 on loopback."""

from __future__ import annotations

import os
import secrets
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from retrieval.errors import SettingsError, StorageError
from retrieval.home import Home
from retrieval.ingest.pipeline import ingest
from retrieval.review.seat import Seat
from retrieval.review.store import ReviewStore
from retrieval.settings import settings
from retrieval.store import Store
from tests.conftest import TinyEncoder
from tests.reviewing import ADMIN, ANN, BEN, EDITOR, made_review
from tests.unit import test_store, test_store_managing
from tests.unit.ingest.test_pipeline import files, records
from tests.unit.test_store import *  # noqa: F403 - the same tests, with the fixtures of this module
from tests.unit.test_store_managing import collection, content

# A limit on the size of files does nothing to an object store, and its files cannot be counted.
del test_a_full_disk_is_a_storage_error_and_loses_nothing  # noqa: F821 - imported above

BUCKET = "second-look"
SAME_TESTS = (
    "test_a_renamed_collection_is_the_same_one",
    "test_each_change_is_a_version_and_one_can_go_back",
    "test_a_kill_while_renaming_loses_nothing",
    "test_a_kill_while_going_back_is_repaired_by_going_back_again",
)
globals().update({name: getattr(test_store_managing, name) for name in SAME_TESTS})
__all__ = ["collection", "test_store"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    if not os.environ.get("CI"):
        pytest.importorskip("moto.server", reason="moto[server] is not installed")
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - only where it is installed
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415 - comes with moto[server]

    # S3 alone: moto's own server looks for the service of each request among all of them.
    server = make_server("127.0.0.1", 0, create_backend_app("s3"), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/{BUCKET}", method="PUT")).close()  # noqa: S310
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture
def home(
    endpoint: str, keys: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    address = f"s3://{BUCKET}/{secrets.token_hex(4)}"
    monkeypatch.setenv("SECOND_LOOK_HOME", address)
    monkeypatch.setenv("SECOND_LOOK_LOCAL", str(tmp_path / "local"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    settings.cache_clear()
    yield address
    settings.cache_clear()


@pytest.fixture
def store(home: str) -> Store:
    return Store(home)


def test_the_local_folder_stands_for_the_home(home: str, store: Store, tmp_path: Path) -> None:
    assert settings().places == Home(f"{home}/collections", tmp_path / "local")
    assert settings().home == tmp_path / "local"
    store.create("c", TinyEncoder())
    assert Store(settings().home).names() == ("c",)
    assert Store(tmp_path / "another").names() == ()
    assert list(tmp_path.iterdir()) == [tmp_path / "another"]


def test_an_ingestion_goes_into_the_object_store_and_comes_back(
    home: str, store: Store, tiny_encoder: TinyEncoder
) -> None:
    made = store.create("c", tiny_encoder)
    assert ingest(made, files({"r.jsonl": records(600)}), tiny_encoder).added == 600
    again = Store(home).open("c")
    assert ingest(again, files({"r.jsonl": records(600)}), tiny_encoder).unchanged == 600
    assert content(again) == content(made)
    assert again.disk_use().total is None


def test_a_review_lies_in_the_object_store_and_two_people_judge_there(
    home: str, store: Store, tmp_path: Path
) -> None:
    reviews = ReviewStore(home)
    review = made_review(reviews, store, asked=2, needed=2)
    with ThreadPoolExecutor(2) as pool:
        seats = [ReviewStore(home).seat(who, review.id) for who in (ANN, BEN)]
        told = list(pool.map(judge_five, seats))
    stored = reviews.lead(EDITOR, review.id).standing().events
    assert {one.id for one in stored} == {one for ids in told for one in ids}
    assert len(stored) == 10
    token = reviews.shares.create(EDITOR, review.id)
    assert ReviewStore(home).shares.open(token).review_id == review.id
    reviews.delete(ADMIN, review.id)
    assert ReviewStore(home).list(EDITOR) == ()
    assert not (tmp_path / "local" / "reviews").exists()


def judge_five(seat: Seat) -> list[str]:
    told = []
    for grade in (0, 1, 2, 3, 1):
        task = seat.next()
        assert task is not None
        told.append(seat.judge(task.id, grade).event_id)
    return told


def test_an_endpoint_may_be_set_for_this_app_alone(
    endpoint: str, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SECOND_LOOK_S3_ENDPOINT", endpoint)
    settings.cache_clear()
    assert Store(home).names() == ()


def test_what_is_wrong_with_an_object_store_is_one_clear_line(
    home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StorageError, match="no such bucket"):
        Store("s3://nowhere/x").names()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(StorageError, match="cannot be reached"):
        Store(home).names()


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="ftp"):
        Store("ftp://x/y")
