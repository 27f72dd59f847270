"""Settings that the environment gives."""

from __future__ import annotations

import pytest

from retrieval.settings import Settings


@pytest.mark.parametrize(("value", "offline"), [("1", True), ("0", False), ("", False)])
def test_a_variable_that_is_empty_is_one_that_is_not_set(
    monkeypatch: pytest.MonkeyPatch, value: str, offline: bool
) -> None:
    monkeypatch.setenv("SECOND_LOOK_OFFLINE", value)
    assert Settings().offline is offline
