from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from pages.parts import garbage


@pytest.fixture(autouse=True)
def _thawed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(garbage, "_modules", 0)
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_is_in_use_is_set_aside_when_modules_have_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    garbage.set_aside()
    assert gc.get_freeze_count() > 0

    gc.unfreeze()
    garbage.set_aside()
    assert gc.get_freeze_count() == 0

    monkeypatch.setitem(sys.modules, "imported_late", ModuleType("imported_late"))
    garbage.set_aside()
    assert gc.get_freeze_count() > 0


def test_what_has_ended_is_not_set_aside() -> None:
    ended: list[str] = []

    class Circle:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            ended.append("collected")

    Circle()
    garbage.set_aside()

    assert ended == ["collected"]
