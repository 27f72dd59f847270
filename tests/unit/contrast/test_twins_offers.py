"""The offer as a whole: which sentence, what stays, bad input, edits by hand, and the marks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.contrast.twins import (
    MAX_WORDS,
    OFFERED,
    RULES,
    Refusal,
    Twin,
    apply_changes,
    changes_between,
    edited,
    offer,
    swap_spans,
)
from retrieval.contrast.twins.sentences import sentences
from tests.effort import calls_of

CHUNK = """# Cetirizine 10 mg tablets

Cetirizine causes drowsiness in adults. It is sold in boxes of 30.

1. Take it before the meal.
2. Do not drive.
"""
WORDS = (
    "the a no not never if unless only dog cats Ostrel sued is was causes does can must from to "
    "before after than faster by with without except 3 20 2019 % May Monday , . ? ! : ; ( ) \" ' "
    "<b> and or because that who sold bought \n don't cannot 's all neither nor there it her"
).split(" ")


def test_all_kinds_are_offered_or_refused_and_never_both() -> None:
    for text in ("Ostrel sued Veskar in 2019.", "Take it if it hurts.", "Red wine."):
        offers = offer(text)
        made = {twin.kind for twin in offers.twins}
        refused = [refusal.kind for refusal in offers.refusals]

        assert made | set(refused) == set(OFFERED)
        assert not made & set(refused)
        assert len(refused) == len(set(refused))


def test_every_rule_has_a_line_of_help_and_a_kind_that_is_offered() -> None:
    assert all(rule.help.endswith(".") and rule.kind in OFFERED for rule in RULES)


def test_one_sentence_is_edited_and_the_rest_stays() -> None:
    found = sentences(CHUNK)
    number = next(each.number for each in found if each.text.startswith("Take"))
    offers = offer(CHUNK, sentence=number)
    sentence = offers.sentences[number]

    assert offers.chosen == number
    assert {twin.text[: sentence.start] for twin in offers.twins} == {CHUNK[: sentence.start]}
    assert all(twin.text.endswith(CHUNK[sentence.end :]) for twin in offers.twins)
    assert CHUNK.replace("before", "after") in [twin.text for twin in offers.twins]


def test_the_sentence_with_most_kinds_is_chosen() -> None:
    offers = offer("Red wine. Ostrel sued Veskar in 2019. It rained.")

    assert offers.chosen == 1
    assert [each.text for each in offers.sentences] == [
        "Red wine.",
        "Ostrel sued Veskar in 2019.",
        "It rained.",
    ]


def test_ten_sentences_are_listed_in_order_with_their_places() -> None:
    text = " ".join(f"Number {n} is safe." for n in range(10))

    assert len(offer(text).sentences) == 10
    assert all(text[each.start : each.end] == each.text for each in offer(text).sentences)


def test_headings_lists_wrapped_lines_and_short_forms_cut_sentences_rightly() -> None:
    text = "# Dose\nTake it at 5 p.m. daily or as Dr. Smith says, with a\nglass of water.\n- Rest."

    assert [each.text for each in sentences(text)] == [
        "Dose",
        "Take it at 5 p.m. daily or as Dr. Smith says, with a\nglass of water.",
        "Rest.",
    ]


def test_a_sentence_that_is_not_there_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="no sentence 3; the text has 1"):
        offer("The pump is safe.", sentence=3)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "empty"),
        ("  \n ", "empty"),
        ("?!... --- 12", "no words"),
        ("<br><br/>", "no words"),
        ("word " * 5000, f"5,000 words; twins are made of texts of up to {MAX_WORDS:,}"),
        ("Der Hund beißt den Mann und läuft weg.", "English"),
        ("Le chien mord l'homme et il est parti.", "English"),
        ("El perro muerde al hombre en la calle.", "English"),
        ("Собака укусила человека в парке вчера.", "English"),
        ("犬が人を噛みました。 昨日 公園 で", "English"),
    ],
)
def test_a_text_that_is_unfit_gives_one_clear_line(text: str, line: str) -> None:
    offers = offer(text)

    assert offers.twins == ()
    assert line in offers.notice
    assert {refusal.reason for refusal in offers.refusals} == {offers.notice}


def test_a_text_without_a_verb_says_so_and_keeps_what_is_valid() -> None:
    offers = offer("Boxes of 30 tablets, blue.")

    assert [twin.text for twin in offers.of("number")] == ["Boxes of 60 tablets, blue."]
    assert any("no verb" in refusal.reason for refusal in offers.refusals)


@pytest.mark.parametrize(
    "piece", ["a@", "a.b", "<", "{", "`", "1,", "x", "a1-", ".", "\n ", "<script>", "'", "犬", "- "]
)
def test_no_text_takes_long_however_odd(piece: str) -> None:
    offer("The dog bit the man.")  # dictionaries are read once
    # A sentence that is read; a text of endless sentences; one that is refused at a glance.
    for length, most in ((990, 400 * 990), (14_000, 10 * 14_000), (200_000, 1_000)):
        text = piece * (length // len(piece))
        calls_of(lambda text=text: offer(text), most)


def test_an_endless_sentence_is_refused_as_a_sentence() -> None:
    offers = offer("The pump is safe and " * 40)

    assert offers.twins == ()
    assert "longer than" in offers.refusals[0].reason


def test_markup_and_scripts_stay_the_text_they_are() -> None:
    text = "<script>alert(1)</script> The pump causes 30 faults."
    twins = offer(text).twins

    assert twins
    assert all(twin.text.startswith("<script>alert(1)</script> The pump") for twin in twins)


def test_english_in_few_words_is_read() -> None:
    for text in ("Ibuprofen causes drowsiness.", "Wolves eat sheep.", "Der Spiegel is not safe."):
        assert offer(text).notice == ""


@pytest.mark.parametrize(
    ("text", "spans", "twin"),
    [
        ("A bit B", ((0, 1), (6, 7)), "B bit A"),
        ("A bit B", ((6, 7), (0, 1)), "B bit A"),
        ("red fox, dog", ((0, 8), (9, 12)), "dog red fox,"),
        ("one two", ((0, 4), (4, 7)), "two one"),
    ],
)
def test_two_picked_spans_are_swapped(
    text: str, spans: tuple[tuple[int, int], tuple[int, int]], twin: str
) -> None:
    made = swap_spans(text, *spans)

    assert isinstance(made, Twin)
    assert (made.kind, made.text) == ("swapped", twin)
    assert apply_changes(text, made.text, made.changes) == twin


@pytest.mark.parametrize(
    ("spans", "why"),
    [
        (((0, 3), (2, 5)), "overlap"),
        (((0, 3), (3, 3)), "empty"),
        (((0, 3), (3, 4)), "empty"),
        (((0, 3), (4, 99)), "outside"),
        (((-1, 3), (4, 7)), "outside"),
        (((0, 3), (8, 11)), "same words"),
    ],
)
def test_spans_that_cannot_be_swapped_give_a_reason(
    spans: tuple[tuple[int, int], tuple[int, int]], why: str
) -> None:
    made = swap_spans("the cat the", *spans)

    assert isinstance(made, Refusal)
    assert why in made.reason


def test_a_twin_may_be_written_by_hand() -> None:
    made = edited("The pump is safe.", "The pump is very safe.")

    assert isinstance(made, Twin)
    assert [made.text[c.twin_start : c.twin_end] for c in made.changes] == ["very "]
    assert isinstance(edited("same", "same"), Refusal)
    assert isinstance(edited("same", "  "), Refusal)


def test_changes_are_whole_words_and_a_phrase_stays_one_change() -> None:
    (change,) = changes_between("It is covered only if asked.", "It is covered unless asked.")

    assert (change.start, change.end) == (14, 21)
    assert changes_between("same", "same") == ()


def test_an_edit_of_a_long_text_is_marked_quickly_and_rightly() -> None:
    text = "The pump is safe. " * 3000
    twin = text.replace("safe", "not safe", 1)

    (change,) = changes_between(text, twin)
    assert apply_changes(text, twin, (change,)) == twin


def test_texts_that_share_nothing_are_one_change() -> None:
    left, right = "a " * 3000, "b " * 3000

    changes = changes_between(left, right)
    assert len(changes) == 1
    assert apply_changes(left, right, changes) == right


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.text(max_size=300),
        st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
    )
)
def test_every_twin_differs_and_its_changes_rebuild_it(text: str) -> None:
    offers = offer(text)
    for twin in offers.twins:
        sentence = offers.sentences[offers.chosen or 0]
        behind = len(text) - sentence.end

        assert twin.text != text
        assert apply_changes(text, twin.text, twin.changes) == twin.text
        assert twin.text[: sentence.start] == text[: sentence.start]
        assert twin.text[len(twin.text) - behind :] == text[sentence.end :]
    assert {t.kind for t in offers.twins} | {r.kind for r in offers.refusals} == set(OFFERED)


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_changes_rebuild_any_text_from_any_other(left: str, right: str) -> None:
    assert apply_changes(left, right, changes_between(left, right)) == right
