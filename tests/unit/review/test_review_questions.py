"""Questions for a review, from whatever file somebody has."""

from __future__ import annotations

import pytest

from retrieval.errors import IngestError
from retrieval.evaluation.problems import Problems
from retrieval.ingest.sources import Source, from_upload
from retrieval.review.question_files import read_questions
from retrieval.review.types import ReviewQuestion


def read(name: str, text: str, problems: Problems | None = None) -> list[ReviewQuestion]:
    (source,) = from_upload(name, text.encode())
    assert isinstance(source, Source)
    return list(read_questions(source, problems or Problems()))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "q1\tWhich plant?\nq2\tWhich medicine?\n"),
        ("a.csv", "id,question\nq1,Which plant?\nq2,Which medicine?\n"),
        ("a.tsv", "qid\ttext\nq1\tWhich plant?\nq2\tWhich medicine?\n"),
        ("a.jsonl", '{"_id":"q1","text":"Which plant?"}\n{"_id":"q2","text":"Which medicine?"}'),
        ("a.txt", "\ufeffWhich plant?\r\n\r\nWhich medicine?\r\n"),
    ],
)
def test_each_form_gives_the_questions(name: str, text: str) -> None:
    assert [one.text for one in read(name, text)] == ["Which plant?", "Which medicine?"]
    if "q1" in text:
        assert [one.id for one in read(name, text)] == ["q1", "q2"]


def test_a_table_may_bring_needs() -> None:
    [one, other] = read("a.csv", "query,narrative\nWhich plant?,Safe with cats.\nWhich dose?,\n")
    assert (one.need, other.need) == ("Safe with cats.", "")
    assert one.id != other.id


def test_rows_that_are_no_question_are_named_and_the_rest_is_used() -> None:
    problems = Problems()
    found = read(
        "a.jsonl", '{"text":"One?","id":"a"}\n{"id":"b"}\n[]\n{"text":"x","id":"a"}', problems
    )
    assert [one.id for one in found] == ["a"]
    assert len(problems.notes()) == 3


@pytest.mark.parametrize("text", ["", "\n\n", "id,text\n"])
def test_a_file_without_a_question_is_one_clear_line(text: str) -> None:
    with pytest.raises(IngestError, match=r"a\.csv (holds no question|cannot be used)"):
        read("a.csv", text)
