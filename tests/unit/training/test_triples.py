"""A file of triples: rows of a question together, a sample of very many, one line for bad ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.errors import TrainingError
from retrieval.training import triples
from retrieval.training.triples import read_triples


def write(path: Path, rows: list[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_all_rows_of_a_question_are_one_example(tmp_path: Path) -> None:
    rows = [
        {"query": "Which?", "positive": "a", "negative": "b"},
        {"query": "other", "positive": "x", "negative": "y"},
        {"query": "which?", "positive": "c", "negative": "a"},
    ]
    found = read_triples(write(tmp_path / "t.jsonl", rows))
    (which,) = [one for one in found.examples if one.question.text == "Which?"]
    assert [(p.text, p.grade) for p in which.passages] == [("a", 1), ("c", 1), ("b", 0)]
    assert found.judgments == 5


def test_lists_in_the_cells_of_a_table_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('query,pos,neg\nq,"[""a"", ""b""]","[""c""]"\nr,plain,[not a list\n')
    found = read_triples(path)
    assert [[p.text for p in one.passages] for one in found.examples] == [
        ["a", "b", "c"],
        ["plain", "[not a list"],
    ]


def test_of_very_many_questions_the_same_ones_are_kept_with_all_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triples, "MOST_QUESTIONS", 20)
    rows = [
        {"query": f"q{n % 100}", "positive": f"right {n}", "negative": f"wrong {n}"}
        for n in range(300)
    ]
    found = read_triples(write(tmp_path / "t.jsonl", rows))
    turned = read_triples(write(tmp_path / "u.jsonl", rows[::-1]))
    assert len(found.examples) == 20
    assert all(len(one.passages) == 6 for one in found.examples)
    texts = [{one.question.text for one in each.examples} for each in (found, turned)]
    assert texts[0] == texts[1]
    assert "of 300 rows, 20 questions are used" in found.notes[-1]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"query": "q", "positive": "a"}] * 30, "there is no wrong passage"),
        ([{"query": "q", "pos": ["a"], "neg": []}] * 30, "one label only"),
        ([{"query": " ", "positive": "a", "negative": "b"}], "the question is empty"),
        ([{"query": "q", "positive": "", "negative": "b"}], "there is no right passage"),
        ([], "holds no row that can be used"),
        ([["no", "object"]], "it is no JSON object"),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path: Path, rows: list[object], said: str) -> None:
    with pytest.raises(TrainingError, match=said) as error:
        read_triples(write(tmp_path / "t.jsonl", rows))
    assert "\n" not in error.value.message


def test_some_bad_rows_leave_lines_and_the_rest_is_used(tmp_path: Path) -> None:
    good = [{"query": f"q{n}", "positive": "a", "negative": "b"} for n in range(3)]
    found = read_triples(write(tmp_path / "t.jsonl", [*good, *[{"query": ""}] * 9]))
    assert len(found.examples) == 3
    assert found.notes[0] == "t.jsonl, row 4: the question is empty"
    assert found.notes[-1] == "t.jsonl: 4 more rows could not be used"
