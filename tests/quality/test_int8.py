"""int8 on real passages: it serves exactly where it was measured to agree."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from retrieval.models import calibration
from retrieval.models.backends.int8 import AGREEMENT, Verdict
from retrieval.models.loading import Models
from retrieval.models.sample_texts import mixed_passages
from tests.conftest import bring_models

pytestmark = pytest.mark.quality


class Calibrated(NamedTuple):
    """What a calibration on few passages left, and somebody else's handler of nncf's messages."""

    home: Path
    verdicts: list[Verdict]
    handler: logging.Handler


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory, converted: Path) -> Iterator[Calibrated]:
    home, handler = tmp_path_factory.mktemp("calibrated"), logging.NullHandler()
    bring_models(converted, home)
    logging.getLogger("nncf").addHandler(handler)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"PASSAGES": 40, "POOL": 15, "QUESTIONS": 4}.items():
            patch.setattr(calibration, name, value)
        texts = mixed_passages(40, Models(home).encoder())
        verdicts = list(calibration.calibrate(home, "mixed passages", texts))
    yield Calibrated(home, verdicts, handler)
    logging.getLogger("nncf").removeHandler(handler)


def test_int8_serves_exactly_where_it_agrees(calibrated: Calibrated) -> None:
    verdicts = calibrated.verdicts
    assert [verdict.head for verdict in verdicts] == ["tokens", "logit"]
    models = Models(calibrated.home, backend="openvino-int8")
    models.encoder()
    models.reranker()
    for verdict, serving in zip(verdicts, models.describe().networks, strict=True):
        assert 0.5 < verdict.agreement <= 1
        assert verdict.is_good == (verdict.agreement >= AGREEMENT)
        assert (serving.backend == "openvino-int8") == verdict.is_good
    said = " ".join(models.describe().remarks)
    assert all(f"{one.agreement:.3f}" in said for one in verdicts if not one.is_good)


def test_a_calibration_leaves_the_handlers_of_the_process_alone(calibrated: Calibrated) -> None:
    assert calibrated.handler.level == logging.NOTSET
