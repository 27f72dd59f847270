"""Labelled data: what is valid is read, what is not leaves one line with its row."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from retrieval.errors import TrainingError
from retrieval.training import data as training_data
from retrieval.training.data import MIN_GROUPS, read_training_data
from retrieval.training.topics import Text


def row(number: int) -> dict[str, object]:
    return {"query": f"q{number}", "pos": [f"right {number}"], "neg": [f"wrong {number}"]}


def write(path: Path, rows: list[object], *, zipped: bool = False) -> Path:
    text = "".join(json.dumps(one) + "\n" for one in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    return path


def test_a_folder_of_rankings_and_contrasts_becomes_groups(tmp_path: Path) -> None:
    write(tmp_path / "ranking" / "a.jsonl.gz", [row(n) for n in range(30)], zipped=True)
    write(
        tmp_path / "contrast" / "b.jsonl",
        [{"query": "no?", "query_answerable": "yes?", "doc_neg": "text"}],
    )
    found = read_training_data(tmp_path)
    assert {name: len(groups) for name, groups in found.groups.items()} == {"a": 30, "b": 1}
    assert found.groups["a"][0].relevant == (True, False)
    assert found.groups["b"][0].pairs == (("yes?", "text"), ("no?", "text"))
    assert found.notes == ()


def test_texts_without_labels_are_read_beside(tmp_path: Path) -> None:
    write(tmp_path / "ranking" / "a.jsonl", [row(n) for n in range(30)])
    plain = read_training_data(tmp_path).fingerprint
    texts = [{"text": "A body.", "title": "Name"}, {"text": "Another."}, {"text": " "}]
    write(tmp_path / "text" / "docs.jsonl", texts)
    found = read_training_data(tmp_path)
    assert found.texts == {"docs": (Text("A body.", "Name"), Text("Another."))}
    assert found.notes == ("docs.jsonl, row 3: the text is empty",)
    assert list(found.groups) == ["a"]
    assert found.fingerprint != plain


def test_texts_alone_have_nothing_right_or_wrong(tmp_path: Path) -> None:
    write(tmp_path / "text" / "docs.jsonl", [{"text": "A body."}] * 50)
    with pytest.raises(TrainingError, match="holds no training data"):
        read_training_data(tmp_path)


def test_a_file_of_triples_serves_as_well(tmp_path: Path) -> None:
    lines = ["query,positive,negative", *(f"q{n},right {n},wrong {n}" for n in range(25))]
    path = tmp_path / "triples.csv"
    path.write_text("\n".join(lines))
    assert read_training_data(path).count == 25


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"query": "", "pos": ["a"], "neg": ["b"]}, "the question is empty"),
        ({"query": "q", "pos": ["  "], "neg": ["b"]}, "there is no right passage"),
        ({"query": "q", "doc_pos": "a"}, "there is no wrong passage"),
        ({"query": "q", "doc_pos": "a", "doc_neg": "a"}, "there is no wrong passage"),
        (["no", "object"], "it is no JSON object"),
    ],
)
def test_a_bad_row_leaves_one_line_with_its_number(
    tmp_path: Path, bad: object, reason: str
) -> None:
    write(tmp_path / "a.jsonl", [*(row(n) for n in range(30)), bad])
    found = read_training_data(tmp_path)
    assert found.count == 30
    assert found.notes == (f"a.jsonl, row 31: {reason}",)


def test_many_bad_rows_leave_few_lines(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [*(row(n) for n in range(30)), *[{"query": ""}] * 50])
    notes = read_training_data(tmp_path).notes
    assert len(notes) == 6
    assert notes[-1] == "a.jsonl: 45 more rows could not be used"


def test_ten_rows_are_too_few_and_the_message_says_how_many_are_needed(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [row(n) for n in range(10)])
    with pytest.raises(TrainingError, match="10 groups") as error:
        read_training_data(tmp_path)
    assert str(MIN_GROUPS) in error.value.hint


def test_one_label_only_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [{"query": "q", "positive": f"text {n}"} for n in range(100)])
    with pytest.raises(TrainingError, match="there is no wrong passage"):
        read_training_data(tmp_path)


def test_an_empty_folder_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no training data"):
        read_training_data(tmp_path)


def test_a_gzip_cut_in_half_is_one_clear_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl.gz", [row(n) for n in range(2000)], zipped=True)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(TrainingError, match="cannot be read to its end"):
        read_training_data(tmp_path)


def test_of_too_many_rows_the_first_are_read_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_data, "MAX_ROWS", 40)
    write(tmp_path / "a.jsonl", [row(n) for n in range(50)])
    found = read_training_data(tmp_path)
    assert found.count == 40
    assert found.notes == ("a.jsonl: only the first 40 rows were read",)


def test_the_fingerprint_follows_the_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [row(n) for n in range(30)])
    first = read_training_data(tmp_path).fingerprint
    assert read_training_data(tmp_path).fingerprint == first
    path.write_text(path.read_text().replace("right 7", "right seven"))
    assert read_training_data(tmp_path).fingerprint != first
