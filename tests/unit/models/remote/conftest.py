from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.models.remote.client import Client
from retrieval.models.remote.spending import Spending


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(home: Path, pauses: list[float]) -> Client:
    """A client that notes how long it would wait."""
    return Client(Spending(home), pauses.append)
