"""The review page as reviewers and the team find it."""

from __future__ import annotations

import html
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from pages.parts.review import making, making_work
from retrieval.cascade import Cascade
from retrieval.jobs import Job
from retrieval.models.loading import Models
from retrieval.review.exports import EXPORTS
from retrieval.review.people import local_reviewer
from retrieval.review.store import ReviewStore
from retrieval.review.summary import summarise
from retrieval.review.types import Review
from retrieval.review.work import Makings
from retrieval.settings import settings
from retrieval.store import Store
from retrieval.types import Question
from tests.app.conftest import APP, SECONDS, Tags, html_of, notices
from tests.corpus import filled
from tests.reviewing import ADMIN, ANN, EDITOR, made_review

PAGE = "pages/measure/review.py"


@pytest.fixture
def reviews(home: Path) -> ReviewStore:
    return ReviewStore(home)


@pytest.fixture
def review(reviews: ReviewStore, home: Path) -> Iterator[Review]:
    yield from kept(reviews, home)


def kept(reviews: ReviewStore, home: Path, **changes: object) -> Iterator[Review]:
    """A review of two questions with two passages each, gone when the test is over."""
    name = f"look {secrets.token_hex(4)}"
    made = made_review(reviews, Store(home), 2, 2, name=name, **changes)
    yield made
    if any(one.id == made.id for one in reviews.list(ADMIN)):
        reviews.delete(ADMIN, made.id)


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60).switch_page(PAGE)
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def button(app: AppTest, start: str) -> object:
    return next(one for one in app.button if str(one.key).startswith(start))


def name_box(app: AppTest) -> TextInput:
    """Where a new review is named."""
    return next(one for one in app.text_input if str(one.key).startswith("review_name_"))


def passage(app: AppTest) -> str:
    return next(one.value for one in app.html if 'class="sl-passage"' in one.value)


def test_a_passage_is_graded_and_the_next_one_comes(reviews: ReviewStore, review: Review) -> None:
    app = opened(review=review.id, reviewer="Ann", review_view="Judge")
    assert not app.exception
    assert "<b>0</b> of 4 judged" in html_of(app)
    assert [one.label for one in app.button if str(one.key).startswith("grade_")] == list(
        review.scale.words
    )
    first = passage(app)
    assert "bm25" not in first
    app.text_area[0].set_value("=1+1 <b>bold</b>").run()
    button(app, "grade_3").click().run()
    assert "Stored: <b>Answers the question</b>" in html_of(app)
    assert "<b>1</b> of 4 judged" in html_of(app)
    assert passage(app) != first
    [(task, answer)] = reviews.seat(local_reviewer("Ann"), review.id).history()
    assert (answer.grade, answer.comment) == (3, "=1+1 <b>bold</b>")
    assert task.passage.text in first  # type: ignore[union-attr]


def test_keys_are_those_that_reviewers_are_told(review: Review) -> None:
    app = opened(review=review.id, reviewer="Ann", review_view="Judge")
    button(app, "grade_0").click().run()
    keys = [one.proto.shortcut for one in app.button if one.proto.shortcut]
    assert keys == ["1", "2", "3", "4", "s", "u", "z"]


def test_undo_brings_the_passage_and_its_comment_back(review: Review) -> None:
    app = opened(review=review.id, reviewer="Ann", review_view="Judge")
    first = passage(app)
    app.text_area[0].set_value("odd").run()
    button(app, "grade_2").click().run()
    button(app, "undo_").click().run()
    assert passage(app) == first
    assert app.text_area[0].value == "odd"
    assert "<b>0</b> of 4 judged" in html_of(app)


def test_skipped_passages_come_back_at_the_end_and_the_end_says_so(review: Review) -> None:
    app = opened(review=review.id, reviewer="Ann", review_view="Judge")
    skipped = passage(app)
    button(app, "skip_").click().run()
    assert passage(app) != skipped
    button(app, "cannot_").click().run()
    for _ in range(2):
        button(app, "grade_1").click().run()
    assert passage(app) == skipped
    button(app, "grade_0").click().run()
    assert "Done. You judged 3 passages, and 1 you could not judge." in html_of(app)


def test_a_reviewer_comes_back_where_they_stopped(review: Review) -> None:
    app = opened(review=review.id, reviewer="Ann", review_view="Judge")
    button(app, "grade_1").click().run()
    assert passage(opened(review=review.id, reviewer="Ann", review_view="Judge")) == passage(app)


def test_two_tabs_of_one_reviewer_do_not_judge_twice(reviews: ReviewStore, review: Review) -> None:
    tabs = [opened(review=review.id, reviewer="Ann", review_view="Judge") for _ in range(2)]
    assert passage(tabs[0]) == passage(tabs[1])
    for grade, tab in enumerate(tabs):
        button(tab, f"grade_{grade}").click().run()
    assert passage(tabs[0]) == passage(tabs[1])
    [(_, answer)] = reviews.seat(local_reviewer("Ann"), review.id).history()
    assert answer.grade == 1


def test_an_answer_that_cannot_be_stored_stays_on_the_screen(
    reviews: ReviewStore, review: Review
) -> None:
    app = opened(review=review.id, reviewer="Ann", review_view="Judge")
    first = passage(app)
    app.text_area[0].set_value("mine").run()
    reviews.change(EDITOR, review.id, closed=True)
    button(app, "grade_1").click().run()
    assert "closed" in " ".join(notices(app))
    reviews.change(EDITOR, review.id, closed=False)
    app.run()
    assert passage(app) == first
    assert app.text_area[0].value == "mine"


def test_a_review_that_is_deleted_meanwhile_is_one_clear_line(
    reviews: ReviewStore, review: Review
) -> None:
    app = opened(review=review.id, reviewer="Ann", review_view="Judge")
    reviews.delete(ADMIN, review.id)
    button(app, "grade_1").click().run()
    assert not app.exception
    assert any("There is no such review for you." in one for one in notices(app))


def test_markup_in_a_passage_and_a_question_stays_text(reviews: ReviewStore, home: Path) -> None:
    for review in kept(reviews, home, guidelines="![x](http://evil.net/x.png) <img src=x>"):
        app = opened(review=review.id, reviewer="<img src=x onerror=y>", review_view="Judge")
        assert not app.exception
        assert Tags(html_of(app)).harmless
        assert all("![x]" not in one.value or r"\![x]" in one.value for one in app.markdown)


def test_two_lists_side_by_side_are_compared(reviews: ReviewStore, home: Path) -> None:
    for review in kept(reviews, home, mode="lists"):
        app = opened(review=review.id, reviewer="Ann", review_view="Judge")
        assert not app.exception
        sides = next(one.value for one in app.html if 'class="sl-sides"' in one.value)
        assert sides.count("<ol>") == 2
        assert "bm25" not in sides
        labels = [one.label for one in app.button if str(one.key).startswith("side_")]
        assert labels == ["Left is better", "Right is better", "Equally good", "Both are bad"]
        button(app, "side_tie").click().run()
        assert "Stored: <b>Equally good</b>" in html_of(app)


def test_a_share_link_opens_one_review_and_nothing_else(
    reviews: ReviewStore, review: Review
) -> None:
    token = reviews.shares.create(EDITOR, review.id, "friends")
    app = opened(invite=token)
    assert review.name in html_of(app)
    app.text_input[0].set_value("Ben")
    button(app, "begin").click().run()
    assert "<b>0</b> of 4 judged" in html_of(app)
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        app.switch_page("pages/explore/search.py")
    button(app, "grade_1").click().run()
    [share] = reviews.shares.list(EDITOR, review.id)
    reviews.shares.revoke(EDITOR, share.id)
    button(app, "grade_1").click().run()
    assert any("This link opens nothing." in one for one in notices(app))


def test_the_second_guest_of_one_name_is_asked_whether_they_are_the_first(
    reviews: ReviewStore, review: Review
) -> None:
    reviews.change(EDITOR, review.id, needed=2)
    token = reviews.shares.create(EDITOR, review.id, "friends")
    first, second, back = (begun(token, name) for name in ("Kim", "kim", "Kim"))
    button(first, "grade_1").click().run()
    for app in (second, back):
        assert any("Somebody judges as “Kim” already: no answer yet" in one for one in notices(app))
        assert 'class="sl-passage"' not in html_of(app)
    second.text_input[0].set_value("Kim B.")
    button(second, "begin").click().run()
    assert "<b>0</b> of 4 judged" in html_of(second)
    button(back, "same_person").click().run()
    assert "<b>1</b> of 4 judged" in html_of(back)
    button(second, "grade_3").click().run()
    people = reviews.lead(EDITOR, review.id).progress().reviewers
    assert [(one.reviewer, one.judged) for one in people] == [
        ("Kim (by link)", 1),
        ("Kim B. (by link)", 1),
    ]


def begun(token: str, name: str) -> AppTest:
    """The page of somebody who came by a link and typed a name."""
    app = opened(invite=token)
    app.text_input[0].set_value(name)
    return button(app, "begin").click().run()


def test_a_link_that_was_never_made_opens_nothing() -> None:
    app = opened(invite="guessed")
    assert any("This link opens nothing." in one for one in notices(app))
    assert not app.text_input


def test_a_reviewer_sees_only_their_reviews(
    reviews: ReviewStore, review: Review, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECOND_LOOK_ROLES", "@example.org=reviewer")
    settings.cache_clear()
    try:
        reviews.change(EDITOR, review.id, reviewers=[ANN.name])
        for other in kept(reviews, home, reviewers=("ben@example.org",)):
            app = AppTest.from_file(str(APP), default_timeout=60)
            app.user = {"is_logged_in": True, "email": ANN.name}
            app.switch_page(PAGE).run()
            assert [one.label for one in app.button] == ["Judge"]
            assert other.name not in html_of(app)
            app.query_params["review"] = other.id
            app.run()
            assert any("There is no such review for you." in one for one in notices(app))
            app.query_params["review"] = review.id
            app.run()
            assert "sl-passage" in html_of(app)
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def judged(reviews: ReviewStore, review: Review, **grades: list[int]) -> None:
    """Let each of these people judge all passages, in the order of the pool."""
    for name, given in grades.items():
        seat = reviews.seat(local_reviewer(name), review.id)
        for task_id, value in zip(
            sorted(reviews.lead(EDITOR, review.id).pool.by_id), given, strict=True
        ):
            seat.judge(task_id, value, "<b>why</b>" if value else "", 30.0)


def test_the_team_sees_how_far_everybody_is(reviews: ReviewStore, review: Review) -> None:
    app = opened(review=review.id)
    assert any("Nobody has judged anything yet." in one for one in notices(app))
    judged(reviews, review, Ann=[0, 1, 2, 3], Ben=[0, 1, 2, 0])
    shown = html_of(opened(review=review.id))
    assert "4 of 4" in shown
    assert "<td>Ann</td><td>4</td><td>0</td><td>0</td><td>0</td><td>30 s</td>" in shown


def test_the_team_reads_agreement_with_a_confusion_matrix(
    reviews: ReviewStore, review: Review
) -> None:
    app = opened(review=review.id, review_view="Agreement")
    assert reviews.lead(EDITOR, review.id).agreement().sentence in html_of(app)
    judged(reviews, review, Ann=[0, 1, 2, 3], Ben=[0, 1, 2, 0])
    app = opened(review=review.id, review_view="Agreement")
    assert not app.exception
    found = reviews.lead(EDITOR, review.id).agreement()
    assert f"<b>{found.main.value:.2f}</b>" in html_of(app)
    assert f"<b>{found.pairs[0].quadratic.value:.2f}</b>" in html_of(app)
    assert "Rows: Ann, columns: Ben" in html_of(app)
    assert "The same grade in 75% of 4" in html_of(app)


def test_a_lead_decides_and_the_originals_stay(reviews: ReviewStore, review: Review) -> None:
    judged(reviews, review, Ann=[0, 1, 2, 3], Ben=[0, 1, 2, 0])
    app = opened(review=review.id, review_view="Disagreements", reviewer="Lea")
    assert not app.exception
    assert Tags(html_of(app)).harmless
    assert "Several people judged 4 passages, and 1 of them has different grades" in html_of(app)
    finals = [one for one in app.get("button_group") if str(one.key).startswith("final_")]
    finals[0].set_value(2).run()
    [worst, *_] = reviews.lead(EDITOR, review.id).disputed()
    assert worst.final is not None
    assert (worst.final.grade, worst.final.reviewer) == (2, "Lea")
    assert sorted(worst.grades.values()) == [0, 3]


def test_results_are_those_of_the_engine(reviews: ReviewStore, review: Review) -> None:
    app = opened(review=review.id, review_view="Results")
    assert any("Nothing has been judged yet." in one for one in notices(app))
    judged(reviews, review, Ann=[0, 1, 2, 3], Ben=[0, 1, 2, 0])
    app = opened(review=review.id, review_view="Results", review_how="highest")
    assert not app.exception
    found = reviews.lead(EDITOR, review.id).results("highest").evaluation
    assert found is not None
    for measured in found.systems.values():
        first = next(iter(measured.values()))
        assert f"<b>{first.mean:.3f}</b>" in html_of(app)


def test_win_rates_of_two_lists_are_shown(reviews: ReviewStore, home: Path) -> None:
    for review in kept(reviews, home, mode="lists"):
        for view in ("Results", "Agreement", "Disagreements"):
            assert not opened(review=review.id, review_view=view).exception
        seat = reviews.seat(local_reviewer("Ann"), review.id)
        while (task := seat.next()) is not None:
            seat.prefer(task.id, "left")
        app = opened(review=review.id, review_view="Results")
        assert reviews.lead(EDITOR, review.id).results().win_rates[0].sentence in html_of(app)
        app = opened(review=review.id, review_view="Judge", reviewer="Ann")
        assert "Done. You judged 2 comparisons. Thank you." in html_of(app)


def test_a_link_is_made_shown_once_and_withdrawn(reviews: ReviewStore, review: Review) -> None:
    app = opened(review=review.id, review_view="Share and settings")
    app.text_input(key="link_label").set_value("<b>friends</b>")
    app.button(key="make_link_yes").click().run()
    [address] = [one.value for one in app.code]
    token = address.partition("invite=")[2]
    assert reviews.shares.open(token).review_id == review.id
    assert "&lt;b&gt;friends&lt;/b&gt;" in html_of(app)
    button(app, "revoke_").click().run()
    assert not reviews.shares.list(EDITOR, review.id)[0].is_open


def test_settings_change_while_people_judge(reviews: ReviewStore, review: Review) -> None:
    app = opened(review=review.id, review_view="Share and settings")
    app.text_input(key="set_word_3").set_value("Bull’s eye")
    app.checkbox(key="set_closed").check()
    app.button(key="save_review").click().run()
    changed = reviews.get(EDITOR, review.id)
    assert (changed.scale.word(3), changed.closed) == ("Bull’s eye", True)
    assert "closed" in html_of(app)


def test_what_a_new_review_may_not_be_is_one_clear_line(home: Path) -> None:
    app = opened(review="new")
    assert not app.exception
    name_box(app).set_value(" ")
    app.button(key="make_review").click().run()
    assert any("The review has no name." in one for one in notices(app))


def test_the_name_that_is_proposed_follows_the_collection(home: Path) -> None:
    store, encoder = Store(home), Models().encoder()
    first, second = (filled(store, encoder, name=f"named after {n}") for n in ("one", "two"))
    app = opened(review="new", collection=first.name)
    assert name_box(app).value == "named after one: relevance"
    app.selectbox(key="collection").set_value(second.name).run()
    assert name_box(app).value == "named after two: relevance"


def test_a_review_is_made_while_other_pages_are_looked_at(
    reviews: ReviewStore, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"by night {secrets.token_hex(4)}"
    app, go_on = half_made(name, ["bm25", "dense"], home, monkeypatch)
    assert not any(one.key == "make_review" for one in app.button)

    # Another session finds it at work in the list, and stops it.
    other = opened()
    assert not other.status
    assert f"Making <b>{name}</b>" in html_of(other)
    button(other, "stop_making_").click().run()
    go_on.set()
    over(other)
    assert f"The review <b>{name}</b> was not made: it was stopped." in html_of(other)
    assert all(one.name != name for one in reviews.list(EDITOR))
    app.run()
    assert any(one.key == "make_review" for one in app.button)
    button(app, "resume_making_").click().run()
    over(app)
    made = reviews.find(EDITOR, name)
    assert app.query_params["review"] == made.id
    assert f'<h1 class="sl-brand">{name}</h1>' in html_of(app)
    reviews.delete(ADMIN, made.id)


def test_a_review_that_is_made_while_its_page_is_drawn_is_led_to(
    reviews: ReviewStore, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"while drawn {secrets.token_hex(4)}"
    app, go_on = half_made(name, ["bm25"], home, monkeypatch)
    listed = Makings.list

    def list_then_end(work: Makings) -> tuple[Job, ...]:
        jobs = listed(work)
        go_on.set()
        for job in jobs:
            work.wait(job.id, SECONDS)
        return jobs

    monkeypatch.setattr(Makings, "list", list_then_end)
    app.run()
    assert not app.exception
    made = reviews.find(EDITOR, name)
    assert app.query_params["review"] == made.id
    assert f'<h1 class="sl-brand">{name}</h1>' in html_of(app)
    reviews.delete(ADMIN, made.id)


def half_made(
    name: str, systems: list[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[AppTest, threading.Event]:
    """The page while it makes a review that it was asked for, and what lets the making go on."""
    collection = filled(Store(home), Models().encoder(), name=f"for {name}")
    collection.add_questions([Question("q1", "the dog and the man")])
    reached, go_on = threading.Event(), threading.Event()
    search = Cascade.search

    def held(cascade: Cascade, *rest: object, **named: object) -> object:
        reached.set()
        assert go_on.wait(SECONDS)
        return search(cascade, *rest, **named)  # type: ignore[arg-type]

    app = opened(review="new", collection=collection.name)
    name_box(app).set_value(name)
    app.button_group(key=f"review_systems_{collection.info.id}").set_value(systems)
    monkeypatch.setattr(Cascade, "search", held)
    for page in (making, making_work):
        monkeypatch.setattr(page, "_PATIENCE_SECONDS", 0.05)
    app.button(key="make_review").click().run()
    assert reached.wait(SECONDS)
    assert not app.exception
    assert button(app, "stop_making_")
    return app, go_on


def over(app: AppTest) -> None:
    """Wait until no review is being made any more."""
    deadline = time.monotonic() + SECONDS
    while any(str(one.key).startswith("stop_making_") for one in app.button):
        assert time.monotonic() < deadline
        time.sleep(0.05)
        app.run()


def test_files_are_those_of_the_engine(reviews: ReviewStore, review: Review) -> None:
    app = opened(review=review.id, review_view="Files")
    assert not app.exception
    assert any("There is nothing to sum up yet." in one for one in notices(app))
    judged(reviews, review, Ann=[0, 1, 2, 3], Ben=[0, 1, 2, 0])
    app = opened(review=review.id, review_view="Files")
    assert not app.exception
    labels = [one.label for one in app.get("download_button")]
    assert labels == ["Summary (HTML)", *(form.label for form in EXPORTS.values())]
    lead = reviews.lead(EDITOR, review.id)
    assert all(html.escape(one) in html_of(app) for one in summarise(lead).sentences)


def test_a_huge_comment_with_markup_and_a_formula_is_kept_and_never_run(
    reviews: ReviewStore, review: Review
) -> None:
    comment = "=HYPERLINK(1) <script>x</script> " + "long " * 20_000
    app = opened(review=review.id, reviewer="Ann", review_view="Judge")
    app.text_area[0].set_value(comment).run()
    button(app, "cannot_").click().run()
    assert not app.exception
    [(_, answer)] = reviews.seat(local_reviewer("Ann"), review.id).history()
    assert answer.comment == comment
    shown = opened(review=review.id, review_view="Disagreements")
    assert "&lt;script&gt;" in html_of(shown)
    assert Tags(html_of(shown)).harmless
    rows = EXPORTS["judgments-csv"].text(reviews.lead(EDITOR, review.id), "median").splitlines()
    assert any("'=HYPERLINK" in row for row in rows)


def test_judging_goes_on_when_the_collection_is_gone(home: Path, reviews: ReviewStore) -> None:
    store = Store(home)
    for review in kept(reviews, home):
        store.delete(review.collection)
        app = opened(review=review.id, reviewer="Ann", review_view="Judge")
        button(app, "grade_1").click().run()
        assert not app.exception
        assert "<b>1</b> of 4 judged" in html_of(app)
        assert not opened(review=review.id, review_view="Results").exception


def test_a_review_is_brought_in_and_what_cannot_be_used_is_named(
    home: Path, reviews: ReviewStore, review: Review
) -> None:
    judged(reviews, review, Ann=[0, 1, 2, 3])
    text = EXPORTS["judgments-jsonl"].text(reviews.lead(EDITOR, review.id), "median")
    reviews.delete(ADMIN, review.id)
    damaged = text.replace('"grade": 3', '"grade": 7')
    assert damaged != text
    app = opened()
    app.get("file_uploader")[0].upload("judgments.jsonl", damaged.encode()).run()
    app.button(key="bring_in_yes").click().run()
    assert not app.exception
    assert "3 judgments came in" in html_of(app)
    assert "the grade “7” is not of the scale" in html_of(app)
    assert reviews.lead(EDITOR, review.id).progress().judgments == 3
    reviews.delete(ADMIN, review.id)
    app = opened()
    app.get("file_uploader")[0].upload("odd.jsonl", b"{]").run()
    app.button(key="bring_in_yes").click().run()
    assert not app.exception
    assert len(notices(app)) >= 1


def test_somebody_without_a_role_is_let_in_by_a_link_to_that_review_alone(
    reviews: ReviewStore, review: Review, home: Path
) -> None:
    token = reviews.shares.create(EDITOR, review.id)
    for other in kept(reviews, home, reviewers=("*",)):
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.user = {"is_logged_in": True, "email": "new@nowhere.org"}
        app.query_params["invite"] = token
        app.switch_page(PAGE).run()
        assert "sl-passage" in html_of(app)
        app.query_params["review"] = other.id
        app.run()
        assert other.name not in html_of(app)
        button(app, "grade_1").click().run()
        [person] = reviews.lead(EDITOR, review.id).progress().reviewers
        assert person.reviewer == "new@nowhere.org"
