"""The grammar writes pairs that differ, in words and frames that the other split has not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.training.grammar.frames import Scheme, as_sentence, fill, practice_schemes, schemes
from retrieval.training.grammar.lexicon import Split, held_out, inflected, read_table, words
from retrieval.training.grammar.pairs import generate
from retrieval.training.grammar.passages import fill_passages, practice_templates, templates

PHENOMENA = {
    *("roles", "negation", "conditions", "numbers", "time", "attributes", "answerability"),
}


@pytest.mark.parametrize(
    ("phrase", "form", "expected"),
    [
        ("bite", "past", "bit"),
        ("bite", "part", "bitten"),
        ("carry disease", "third", "carries disease"),
        ("shout at", "ing", "shouting at"),
        ("sue", "base", "sue"),
    ],
)
def test_verbs_are_inflected(phrase: str, form: str, expected: str) -> None:
    assert inflected(phrase, form) == expected


def test_a_frame_is_filled_with_forms_and_halves_of_pairs() -> None:
    frame = "{A} {V.past} a {K}, which is {J.second}, with no {N}"
    filling = {"A": "Mira", "V": "buy", "K": "oven", "J": ("safe", "unsafe"), "N": "a lid"}
    assert as_sentence(fill(frame, filling)) == (
        "Mira bought an oven, which is unsafe, with no lid."
    )


def test_a_frame_whose_slot_has_no_word_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        fill("{A} {B}", {"A": "x"})


@pytest.mark.parametrize("path", ["verbs.person", "nouns.event", "pairs.adjectives"])
def test_no_word_is_in_both_splits(path: str) -> None:
    train, test = set(words(path, "train")), set(words(path, "test"))
    assert train
    assert test
    assert not train & test


def test_no_frame_is_in_both_splits() -> None:
    parted = schemes("train")[: -len(practice_schemes())]
    for train, test in zip(parted, schemes("test"), strict=True):
        assert not set(train.statements) & set(test.statements)
        assert not set(train.questions) & set(test.questions)
        assert len(test.statements) >= 2


def test_what_is_for_practice_alone_has_no_frame_that_is_kept_for_testing() -> None:
    practised = practice_schemes()
    assert {"roles", "negation", "conditions"} == {scheme.phenomenon for scheme in practised}
    kept = {frame for scheme in schemes("test") for frame in (*scheme.statements, *scheme.opposite)}
    assert not kept & {frame for scheme in practised for frame in _frames(scheme)}


def _frames(scheme: Scheme) -> tuple[str, ...]:
    asked = (*scheme.questions, *scheme.opposite_questions)
    return (*scheme.statements, *scheme.opposite, *asked)


@pytest.mark.parametrize("section", ["verbs", "nouns", "pairs"])
def test_no_frame_for_practice_says_a_word_that_is_kept_for_testing(section: str) -> None:
    lists = [f"{section}.{name}" for name in read_table("lexicon.toml")[section]]
    learned, kept = (
        {form for path in lists for item in words(path, split) for form in _forms(item, section)}
        for split in ("train", "test")
    )
    said = {
        word
        for scheme in practice_schemes()
        for frame in _frames(scheme)
        for word in re.findall(r"[\w-]+", re.sub(r"\{[^}]*\}", "", frame.lower()))
    }
    assert not said & (kept - learned)


def _forms(item: str | tuple[str, str], section: str) -> set[str]:
    if isinstance(item, tuple):
        return _forms(item[0], section) | _forms(item[1], section)
    if section != "verbs":
        return {item}
    return {inflected(item, form) for form in ("base", "third", "past", "part", "ing")}


def test_a_question_of_two_exchanged_things_names_one_of_them() -> None:
    for scheme in (*schemes("train"), *schemes("test")):
        for question in scheme.questions if scheme.exchange else ():
            assert any(f"{{{slot}" in question for slot in scheme.exchange)


def test_a_statement_for_practice_is_also_said_in_a_longer_sentence() -> None:
    for scheme in practice_schemes():
        plain = scheme.statements[: len(scheme.statements) // 2]
        longer = scheme.statements[len(plain) :]
        for frame, wrapped in zip(plain, longer, strict=True):
            assert frame[1:] in wrapped
            assert len(wrapped) > len(frame)


def test_a_template_for_practice_tells_and_asks_for_one_fact_in_several_ways() -> None:
    kept = {word for word in words("nouns.kin", "test") if word not in words("nouns.kin", "train")}
    for row in practice_templates():
        assert row["phenomenon"] in PHENOMENA
        told, asked = row["documents"], row["questions"]
        assert (len(told), len(asked)) == (3, 4)
        assert all(first != second for first, second in (*told, *asked))
        assert len({first for first, _ in told}) == 3
        said = " ".join(text for pair in (*told, *asked) for text in pair)
        slots = set(re.findall(r"\{[^}]*\}", " ".join(text for pair in told for text in pair)))
        assert set(re.findall(r"\{[^}]*\}", said)) == slots
        assert not kept & set(re.findall(r"[a-z]+", said.lower()))


def test_pairs_for_practice_are_written_for_training_alone() -> None:
    count = len(templates("train")) + len(practice_templates())
    first_words = {
        re.sub(r"\{.*", "", text)
        for row in practice_templates()
        for pair in row["documents"]
        for text in pair
    }

    def from_practice(split: Split, number: int) -> int:
        found = fill_passages(number, split=split, seed=3)
        starts = tuple(one for one in first_words if len(one) > 30)
        return sum(pair.passages[0].startswith(starts) for pair in found)

    assert from_practice("train", count) > len(practice_templates()) // 3
    assert from_practice("test", len(templates("test"))) == 0


def test_no_template_is_in_both_splits() -> None:
    train = {row["document_1"] for row in templates("train")}
    test = {row["document_1"] for row in templates("test")}
    assert len(train) > 4 * len(test) > 0
    assert not train & test


@given(st.lists(st.text(), unique=True, max_size=40))
def test_the_splits_are_the_whole_and_the_same_every_time(items: list[str]) -> None:
    train, test = held_out(items, "train"), held_out(items, "test")
    assert sorted((*train, *test)) == sorted(items)
    assert held_out(list(reversed(items)), "test") == test


@pytest.mark.parametrize("split", ["train", "test"])
def test_pairs_cover_all_phenomena_and_differ_in_every_cell_that_must(split: str) -> None:
    pairs = list(generate(300, split=split, seed=4))
    assert {pair.phenomenon for pair in pairs} == PHENOMENA
    for pair in pairs:
        assert pair.passages[0] != pair.passages[1]
        assert pair.queries[0] != pair.queries[1]
        assert pair.control not in pair.passages
        assert "{" not in "".join((*pair.queries, *pair.passages, pair.control))


def test_the_same_seed_writes_the_same_pairs() -> None:
    first = list(generate(50, split="train", seed=9, background=["A sentence about rain."]))
    again = list(generate(50, split="train", seed=9, background=["A sentence about rain."]))
    assert first == again
    assert first != list(generate(50, split="train", seed=10))


def test_a_swap_keeps_the_words_and_changes_their_places() -> None:
    for pair in generate(40, split="train", seed=2, phenomena=("attributes",)):
        own, twin = (sorted(text.lower().strip(".").split()) for text in pair.passages)
        assert sorted("".join(own)) == sorted("".join(twin))


def test_context_is_the_same_around_both_passages() -> None:
    pairs = list(generate(80, split="train", seed=3, background=["It rained all day."]))
    wrapped = [pair for pair in pairs if "It rained" in pair.passages[0]]
    assert wrapped
    for pair in wrapped:
        assert pair.passages[0].count("It rained") == pair.passages[1].count("It rained")


def test_templates_are_filled_with_one_name_a_slot_in_all_cells() -> None:
    for pair in fill_passages(len(templates("test")), split="test", seed=1):
        cells = (*pair.queries, *pair.passages, pair.control)
        assert not any("{" in cell or "}" in cell for cell in cells)
        assert pair.passages[0] != pair.passages[1]
