from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import StorageError
from retrieval.models.sample_texts import LONGEST, SHORTEST, mixed_passages
from retrieval.models.speed import Speed, keep_speed, last_speed
from tests.conftest import TinyEncoder

SPEED = Speed(("openvino-bf16",), 2, 200.5, 150.25, 1.6, 0.055, 0.99997, "2026-11-21T10:00:00")


def test_figures_are_read_as_they_were_kept(tmp_path: Path) -> None:
    keep_speed(tmp_path / "home", SPEED)

    assert last_speed(tmp_path / "home") == SPEED
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["speed.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"backends": []}', '{"backends": 7}'])
def test_figures_that_cannot_be_read_count_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "speed.json").write_text(content)

    assert last_speed(tmp_path) is None


def test_a_home_that_cannot_be_written_gets_one_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file where a folder should be")

    with pytest.raises(StorageError, match="cannot be kept"):
        keep_speed(home, SPEED)


def test_mixed_passages_are_of_the_promised_lengths(tiny_encoder: TinyEncoder) -> None:
    lengths = [len(text.split()) for text in mixed_passages(20, tiny_encoder)]

    assert SHORTEST < LONGEST
    assert len(set(lengths)) > 5
