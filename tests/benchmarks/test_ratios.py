"""The ratios of this machine, printed: ``pytest tests/benchmarks -m benchmark -s``.

A shared machine's times are no reason to fail; what fails here is a wrong result.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.bench import Bench, line
from retrieval.models.backends.choice import BACKENDS
from retrieval.models.loading import Models

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("backend", [info.id for info in BACKENDS if not info.is_option])
def test_ratios(backend: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = Models(tmp_path, backend=backend)
    for figure in Bench(models, tmp_path, rounds=3).figures():
        with capsys.disabled():
            print(f"\n{backend}: {line(figure)}", end="")
        assert "10 of the top 10" in figure.note or "Reranking" not in figure.name
        assert "0 sessions with other" in figure.note or "sessions" not in figure.name
    if models.describe().remarks:
        pytest.skip(" ".join(models.describe().remarks))
