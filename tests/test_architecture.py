"""The house stays as it was drawn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGINE = sorted((ROOT / "retrieval").rglob("*.py"))

FLOORS = (
    ("access", "errors", "fingerprint", "home", "progress", "settings", "types", "wording"),
    ("models", "store"),
    ("ingest", "jobs"),
    ("fetches",),
    ("stages", "cache"),
    ("cascade",),
    ("evaluation",),
    ("contrast", "explain"),
    ("training",),
    ("review",),
    ("bench",),
    ("cli", "__main__"),
)
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def room(path: Path) -> str:
    return path.relative_to(ROOT / "retrieval").parts[0].removesuffix(".py")


def test_no_script_lies_directly_in_pages() -> None:
    assert list((ROOT / "pages").glob("*.py")) == []


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_engine_knows_no_browser_and_nothing_from_above(path: Path) -> None:
    for module in imported(path):
        assert module.split(".")[0] not in {"streamlit", "plotly", "pages"}
        parts = module.split(".")
        if parts[0] == "retrieval" and len(parts) > 1 and room(path) != "__init__":
            assert LEVEL[parts[1]] <= LEVEL[room(path)], f"{path} imports {module} from above"


@pytest.mark.parametrize(
    "path",
    [ROOT / "app.py", *ENGINE, *sorted((ROOT / "pages").rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_app_stays_a_front_door() -> None:
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) < 80


def test_every_room_has_its_floor() -> None:
    assert {room(path) for path in ENGINE} - {"__init__"} <= set(LEVEL)


def test_modules_of_tests_have_names_of_their_own() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
