from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.models.remote.client import Client
from retrieval.models.remote.spending import Spending
from retrieval.settings import settings
from tests.services import KEY, KEY_NAME, Loopback, loopback, write_services


@pytest.fixture
def service(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A running service that the home's file names, with its key in the environment."""
    monkeypatch.setenv("SECOND_LOOK_OFFLINE", "0")
    monkeypatch.setenv(KEY_NAME, KEY)
    settings.cache_clear()
    with loopback() as told:
        write_services(home / "services.toml", told.base)
        yield told


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(home: Path, pauses: list[float]) -> Client:
    """A client that notes how long it would wait."""
    return Client(Spending(home), pauses.append)
