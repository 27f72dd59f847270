"""Managing from the command line, with one JSON document or one clear line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from retrieval.cli import cli
from retrieval.errors import CollectionError
from retrieval.store import Store
from tests.conftest import TinyEncoder
from tests.corpus import filled


@pytest.fixture
def store(home: Path, tiny_encoder: TinyEncoder) -> Store:
    made = Store(home)
    filled(made, tiny_encoder, name="c")
    made.open("c").versions.mark("Filled")
    return made


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_rename_export_and_import(store: Store, tmp_path: Path) -> None:
    assert run("rename", "c", "d")["name"] == "d"
    path = tmp_path / "d.zip"
    assert run("export", "d", str(path), "--layout", "jsonl", "--vectors") == {
        "collection": "d",
        "path": str(path),
        "layout": "jsonl",
        "vectors": True,
    }
    assert run("import", str(path), "--name", "e")["chunks"] == 8
    assert store.open("e").snapshot().ids == store.open("d").snapshot().ids


def test_versions_and_going_back(store: Store) -> None:
    store.open("c").delete_documents(["d001"])
    found = run("versions", "c")
    assert [(one["number"], one["documents"], one["is_current"]) for one in found] == [
        (2, 7, True),
        (1, 8, False),
    ]
    assert run("restore", "c", "1")["documents"] == 8
    with pytest.raises(CollectionError):
        run("restore", "c", "9")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rename", "c", "d"), "c is now called d.\n"),
        (("versions", "c"), "8 documents, 8 chunks  Filled  (now)\n"),
        (("restore", "c", "1"), "c is as it was at version 1.\n"),
        (("export", "c", "out"), "Wrote c to out.\n"),
    ],
)
def test_without_json_there_is_one_line(
    store: Store,
    arguments: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert result.output.endswith(said)
