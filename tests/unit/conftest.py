"""Unit tests compute with the reference backend, whose scores are those of the published models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.settings import settings
from tests.hub_server import TINY, Hub, serving
from tests.services import KEY, KEY_NAME, Loopback, loopback, write_services
from tests.tiny import save_encoder


@pytest.fixture(scope="module", autouse=True)
def _reference_backend() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECOND_LOOK_BACKEND", "torch-fp32")
        # Tests of pages set it for the whole run that they are part of.
        patch.delenv("SECOND_LOOK_OFFLINE", raising=False)
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The encoder that the hub serves."""
    return save_encoder(tmp_path_factory.mktemp("served"))


@pytest.fixture
def hub(
    tiny_folder: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hub]:
    """A hub with one encoder, an empty home, and an empty cache of the hub's library."""
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "SECOND_LOOK_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        settings.cache_clear()
        hub.add(TINY, tiny_folder)
        yield hub


@pytest.fixture
def service(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A running service that the home's file names, with its key in the environment."""
    monkeypatch.setenv("SECOND_LOOK_OFFLINE", "0")
    monkeypatch.setenv(KEY_NAME, KEY)
    settings.cache_clear()
    with loopback() as told:
        write_services(home / "services.toml", told.base)
        yield told
