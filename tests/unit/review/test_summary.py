from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from retrieval.errors import ReviewError
from retrieval.review.lead import Lead
from retrieval.review.scale import SCALES
from retrieval.review.store import ReviewStore
from retrieval.review.summary import Summary, summarise
from retrieval.store import Store
from tests.reviewing import ANN, BEN, EDITOR, made_review

EVIL = '<img src=x onerror="alert(1)">'


def judged(reviews: ReviewStore, store: Store, **changes: object) -> Lead:
    review = made_review(reviews, store, asked=4, needed=2, **changes)
    for who in (ANN, BEN):
        seat = reviews.seat(who, review.id)
        number = 0
        while (task := seat.next()) is not None:
            number += 1
            if review.draft.mode == "lists":
                seat.prefer(task.id, ("left", "tie", "bad", "right")[number % 4])
            else:
                seat.judge(task.id, number % len(review.scale.words))
    return reviews.lead(EDITOR, review.id)


def checked(summary: Summary) -> str:
    """The file, which is well formed and loads nothing."""
    html = summary.html
    assert "default-src 'none'" in html
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")
    for svg in html.split("<svg")[1:]:
        ET.fromstring("<svg" + svg.split("</svg>")[0] + "</svg>")  # noqa: S314 - our own
    assert html.count("<svg") == 2
    assert html.count('aria-label="') == 2
    return html


def test_three_sentences_and_two_pictures(reviews: ReviewStore, store: Store) -> None:
    lead = judged(reviews, store)
    summary = summarise(lead)
    html = checked(summary)
    assert summary.sentences[0].startswith("2 people judged 16 of 16 passages for 4 questions")
    assert "nDCG@10" in summary.sentences[1]
    assert summary.sentences[2] == lead.agreement().sentence
    for word in (*SCALES["graded"].words, "Not judged yet", "bm25", "dense"):
        assert word in html
    results = lead.results().evaluation
    assert results is not None
    best = max(found.mean for by in results.systems.values() for found in list(by.values())[:1])
    assert f"{best:.2f}" in html


def test_systems_that_show_the_same_figure_are_equally_good(
    reviews: ReviewStore, store: Store
) -> None:
    review = made_review(reviews, store, asked=2, needed=1)
    seat = reviews.seat(ANN, review.id)
    while (task := seat.next()) is not None:
        # What answers stands first with either system for one question, and second for the other.
        right = "Passage 2" if task.question.id == "q1" else "Passage 1"
        seat.judge(task.id, 3 if right in task.passage.text else 0)  # type: ignore[union-attr]
    said = summarise(reviews.lead(EDITOR, review.id)).sentences[1]
    assert said.startswith("bm25 and dense put the passages in equally good order (nDCG@10 0.82")


def test_two_grades_and_two_lists_have_their_own_pictures(
    reviews: ReviewStore, store: Store
) -> None:
    assert "Relevant" in checked(summarise(judged(reviews, store, scale=SCALES["binary"])))
    lists = judged(reviews, store, name="lists", mode="lists")
    summary = summarise(lists)
    html = checked(summary)
    assert "pairs of lists" in summary.sentences[0]
    assert "both alike" in html
    assert "Question by question" in html


def test_names_and_words_from_outside_do_nothing(reviews: ReviewStore, store: Store) -> None:
    words = SCALES["graded"].worded((EVIL, "b", "c", EVIL))
    html = checked(summarise(judged(reviews, store, name=EVIL, scale=words)))
    assert "<img" not in html
    assert "&lt;img" in html


@pytest.mark.parametrize("mode", ["passages", "lists"])
def test_before_anybody_judged_there_is_nothing_to_sum_up(
    reviews: ReviewStore, store: Store, mode: str
) -> None:
    review = made_review(reviews, store, mode=mode)
    with pytest.raises(ReviewError, match=r"nothing to sum up|No lists"):
        summarise(reviews.lead(EDITOR, review.id))
