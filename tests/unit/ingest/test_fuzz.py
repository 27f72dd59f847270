"""Whatever the bytes are: a parser gives documents or one ``ParseError``, and soon."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from retrieval.errors import ParseError
from retrieval.ingest.parsers import parser_for, suffixes
from retrieval.ingest.parsers.beir import parse_judgments, parse_questions
from retrieval.types import Document
from tests.effort import calls_of, times_dearer
from tests.unit.ingest.test_office import PAGE, make_docx, make_pptx
from tests.unit.ingest.test_parsers import make_pdf, source

pytestmark = pytest.mark.usefixtures("home")
MOST_CALLS = 2_000_000
"""A small file takes some thousands, and what never ends is ended."""

TABLE = b'id,title,text\n1,"a, b",one\n2,c,two\n'
RECORD = json.dumps({"_id": "a", "text": "one", "metadata": {"k": [1, None]}})
LINES = f"{RECORD}\n".encode() * 3
NOTES = "---\ntopic: x\n---\n# Größe\n\nText.\n".encode()


@cache
def valid(suffix: str) -> bytes:
    """A good file of each format."""
    good = {
        **dict.fromkeys((".html", ".htm", ".xhtml"), PAGE.encode()),
        **dict.fromkeys((".csv", ".tsv"), TABLE),
        **dict.fromkeys((".jsonl", ".ndjson"), LINES),
        ".pdf": make_pdf("first page", "second page"),
        ".docx": make_docx(),
        ".pptx": make_pptx(),
    }
    return good.get(suffix, NOTES)


@st.composite
def mutated(draw: st.DrawFn, suffix: str) -> bytes:
    """A good file with pieces overwritten, left out, doubled or cut off."""
    data = bytearray(valid(suffix))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        match draw(st.sampled_from(["overwrite", "drop", "double", "cut"])):
            case "overwrite":
                data[start:end] = draw(st.binary(max_size=40))
            case "drop":
                del data[start:end]
            case "double":
                data[start:start] = data[start:end]
            case _:
                del data[max(start, len(data) // 2) :]
    return bytes(data)


def refusal(items: Iterable[object]) -> str:
    """Why a file is refused, or nothing if it is read."""
    try:
        for item in items:
            if isinstance(item, Document):
                item.text.encode("utf-8")
                assert all(0 <= mark.start <= len(item.text) for mark in item.marks)
    except ParseError as error:
        return error.message
    return ""


def check(suffix: str, data: bytes) -> None:
    one = source(f"a{suffix}", data)
    said: list[str] = []
    calls_of(lambda: said.append(refusal(parser_for(one).parse(one))), MOST_CALLS + len(data))
    assert "\n" not in said[0]


FUZZED = hypothesis_settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("suffix", suffixes())
@given(data=st.data())
@FUZZED
def test_a_mutated_file_is_read_or_refused(suffix: str, data: st.DataObject) -> None:
    check(suffix, data.draw(mutated(suffix)))


@pytest.mark.parametrize("suffix", suffixes())
@given(data=st.binary(max_size=400))
@FUZZED
def test_any_bytes_are_read_or_refused(suffix: str, data: bytes) -> None:
    check(suffix, data)
    if suffix == ".pdf":
        check(suffix, b"%PDF-1.7\n" + data)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@FUZZED
def test_questions_and_judgments_of_any_bytes_are_read_or_refused(data: bytes) -> None:
    for parse in (parse_questions, parse_judgments):
        assert "\n" not in refusal(parse(source("q.jsonl", data)))


@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [("# ", " ", "x"), ("", "#", ""), ("", "- ", ""), ("", "`", ""), ("", " ", ":")],
    ids=["spaces", "hashes", "items", "fence", "colon"],
)
@pytest.mark.parametrize("form", ["{}", "---\na: b\n{}\n---\ntext"], ids=["text", "front matter"])
def test_a_long_line_does_not_cost_the_square_of_its_length(
    start: str, piece: str, end: str, form: str
) -> None:
    short, long = (form.format(start + piece * size + end) for size in (12_500, 200_000))
    # Sixteen times as long: the square would be 256.
    assert times_dearer(lambda text: check(".md", text.encode()), short, long) < 64
