from __future__ import annotations

import io

import pytest

from retrieval.errors import ParseError
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.run_files import read_run_file
from retrieval.evaluation.runs import Run
from retrieval.ingest.sources import Source

QUESTIONS, DOCUMENTS = {"q1", "q 2"}, {"d1", "d2", "d3"}


def read(text: str) -> tuple[Run, tuple[str, ...]]:
    data, problems = text.encode(), Problems()
    source = Source("other.run", len(data), lambda: io.BytesIO(data))
    run = read_run_file(source, problems, QUESTIONS, DOCUMENTS)
    return run, problems.notes()


def documents(run: Run, question: str = "q1") -> list[str]:
    return [document for document, _ in run[question]]


def test_scores_decide_and_equal_scores_fall_back_on_ranks() -> None:
    run, notes = read("q1 Q0 d3 3 1.0 t\nq1 Q0 d2 2 1.0 t\nq1 Q0 d1 1 2.5 t\n")
    assert documents(run) == ["d1", "d2", "d3"]
    assert notes == ()


def test_ranks_may_begin_at_0() -> None:
    assert read("q1 Q0 d1 0 2 t\nq1 Q0 d2 1 1 t\n")[1] == ()


def test_a_byte_order_mark_mixed_line_ends_and_encoded_ids_are_read() -> None:
    run, notes = read("\ufeffq1\tQ0\td1 1 2 t\r\nq%202 Q0 d2 1 1 t\n\r")
    assert documents(run) == ["d1"]
    assert documents(run, "q 2") == ["d2"]
    assert notes == ()


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("q1 Q0 d2 5 0.5 t", "line 2: question “q1” has rank 5 where 2 is due by score"),
        ("q1 Q0 d2 x 0.5 t", "line 2: it is not of the form"),
        ("q1 Q0 d2 2 nan t", "line 2: it is not of the form"),
        ("q1 Q0 d2 2 inf t", "line 2: it is not of the form"),
        ("q1 Q0 d2 2", "line 2: it is not of the form"),
        ("q1 Q0 d1 2 0.5 t", "line 2: document “d1” was there already"),
        ("q9 Q0 d2 2 0.5 t", "line 2: there is no question “q9”"),
        ("q1 Q0 new 2 0.5 t", "line 2: the collection has no document “new”"),
    ],
)
def test_a_bad_line_is_named_by_its_number_and_the_rest_is_used(line: str, note: str) -> None:
    run, notes = read(f"q1 Q0 d1 1 1.0 t\n{line}\n")
    assert notes[0].startswith(f"other.run, {note}")
    assert documents(run)[0] == "d1"


def test_a_hit_of_an_unknown_document_keeps_its_place() -> None:
    run, _ = read("q1 Q0 new 1 3.0 t\nq1 Q0 d1 2 1.0 t\n")
    assert documents(run) == ["new", "d1"]


def test_a_file_without_a_hit_is_refused() -> None:
    with pytest.raises(ParseError, match=r"other.run holds no hit") as caught:
        read("this is no run\n")
    assert "line 1" in caught.value.hint
