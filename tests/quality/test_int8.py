"""int8 on real passages: it serves exactly where it was measured to agree."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from retrieval.models import calibration
from retrieval.models.backends.int8 import AGREEMENT
from retrieval.models.loading import Models
from retrieval.models.sample_texts import mixed_passages

pytestmark = pytest.mark.quality


@pytest.fixture(autouse=True)
def _few_passages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PASSAGES": 40, "POOL": 15, "QUESTIONS": 4}.items():
        monkeypatch.setattr(calibration, name, value)


def test_int8_serves_exactly_where_it_agrees(home: Path) -> None:
    texts = mixed_passages(40, Models(home).encoder())

    verdicts = list(calibration.calibrate(home, "mixed passages", texts))

    assert [verdict.head for verdict in verdicts] == ["tokens", "logit"]
    models = Models(home, backend="openvino-int8")
    models.encoder()
    models.reranker()
    for verdict, serving in zip(verdicts, models.describe().networks, strict=True):
        assert 0.5 < verdict.agreement <= 1
        assert verdict.is_good == (verdict.agreement >= AGREEMENT)
        assert (serving.backend == "openvino-int8") == verdict.is_good
    said = " ".join(models.describe().remarks)
    assert all(f"{one.agreement:.3f}" in said for one in verdicts if not one.is_good)


def test_a_calibration_leaves_the_handlers_of_the_process_alone(home: Path) -> None:
    somebodys = logging.NullHandler()
    logging.getLogger("nncf").addHandler(somebodys)
    try:
        next(iter(calibration.calibrate(home, "mixed", mixed_passages(40, Models(home).encoder()))))
        assert somebodys.level == logging.NOTSET
    finally:
        logging.getLogger("nncf").removeHandler(somebodys)
