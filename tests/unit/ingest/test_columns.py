"""Tables: a person sees the first rows and says what each column is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from retrieval.errors import ParseError
from retrieval.ingest.columns import Columns
from retrieval.ingest.parsers import parser_for
from retrieval.ingest.sources import Found, Source
from retrieval.ingest.table_preview import has_columns, preview_table, with_columns
from retrieval.types import Document, Skipped
from tests.unit.ingest.test_parsers import source

pytestmark = pytest.mark.usefixtures("home")

TABLE = "no,name,body,kind,note\n7,Fern,Water it,plant,x\n8,Cat,,animal,\n9,Dog\n"
LINES = '{"no": 7, "name": "Fern", "body": "Water it", "kind": "plant", "note": "x"}\nbroken\n'


def read(found: Found) -> list[Document | Skipped]:
    assert isinstance(found, Source)
    return list(parser_for(found).parse(found))


@pytest.mark.parametrize(("name", "data"), [("t.csv", TABLE), ("t.jsonl", LINES)])
def test_chosen_columns_are_used(name: str, data: str) -> None:
    chosen = Columns(text="note", id="no", title="kind", metadata=("name",))
    (found,) = with_columns([source(name, data)], {name: chosen})
    first = read(found)[0]
    assert isinstance(first, Document)
    assert (first.id, first.title, first.text) == ("7", "plant", "plant\nx")
    assert first.metadata == {"name": "Fern"}


def test_a_file_without_a_choice_and_what_was_left_out_stay_as_they_are() -> None:
    found: list[Found] = [source("a.csv", TABLE), Skipped("b", "why")]
    assert list(with_columns(found, {"c.csv": Columns("x")})) == found


def test_a_column_that_is_not_there_is_one_line() -> None:
    (found,) = with_columns([source("t.csv", TABLE)], {"t.csv": Columns("words")})
    with pytest.raises(ParseError, match="no column “words”"):
        read(found)


def test_a_preview_shows_the_rows_the_guess_and_what_it_makes_of_them() -> None:
    preview = preview_table(source("t.csv", TABLE))
    assert preview.names == ("no", "name", "body", "kind", "note")
    assert [row["no"] for row in preview.rows] == ["7", "8"]
    assert preview.columns == Columns(text="body", title="name")
    assert [one.text for one in preview.documents] == ["Fern\nWater it"]
    assert [one.reason for one in preview.skipped] == [
        "row 3 has 2 fields where the header has 5",
        "row 2 has no text",
    ]


def test_a_preview_of_lines_that_hold_no_record_has_no_columns() -> None:
    preview = preview_table(source("t.jsonl", "1\n[]\n"))
    assert (preview.names, preview.columns, len(preview.skipped)) == ((), None, 2)


def test_a_preview_reads_only_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    read_rows = itertools.count()

    def endless(_: Source) -> Iterator[tuple[int, dict[str, str]]]:
        for number in read_rows:
            yield number, {"text": "x"}

    monkeypatch.setattr("retrieval.ingest.table_preview.parse_table_or_lines", endless)
    assert len(preview_table(source("t.csv", ""), rows=5).rows) == 5
    assert next(read_rows) <= 6


def test_only_files_of_records_have_columns() -> None:
    assert has_columns(source("t.csv", ""))
    assert has_columns(source("t.ndjson", ""))
    assert not has_columns(source("t.pdf", ""))
