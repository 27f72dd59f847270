"""What loading a model would find is told without loading it."""

from __future__ import annotations

from pathlib import Path

from retrieval.models.presence import presence
from retrieval.models.weights import WEIGHTS
from tests.services import write_services
from tests.tiny import save_cross_encoder


def test_it_changes_with_the_folder_and_with_nothing_else(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    absent = presence(str(folder), "reranker")
    assert presence(str(folder), "reranker") == absent
    save_cross_encoder(folder)
    there = presence(str(folder), "reranker")
    assert there != absent
    assert presence(str(folder), "reranker") == there
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-1])
    assert presence(str(folder), "reranker") != there


def test_of_a_service_it_is_what_the_file_of_services_says(home: Path) -> None:
    absent = presence("remote:scorer", "reranker")
    assert presence("remote:scorer", "reranker") == absent
    write_services(home / "services.toml", "http://127.0.0.1:1")
    there = presence("remote:scorer", "reranker")
    assert there != absent
    write_services(home / "services.toml", "http://127.0.0.1:2")
    assert presence("remote:scorer", "reranker") != there
