"""What leaves a review, and comes back into an empty home with the same figures."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.errors import ReviewError, RoleError, StorageError
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.rows import judgment_rows
from retrieval.ingest.sources import Source
from retrieval.review.cells import guarded, unguarded
from retrieval.review.database import Database
from retrieval.review.exports import EXPORTS
from retrieval.review.imports import import_review
from retrieval.review.lead import Lead
from retrieval.review.registry import Registry
from retrieval.review.store import ReviewStore
from retrieval.review.types import Review
from retrieval.store import Store
from tests.reviewing import ADMIN, ANN, BEN, EDITOR, made_review

FORMULA = '=HYPERLINK("http://evil.example";"x")\r\n<b>bold</b>\n-- ' + "long " * 20_000


@pytest.fixture
def judged(reviews: ReviewStore, store: Store) -> Review:
    """Two people's grades with an undo, a decision, and comments of every kind."""
    review = made_review(reviews, store, needed=2)
    comments = ["", FORMULA, "'quoted", "\ttab", "@x", "＝1+1", "naïve, “yes”; a,b"]
    for place, who in enumerate((ANN, BEN)):
        seat = reviews.seat(who, review.id)
        number = 0
        while (task := seat.next()) is not None:
            number += 1
            comment = comments[number % len(comments)]
            seat.judge(task.id, (number + place) % 4, comment, seconds=number)
        seat.undo()
        seat.cannot(task_id := seat.next().id, "no idea")  # type: ignore[union-attr]
        assert task_id
    lead = reviews.lead(EDITOR, review.id)
    lead.decide(lead.disputed()[0].passage.id, 2, "=1")
    return review


@pytest.fixture
def lead(reviews: ReviewStore, judged: Review) -> Lead:
    return reviews.lead(EDITOR, judged.id)


def exported(lead: Lead, form: str) -> str:
    return EXPORTS[form].text(lead, "median")


def source(name: str, text: str) -> Source:
    data = text.encode()
    return Source(name, len(data), lambda: io.BytesIO(data))


def figures(lead: Lead) -> tuple[object, ...]:
    results = lead.results().as_dict()
    return (results, lead.agreement().as_dict(), lead.qrels(), lead.progress())


@pytest.mark.parametrize("form", ["trec", "csv", "beir"])
def test_the_evaluation_reads_the_qrels_of_every_form(lead: Lead, form: str) -> None:
    name = EXPORTS[form].name("first/look")
    assert "/" not in name
    rows = judgment_rows(source(name, exported(lead, form)), problems := Problems())
    read: dict[str, dict[str, int]] = {}
    for row in rows:
        query, document, grade = row.fields
        read.setdefault(query, {})[document] = int(grade)
    assert read == lead.qrels()
    assert problems.notes() == ()


def test_ids_that_would_break_a_file_are_percent_encoded(lead: Lead) -> None:
    odd = {"q 1": {"=a\tb": 1, "c,d\n%": 2, "plain/file.pdf#3": 0}}
    lead.qrels = lambda how="median": odd  # type: ignore[method-assign]
    assert exported(lead, "trec").splitlines()[0] == "q%201 0 =a%09b 1"
    rows = list(csv.reader(io.StringIO(exported(lead, "csv"))))
    assert rows[1:] == [
        ["q 1", "%3Da%09b", "1"],
        ["q 1", "c,d%0A%25", "2"],
        ["q 1", "plain/file.pdf#3", "0"],
    ]
    assert exported(lead, "beir").splitlines()[1] == "q 1\t%3Da%09b\t1"


def test_everything_that_was_said_is_in_the_raw_judgments(lead: Lead) -> None:
    events = lead.standing().events
    lines = [json.loads(line) for line in exported(lead, "judgments-jsonl").splitlines()]
    said = [line for line in lines if "event_id" in line]
    assert [line["event_id"] for line in said] == [one.id for one in events]
    assert {line["kind"] for line in said} == {"grade", "undo", "cannot", "final"}
    undone = {one.target for one in events if one.kind == "undo"}
    for line, event in zip(said, events, strict=True):
        assert (line["reviewer"], line["at"]) == (event.reviewer, event.at)
        assert line["comment"] == event.comment
        if event.id in undone or event.kind == "undo":
            assert not line["stands"]
    assert sum(line["stands"] for line in said) == 24 + 1


def test_no_cell_of_the_csv_is_a_formula(lead: Lead) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(lead, "judgments-csv"), newline="")))
    assert len(rows) == len(lead.standing().events)
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert any(unguarded(row["comment"]) == FORMULA for row in rows)
    assert rows[0]["text"].startswith("Passage")


@pytest.mark.parametrize("text", ["", "=1", "'=1", "''", "plain", "-", "\n=1", "＠x", "a'b"])
def test_guarding_a_cell_can_be_undone(text: str) -> None:
    assert unguarded(guarded(text)) == text


def test_a_review_comes_into_an_empty_home_with_the_same_figures(
    lead: Lead, tmp_path: Path
) -> None:
    elsewhere = ReviewStore(tmp_path / "elsewhere")
    file = source("r.jsonl", exported(lead, "judgments-jsonl"))
    found = import_review(elsewhere, EDITOR, file)
    assert (found.added, found.known, found.notes) == (len(lead.standing().events), 0, ())
    other = elsewhere.lead(EDITOR, found.review.id)
    assert figures(other) == figures(lead)
    assert other.standing().events == lead.standing().events
    assert other.pool.by_id == lead.pool.by_id
    assert EXPORTS["judgments-jsonl"].text(other, "median") == exported(lead, "judgments-jsonl")


def test_judgments_as_csv_come_back_as_a_review_without_systems(lead: Lead, tmp_path: Path) -> None:
    elsewhere = ReviewStore(tmp_path / "elsewhere")
    file = source("r.csv", exported(lead, "judgments-csv"))
    found = import_review(elsewhere, EDITOR, file, name="again")
    other = elsewhere.lead(EDITOR, found.review.id)
    assert found.review.name == "again"
    assert other.qrels() == lead.qrels()
    assert other.agreement().as_dict() == lead.agreement().as_dict()
    assert other.standing().events == lead.standing().events
    assert {one.passage.text for one in other.pool.passages} == {
        one.passage.text for one in lead.pool.passages
    }
    results = other.results()
    assert results.evaluation is None
    assert "without the systems" in results.notes[0]


def test_what_is_there_already_is_not_doubled_and_only_an_admin_adds_to_it(
    reviews: ReviewStore, judged: Review, lead: Lead, tmp_path: Path
) -> None:
    elsewhere = ReviewStore(tmp_path / "elsewhere")
    first = source("r.jsonl", exported(lead, "judgments-jsonl"))
    import_review(elsewhere, EDITOR, first)
    task = next(iter(lead.pool.by_id))
    reviews.seat(EDITOR, judged.id).judge(task, 3, "later")
    more = source("r.jsonl", exported(lead, "judgments-jsonl"))
    with pytest.raises(RoleError, match="admin"):
        import_review(elsewhere, EDITOR, more)
    found = import_review(elsewhere, ADMIN, more)
    assert (found.added, found.known) == (1, len(lead.standing().events) - 1)
    assert figures(elsewhere.lead(EDITOR, judged.id)) == figures(lead)
    with pytest.raises(RoleError, match="editor"):
        import_review(elsewhere, ANN, more)


def test_preferences_come_back_with_their_win_rates(
    reviews: ReviewStore, store: Store, tmp_path: Path
) -> None:
    review = made_review(reviews, store, asked=6, mode="lists")
    seat = reviews.seat(ANN, review.id)
    for side in ("left", "right", "tie", "bad", "left"):
        seat.prefer(seat.next().id, side)  # type: ignore[union-attr, arg-type]
    lead = reviews.lead(EDITOR, review.id)
    elsewhere = ReviewStore(tmp_path / "elsewhere")
    text = exported(lead, "judgments-jsonl")
    found = import_review(elsewhere, EDITOR, source("r.jsonl", text))
    assert figures(elsewhere.lead(EDITOR, found.review.id)) == figures(lead)
    with pytest.raises(ReviewError, match="without the lists"):
        import_review(elsewhere, EDITOR, source("r.csv", exported(lead, "judgments-csv")))


def test_bad_rows_are_named_by_their_number_and_the_rest_is_used(
    lead: Lead, tmp_path: Path
) -> None:
    lines = exported(lead, "judgments-jsonl").splitlines()
    events = [place for place, line in enumerate(lines) if "event_id" in line]
    grades = [place for place in events if json.loads(lines[place])["kind"] == "grade"]

    def change(place: int, **changes: object) -> str:
        lines[place] = json.dumps({**json.loads(lines[place]), **changes})
        return f"r.jsonl, line {place + 1}: "

    expected = [
        change(grades[0], grade=7) + "the grade “7” is not of the scale 0 to 3",
        change(grades[1], grade="1.5") + "the grade “1.5” is not of the scale",
        change(grades[2], at="yesterday") + "the time “yesterday”",
        change(grades[3], kind="shout") + "there is no kind “shout”",
        change(grades[4], reviewer=" ") + "it has no reviewer",
        change(grades[5], task_id="elsewhere") + "the review has no task “elsewhere”",
        change(1, found="[") + "it is damaged",
    ]
    lines.append("{broken")
    elsewhere = ReviewStore(tmp_path / "elsewhere")
    found = import_review(elsewhere, EDITOR, source("r.jsonl", "\n".join(lines)))
    for said in expected:
        assert any(note.startswith(said) for note in found.notes), said
    assert any(f"line {len(lines)}" in note for note in found.notes)
    gone = json.loads(lines[1])["item_id"]
    about_gone = sum(json.loads(lines[place]).get("task_id") == gone for place in events)
    assert found.added >= len(events) - 6 - about_gone


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("r.jsonl", '{"kind": "grade"}', "no judgment that can be used"),
        ("r.csv", "a,b\n1,2\n", "no judgment that can be used"),
        ("r.jsonl", '{"kind": "review", "format": 9}', "another version"),
        ("r.jsonl", '{"kind": "review", "format": 1, "review": {"id": 3}}', "damaged"),
        ("r.jsonl", '{"kind": "review", "format": 1, "review": [1]}', "damaged"),
    ],
)
def test_a_file_that_is_no_review_is_one_clear_line(
    home: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(ReviewError, match=said):
        import_review(ReviewStore(home), EDITOR, source(name, text))


def test_a_review_that_was_deleted_here_can_be_brought_back(
    reviews: ReviewStore, judged: Review, lead: Lead
) -> None:
    before, text = figures(lead), exported(lead, "judgments-jsonl")
    reviews.delete(ADMIN, judged.id)
    import_review(reviews, EDITOR, source("r.jsonl", text))
    assert figures(reviews.lead(EDITOR, judged.id)) == before


@pytest.mark.parametrize("step", ["lists", "events", "entry"])
@pytest.mark.parametrize("is_killed", [False, True], ids=["full disk", "kill"])
def test_an_import_that_broke_off_is_made_anew_by_the_next(
    lead: Lead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, is_killed: bool
) -> None:
    file = source("r.jsonl", exported(lead, "judgments-jsonl"))
    elsewhere = ReviewStore(tmp_path / "elsewhere")
    with monkeypatch.context() as broken:
        break_at(step, elsewhere, broken)
        if is_killed:
            broken.setattr(Database, "drop", lambda _database, _review_id: None)
        with pytest.raises(StorageError, match="no room"):
            import_review(elsewhere, EDITOR, file)
    folder = tmp_path / "elsewhere" / "reviews"
    assert any(folder.glob(f"{lead.review.id}.*")) == is_killed
    again = ReviewStore(tmp_path / "elsewhere")
    assert again.list(EDITOR) == ()
    found = import_review(again, EDITOR, file)
    assert (found.added, found.notes) == (len(lead.standing().events), ())
    assert figures(again.lead(EDITOR, found.review.id)) == figures(lead)


def test_a_home_that_cannot_be_written_is_one_clear_line(lead: Lead, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "locks").write_text("in the way of the folder")
    file = source("r.jsonl", exported(lead, "judgments-jsonl"))
    with pytest.raises(StorageError):
        import_review(ReviewStore(elsewhere), EDITOR, file)


def break_at(step: str, reviews: ReviewStore, patch: pytest.MonkeyPatch) -> None:
    """Let the disk be full when a table is made, or the review entered."""

    def full(*_: object, **__: object) -> None:
        raise StorageError("There is no room left.")

    if step == "entry":
        patch.setattr(Registry, "add", full)
        return
    database = reviews._database._database
    make = type(database).create_table

    def create_table(self: object, name: str, *rest: object, **named: object) -> object:
        return full() if name.endswith(f".{step}") else make(self, name, *rest, **named)

    patch.setattr(type(database), "create_table", create_table)


def test_a_review_that_is_being_brought_in_is_not_brought_in_twice(
    lead: Lead, tmp_path: Path
) -> None:
    elsewhere = ReviewStore(tmp_path / "elsewhere")
    file = source("r.jsonl", exported(lead, "judgments-jsonl"))
    with elsewhere._database.alone(lead.review.id) as is_alone:
        assert is_alone
        with pytest.raises(ReviewError, match="being brought in"):
            import_review(elsewhere, EDITOR, file)
    assert import_review(elsewhere, EDITOR, file).added == len(lead.standing().events)
    with pytest.raises(ReviewError, match="here already"):
        elsewhere.keep(EDITOR, lead.review, lead.pool)
    assert elsewhere.lead(EDITOR, lead.review.id).standing().events == lead.standing().events


def test_an_id_that_is_none_of_ours_names_no_table(lead: Lead, tmp_path: Path) -> None:
    text = exported(lead, "judgments-jsonl").replace(lead.review.id, "../../x")
    found = import_review(ReviewStore(tmp_path / "x"), EDITOR, source("r.jsonl", text))
    assert len(found.review.id) == 16
    assert not (tmp_path.parent / "x.events.lance").exists()


def test_nothing_leaves_for_who_may_not_see_it(lead: Lead, judged: Review) -> None:
    lead._person = replace(EDITOR, role="reviewer")
    for form in EXPORTS:
        with pytest.raises(RoleError):
            exported(lead, form)
