from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from retrieval.cache import Cache, TokenCache
from retrieval.settings import settings


def test_scores_are_kept_for_the_next_process(tmp_path: Path) -> None:
    Cache(tmp_path).store_pair_scores("m", "q", {"p1": 1.5, "p2": -2.25})

    assert Cache(tmp_path).pair_scores("m", "q", ["p1", "p2", "p3"]) == {"p1": 1.5, "p2": -2.25}


def test_another_model_or_question_knows_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.store_pair_scores("m", "q", {"p": 1.0})

    assert cache.pair_scores("n", "q", ["p"]) == cache.pair_scores("m", "r", ["p"]) == {}


def test_query_vectors_come_back_bit_for_bit(tmp_path: Path) -> None:
    vector = np.random.default_rng(0).standard_normal(8).astype(np.float32)
    Cache(tmp_path).store_query_vector("m", "q", vector)

    known = Cache(tmp_path).query_vector("m", "q")

    assert known is not None
    np.testing.assert_array_equal(known, vector)
    assert Cache(tmp_path).query_vector("m", "other") is None


def test_a_damaged_file_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "cache" / "scores.sqlite"
    path.parent.mkdir()
    path.write_bytes(b"this is no database " * 200)

    with caplog.at_level(logging.WARNING):
        cache = Cache(tmp_path)
    cache.store_pair_scores("m", "q", {"p": 1.0})

    assert "damaged" in caplog.text
    assert Cache(tmp_path).pair_scores("m", "q", ["p"]) == {"p": 1.0}


def test_a_home_that_cannot_be_written_leaves_the_cache_in_memory(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")

    cache = Cache(tmp_path)
    cache.store_pair_scores("m", "q", {"p": 1.0})

    assert cache.pair_scores("m", "q", ["p"]) == {"p": 1.0}


def test_a_write_that_fails_costs_no_answer(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    with sqlite3.connect(tmp_path / "cache" / "scores.sqlite") as other:
        other.execute("DROP TABLE pairs")
    other.close()

    cache.store_pair_scores("m", "q", {"p": 1.0})

    assert cache.pair_scores("m", "q", ["p"]) == {"p": 1.0}


def test_the_oldest_questions_are_forgotten_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path)
    for query in ("first", "second", "third"):
        cache.store_pair_scores("m", query, {f"p{i}": float(i) for i in range(10)})
    monkeypatch.setenv("SECOND_LOOK_CACHE_PAIRS", "20")
    settings.cache_clear()
    try:
        reopened = Cache(tmp_path)
    finally:
        settings.cache_clear()

    known = {q: len(reopened.pair_scores("m", q, ["p1"])) for q in ("first", "second", "third")}
    assert known == {"first": 0, "second": 1, "third": 1}


def test_token_vectors_stay_within_their_bytes() -> None:
    array = np.zeros((4, 8), dtype=np.float32)
    cache = TokenCache(limit=array.nbytes * 2)
    for name in ("a", "b"):
        cache.store("m", name, array)
    cache.get("m", "a")

    cache.store("m", "c", array)

    assert cache.get("m", "b") is None
    assert cache.get("m", "a") is not None
    assert cache.get("m", "c") is not None
