from __future__ import annotations

from itertools import pairwise

import pytest

from retrieval.explain.words import Span, is_negator, mark_words


def marked(query: str, passage: str, kind: str) -> list[str]:
    return [passage[s.start : s.end] for s in mark_words(query, passage) if s.kind == kind]


def test_content_words_of_the_question_match_without_case() -> None:
    assert marked("Which ALLERGY pill?", "An allergy pill for you", "match") == ["allergy", "pill"]


def test_function_words_do_not_match() -> None:
    assert mark_words("the cat of it", "the dog of it") == ()


@pytest.mark.parametrize(
    "word",
    ["not", "No", "never", "without", "isn't", "don’t", "unless", "neither", "nor", "cannot"],
)
def test_negators_are_marked_whether_asked_for_or_not(word: str) -> None:
    assert marked("x", f"It is {word} so.", "negator") == [word]


@pytest.mark.parametrize("word", ["unhappy", "non-drowsy", "note", "north", "nonetheless"])
def test_prefixes_and_lookalikes_are_no_negators(word: str) -> None:
    assert not is_negator(word)


def test_names_in_the_opposite_order_around_the_same_verb_are_swapped() -> None:
    passage = "Studies agree. Lithium raised ibuprofen in most patients."
    assert marked("Does ibuprofen raise lithium?", passage, "swap") == ["Lithium", "ibuprofen"]


def test_names_in_the_same_order_are_not_swapped() -> None:
    assert not marked("Does ibuprofen raise lithium?", "Ibuprofen raises lithium.", "swap")


def test_a_passive_keeps_the_meaning() -> None:
    assert not marked("Does ibuprofen raise lithium?", "Lithium is raised by ibuprofen.", "swap")


def test_a_preposition_can_link_two_names() -> None:
    assert marked("Take milk before iron", "Take iron before milk.", "swap") == ["iron", "milk"]


def test_names_in_different_sentences_are_not_swapped() -> None:
    assert not marked("Does ibuprofen raise lithium?", "Lithium raises it. Ibuprofen.", "swap")


def test_spans_are_ordered_and_do_not_overlap() -> None:
    spans = mark_words("iron before milk", "milk before iron, not milk. Iron never!")
    assert list(spans) == sorted(spans, key=lambda span: span.start)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(isinstance(span, Span) for span in spans)


def test_offsets_are_those_of_the_passage() -> None:
    passage = "Ünicode — not ascii"
    (span,) = mark_words("x", passage)
    assert passage[span.start : span.end] == "not"


@pytest.mark.parametrize("text", ["", "   ", "?!…", "<script>alert(1)</script>", "a" * 10_000])
def test_any_text_is_accepted(text: str) -> None:
    mark_words(text, text)
    mark_words("does a raise b", text)


def test_a_negator_links_no_names() -> None:
    query = "Which allergy pill does not cause drowsiness?"
    assert not marked(query, "If drowsiness has not gone, change the allergy pill.", "swap")
