"""A table that several make at once is made once, and keeps what each of them wrote."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from retrieval.store.location import database, table_made

CALLERS, ROUNDS = 4, 60
SCHEMA = pa.schema([("key", pa.string())])


def test_of_many_that_make_a_table_at_once_none_overwrites_it(tmp_path: Path) -> None:
    for number in range(ROUNDS):
        folder = str(tmp_path / str(number) / "tables")

        def enter(key: str, folder: str = folder) -> None:
            table = table_made(database(folder), "names", SCHEMA)
            rows = pa.Table.from_pylist([{"key": key}], schema=SCHEMA)
            table.merge_insert("key").when_not_matched_insert_all().execute(rows)

        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(enter, map(str, range(CALLERS))))
        assert database(folder).open_table("names").count_rows() == CALLERS


def test_a_table_that_is_there_is_opened_without_a_lock(tmp_path: Path) -> None:
    tables = database(str(tmp_path / "tables"))
    table_made(tables, "names", SCHEMA).add(pa.Table.from_pylist([{"key": "a"}], schema=SCHEMA))
    (tmp_path / "locks" / "names.lock").unlink(missing_ok=True)

    assert table_made(tables, "names", SCHEMA).count_rows() == 1
    assert not (tmp_path / "locks" / "names.lock").exists()


def test_what_is_wrong_with_a_table_is_not_taken_for_its_absence(tmp_path: Path) -> None:
    tables = database(str(tmp_path / "tables"))
    with pytest.raises(ValueError, match="name"):
        table_made(tables, "no/such name", SCHEMA)
