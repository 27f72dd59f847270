"""Folders of the server: only those that are allowed, whatever a path or a link says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from retrieval.errors import IngestError
from retrieval.ingest.server_folders import from_server
from retrieval.ingest.sources import Source
from retrieval.settings import settings
from retrieval.types import Skipped

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("offered/sub/a.txt", "offered/b.txt", "also/c.txt", "secret/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    offered = os.pathsep.join(str(tmp_path / name) for name in ("offered", "also"))
    monkeypatch.setenv("SECOND_LOOK_SERVER_FOLDERS", offered)
    settings.cache_clear()
    return tmp_path


def ids(path: Path) -> list[str]:
    return [one.id for one in from_server(path) if isinstance(one, Source)]


def test_an_offered_folder_what_lies_in_it_and_a_single_file_are_read(root: Path) -> None:
    assert ids(root / "offered") == ["b.txt", "sub/a.txt"]
    assert ids(root / "offered" / "sub") == ["a.txt"]
    assert ids(root / "also" / "c.txt") == ["c.txt"]


@pytest.mark.parametrize(
    "path", ["secret", "offered/../secret", ".", "nowhere", "offered/nowhere", "offeredx", "a\x00b"]
)
def test_anything_else_is_refused_without_telling_what_is_there(root: Path, path: str) -> None:
    with pytest.raises(IngestError, match="offers no folder"):
        list(from_server(f"{root}/{path}"))


def test_links_are_followed_before_they_are_compared(root: Path) -> None:
    (root / "offered" / "out").symlink_to(root / "secret")
    with pytest.raises(IngestError, match="offers no folder"):
        list(from_server(root / "offered" / "out"))
    (root / "offered" / "file.txt").symlink_to(root / "secret" / "d.txt")
    (root / "offered" / "fine.txt").symlink_to(root / "also" / "c.txt")
    found = list(from_server(root / "offered"))
    assert [one.id for one in found if isinstance(one, Source)] == [
        "b.txt",
        "fine.txt",
        "sub/a.txt",
    ]
    assert [one.file for one in found if isinstance(one, Skipped)] == ["file.txt"]


def test_nothing_is_offered_by_default(tmp_path: Path) -> None:
    with pytest.raises(IngestError) as caught:
        list(from_server(tmp_path))
    assert "SECOND_LOOK_SERVER_FOLDERS" in caught.value.hint
