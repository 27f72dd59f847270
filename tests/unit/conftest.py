"""Unit tests compute with the reference backend, whose scores are those of the published models."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from retrieval.settings import settings


@pytest.fixture(scope="module", autouse=True)
def _reference_backend() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECOND_LOOK_BACKEND", "torch-fp32")
        settings.cache_clear()
        yield
    settings.cache_clear()
