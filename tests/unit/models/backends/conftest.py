"""What is told is heard, however quiet another library has made the whole process."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def _warnings_are_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
