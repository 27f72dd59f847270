from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from retrieval.errors import IngestError, ParseError
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.question_sets import (
    MOST_QUESTIONS,
    QuestionSet,
    own_set,
    question_set,
)
from retrieval.evaluation.rows import (
    QrelsColumns,
    QuestionColumns,
    Row,
    judgment_rows,
    question_rows,
    table_columns,
)
from retrieval.evaluation.saved_sets import SavedSets
from retrieval.evaluation.set_files import SetFiles, find_set
from retrieval.ingest.sources import Source, expand, from_upload
from retrieval.types import Question

DOCUMENTS = {"d1", "d2", "a b/c"}
BOTH = [("q1", "which dog"), ("q2", "what plant")]

TOPICS = """<top>
<num> Number: q1
<title> which
dog
<desc> Description:
A longer text.
</top>
<TOP>
<num>q2</num>
<title>what plant</title>
</TOP>
"""


JSON_QRELS = (
    '{"query_id": "q1", "doc_id": "d1", "relevance": 2}\n'
    '{"query_id": "q2", "doc_id": "d2", "relevance": 0}\n'
)


def source(name: str, content: str | bytes) -> Source:
    data = content if isinstance(content, bytes) else content.encode()
    return Source(name, len(data), lambda: io.BytesIO(data))


def questions_of(
    name: str, content: str | bytes, columns: QuestionColumns | None = None
) -> list[tuple[str, ...]]:
    return [row.fields for row in question_rows(source(name, content), Problems(), columns)]


def judgments_of(
    name: str, content: str | bytes, columns: QrelsColumns | None = None
) -> list[tuple[str, ...]]:
    return [row.fields for row in judgment_rows(source(name, content), Problems(), columns)]


def checked(questions: str, qrels: str) -> QuestionSet:
    files = SetFiles(source("topics.txt", questions), source("qrels.txt", qrels))
    return files.read("a set", DOCUMENTS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "queries.jsonl",
            '{"_id": "q1", "text": "which dog"}\n{"id": "q2", "query": "what plant"}',
        ),
        ("topics.txt", "q1\twhich dog\nq2\twhat plant\n"),
        ("topics.tsv", "q1\twhich dog\nq2\twhat plant\n"),
        ("topics.trec", TOPICS),
        ("queries.csv", 'query_id,text\nq1,"which dog"\nq2,what plant\n'),
        ("queries.tsv", "qid\tquery\nq1\twhich dog\nq2\twhat plant\n"),
        ("queries.csv", "text;id\nwhich dog;q1\nwhat plant;q2\n"),
        ("topics.txt", "\ufeffq1\twhich dog\r\nq2\twhat plant\r"),
        ("topics.txt", "q1\twhich dog\r\nq2\twhat plant\n".encode("utf-16")),
        (
            "queries.json.txt",
            '\n{"_id": "q1", "text": "which dog"}\n{"_id": "q2", "text": "what plant"}',
        ),
    ],
)
def test_questions_are_read_in_every_form(name: str, content: str | bytes) -> None:
    assert questions_of(name, content) == BOTH


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("qrels.txt", "q1 0 d1 2\nq2 0 d2 0\n"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t0\n"),
        ("qrels.tsv", "q1\td1\t2\nq2\td2\t0\n"),
        ("qrels.csv", "question_id,document_id,grade\nq1,d1,2\nq2,d2,0\n"),
        ("qrels.csv", "q1,d1,2\nq2,d2,0\n"),
        ("qrels.jsonl", JSON_QRELS),
        ("qrels", "\ufeffq1 Q0 d1 2\r\nq2 Q0 d2 0\n"),
    ],
)
def test_judgments_are_read_in_every_form(name: str, content: str) -> None:
    assert judgments_of(name, content) == [("q1", "d1", "2"), ("q2", "d2", "0")]


def test_columns_are_picked_by_name() -> None:
    asked = source("asked.csv", "nr,words,remark\nq1,which dog,x\n")
    assert table_columns(asked) == ("nr", "words", "remark")
    assert questions_of(
        "asked.csv", "nr,words\nq1,which dog\n", QuestionColumns("nr", "words")
    ) == [("q1", "which dog")]
    judged = "answer,asked,mark\nd1,q1,3\n"
    columns = QrelsColumns("asked", "answer", "mark")
    assert judgments_of("judged.csv", judged, columns) == [("q1", "d1", "3")]
    with pytest.raises(ParseError, match="nr, words"):
        questions_of("asked.csv", "nr,words\nq1,which dog\n")
    assert table_columns(source("topics.txt", "q1\tx\n")) == ()


@pytest.mark.parametrize("content", ["", "\n \r\n", "\ufeff"])
def test_an_empty_file_is_refused_in_a_line(content: str) -> None:
    with pytest.raises(ParseError, match="empty"):
        questions_of("topics.txt", content)


QUESTIONS = "q1\twhich dog\nq2\twhat plant\n"


@pytest.mark.parametrize(
    ("qrels", "note"),
    [
        ("q1 0 d1 1\nq2 0 nowhere 1\n", "the collection has no document “nowhere”"),
        ("q1 0 d1 1\nq9 0 d1 1\n", "there is no question “q9”"),
        ("q1 0 d1 1\nq2 0 d1 -1\n", "the grade “-1” is not a whole number"),
        ("q1 0 d1 1\nq2 0 d1 often\n", "the grade “often” is not a whole number"),
        ("q1 0 d1 1\nq2 0 d1 nan\n", "the grade “nan” is not a whole number"),
        ("q1 0 d1 1\nq2 0 d1 1e999\n", "the grade “1e999” is not a whole number"),
        ("q1 0 d1 1\nq2 0 d1 0.5\n", "the grade “0.5” is not a whole number"),
        ("q1 0 d1 1\nq1 0 d1 1\n", "it repeats qrels.txt, line 1."),
        ("q1 0 d1 1\nq1 0 d1 3\n", "it contradicts qrels.txt, line 1"),
        ("q1 0 d1 1\nq2 d1\n", "it is not of the form"),
    ],
)  # fmt: skip
def test_a_bad_row_gets_a_line_with_its_number_and_the_rest_is_used(qrels: str, note: str) -> None:
    found = checked(QUESTIONS, qrels)
    assert any(one.startswith(f"qrels.txt, line 2: {note}") for one in found.notes), found.notes
    assert any(one.startswith("question “q2”: it has no judgment") for one in found.notes)
    assert found.qrels == {"q1": {"d1": 1}}
    assert [one.id for one in found.questions] == ["q1"]


@pytest.mark.parametrize(
    ("questions", "note"),
    [
        ("q1\twhich dog\nno tab here\n", "topics.txt, line 2: it is not of the form id<TAB>text"),
        ("q1\twhich dog\nq2\t \n", "topics.txt, line 2: it has no id or no text."),
        ("q1\twhich dog\nq1\tanother\n", "topics.txt, line 2: question “q1” was there already"),
        ("q1\twhich dog\nq2\t" + "word " * 1001, "topics.txt, line 2: the question has more than"),
    ],
)
def test_a_bad_question_gets_a_line_and_the_rest_is_used(questions: str, note: str) -> None:
    found = checked(questions, "q1 0 d1 1\n")
    assert any(one.startswith(note) for one in found.notes), found.notes
    assert [one.text for one in found.questions] == ["which dog"]


def test_a_question_with_nothing_relevant_is_measured_and_named() -> None:
    found = checked(QUESTIONS, "q1 0 d1 1\nq2 0 d2 0\n")
    assert [one.id for one in found.questions] == ["q1", "q2"]
    assert any("question “q2”: none of its judged documents" in one for one in found.notes)


def test_encoded_ids_are_known_again() -> None:
    assert checked(QUESTIONS, "q1 0 a%20b/c 1\n").qrels == {"q1": {"a b/c": 1}}


def test_nothing_in_common_is_one_line() -> None:
    with pytest.raises(IngestError, match="None of the questions") as caught:
        checked(QUESTIONS, "x1 0 d1 1\n")
    assert "there is no question “x1”" in caught.value.hint


def test_a_hundred_thousand_questions_are_sampled_and_bad_rows_are_counted() -> None:
    count = 100_000
    asked = (Row(f"line {n}", (f"q{n}", f"question {n}")) for n in range(count))
    judged = (Row(f"line {n}", (f"q{n}", "d1" if n % 2 else "gone", "1")) for n in range(count))
    found = question_set("many", asked, judged, DOCUMENTS, Problems())
    assert len(found.questions) == count // 2
    assert len(found.notes) < 50
    assert "… and 49,990 more rows that name an unknown document." in found.notes
    sample = found.sampled()
    assert len(sample.questions) == len(sample.qrels) == MOST_QUESTIONS
    assert sample.notes[0].startswith("1,000 of 50,000 judged questions are measured")
    assert sample == found.sampled()
    assert found.sampled(count) is found


def test_the_collections_own_set_is_checked_too() -> None:
    found = own_set([Question("q1", "which dog")], {"q1": {"d1": 2, "gone": 1}}, DOCUMENTS)
    assert found.qrels == {"q1": {"d1": 2}}
    assert found.judgments == 1
    assert "no document “gone”" in found.notes[0]


FILES = {
    "beir/corpus.jsonl": '{"_id": "d1", "text": "x"}',
    "beir/queries.jsonl": '{"_id": "q1", "text": "which dog"}',
    "beir/qrels/train.tsv": "query-id\tcorpus-id\tscore\nq1\td2\t1\n",
    "beir/qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\n",
}


def test_a_beir_folder_and_its_zip_give_the_test_split(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    for found in (expand([tmp_path]), from_upload("beir.zip", out.getvalue())):
        assert find_set(found).read("beir", DOCUMENTS).qrels == {"q1": {"d1": 1}}


def test_a_folder_without_a_part_says_which(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "x"}')
    with pytest.raises(IngestError, match="no file of qrels"):
        find_set(expand([tmp_path]))
    with pytest.raises(IngestError, match="no file of questions"):
        find_set(from_upload("damaged.zip", b"no zip"))


def test_a_set_is_kept_once_listed_and_forgotten(tmp_path: Path) -> None:
    sets = SavedSets(tmp_path / "sets")
    asked = checked(QUESTIONS, "q1 0 d1 1\nq2 0 d2 2\n")
    saved = sets.add("c" * 16, asked)
    assert sets.add("c" * 16, asked) == saved
    assert sets.list("c" * 16) == (saved,)
    assert sets.list("d" * 16) == ()
    back = sets.get(saved.id)
    assert (back.questions, back.qrels, back.notes) == (asked.questions, asked.qrels, asked.notes)
    assert back.key == asked.key
    sets.remove(saved.id)
    for gone in (saved.id, "../../secret", ""):
        with pytest.raises(IngestError):
            sets.get(gone)


def test_a_damaged_set_is_passed_over(tmp_path: Path) -> None:
    sets = SavedSets(tmp_path)
    (tmp_path / "cccccccc-1.jsonl").write_text("{")
    (tmp_path / "cccccccc-2.jsonl").write_text(json.dumps({"collection": "other"}) + "\n")
    assert sets.list("c" * 16) == ()
