"""A home that one may read but not write: searches go on, and each write is one clear line."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.errors import StorageError
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.sources import from_text
from retrieval.jobs import Jobs
from retrieval.store import Store
from tests.conftest import TinyEncoder

NOBODY = 65_534


@pytest.fixture
def folder() -> Iterator[Path]:
    # The folders that pytest makes are closed to everybody else, for reading too.
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)
        _allow(Path(made), 0o200)


def _allow(folder: Path, bits: int) -> None:
    """Add rights to write, or take them all away."""
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode & 0o7555 | 0o444
        path.chmod(mode | bits)


def _read_and_try_to_write(home: Path) -> None:
    encoder = TinyEncoder()
    store = Store(home)
    collection = store.open("c")
    if os.geteuid() == 0:
        # Nothing is forbidden to the superuser.
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    assert collection.snapshot().texts == ("the cat",)
    assert [hit for hit, _ in collection.snapshot().nearest(encoder.encode_query("cat"), 5, ())]
    for write in (
        lambda: ingest(collection, [from_text("the dog")], encoder),
        lambda: collection.delete_documents(collection.snapshot().document_ids),
        lambda: store.create("d", encoder),
        lambda: store.rename("c", "e"),
        lambda: store.delete("c"),
        lambda: Jobs(home / "jobs").submit("k", "title", "c", {}),
    ):
        with pytest.raises(StorageError, match="cannot be written"):
            write()
    assert store.open("c").snapshot().texts == ("the cat",)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are another matter there")
def test_a_home_that_may_only_be_read(folder: Path, tiny_encoder: TinyEncoder) -> None:
    home = folder / "home"
    ingest(Store(home).create("c", tiny_encoder), [from_text("the cat")], tiny_encoder)
    _allow(home, 0)
    process = multiprocessing.get_context("spawn").Process(
        target=_read_and_try_to_write, args=(home,)
    )
    process.start()
    process.join()
    assert process.exitcode == 0
