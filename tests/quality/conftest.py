"""Homes of these tests hold the packaged models, so that none converts them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import bring_models


@pytest.fixture
def home(home: Path, converted: Path) -> Path:
    """The fresh home of every test, with the models that all of them use."""
    bring_models(converted, home)
    return home
