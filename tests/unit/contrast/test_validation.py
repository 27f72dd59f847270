"""Each rule of a probe set refuses the row it is for, and only that."""

from __future__ import annotations

import io
import json

import pytest

from retrieval.contrast.phenomena import DOMAINS, PHENOMENA
from retrieval.contrast.probes import read_probes
from retrieval.contrast.validation import Finding, find_faults
from retrieval.errors import ParseError
from retrieval.ingest.sources import Source

GOOD = {
    "id": "roles-transitive-001",
    "phenomenon": "roles",
    "kind": "transitive",
    "domain": "history",
    "query_1": "Who defeated the earl?",
    "query_2": "Who defeated the bishop?",
    "document_1": "At the ford, the bishop defeated the earl before noon.",
    "document_2": "At the ford, the earl defeated the bishop before noon.",
    "control": "Before noon the earl had been defeated by the bishop at the ford.",
}
SINGLE = {
    "id": "answerability-time-001",
    "phenomenon": "answerability",
    "kind": "wrong_time",
    "domain": "travel",
    "query": "When does the last tram leave on Sundays?",
    "positive": "On Sundays the last tram pulls out at a quarter to eleven.",
    "negative": "On Sundays the first tram pulls out at a quarter to seven.",
    "control": "The last Sunday tram goes at 22:45.",
}


def source(text: str, name: str = "set.jsonl") -> Source:
    data = text.encode()
    return Source(name, len(data), lambda: io.BytesIO(data))


def lines(*records: dict[str, str], name: str = "set.jsonl") -> Source:
    return source("\n".join(json.dumps(record) for record in records), name)


def faults(*records: dict[str, str]) -> list[str]:
    return [finding.fault for finding in find_faults([lines(*records)])]


def test_good_rows_of_both_shapes_pass() -> None:
    assert find_faults([lines(GOOD, SINGLE)]) == ()


def test_a_table_is_held_to_the_same_rules() -> None:
    table = source(f"{','.join(SINGLE)}\n{','.join(SINGLE.values())}\n", "set.csv")

    assert find_faults([table]) == ()


@pytest.mark.parametrize("gap", ["id", "phenomenon", "kind", "domain", "control"])
def test_what_is_not_named_is_missed(gap: str) -> None:
    (fault,) = faults(GOOD | {gap: " "})

    assert fault.startswith(("it has no", "it names no"))
    assert gap in fault


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"phenomenon": "irony"}, "“irony” is no known phenomenon (negation, roles"),
        ({"kind": "affixal"}, "“affixal” is no known kind of roles (transitive, passive"),
        ({"domain": "astrology"}, "“astrology” is no known domain (medicine, law"),
    ],
)
def test_a_name_outside_the_lists_is_refused(changes: dict[str, str], said: str) -> None:
    (fault,) = faults(GOOD | changes)

    assert fault.startswith(said)


def test_a_foreign_name_stays_on_one_short_line() -> None:
    (fault,) = faults(GOOD | {"domain": "a\nb" + "c" * 500})

    assert "\n" not in fault
    assert "c" * 41 not in fault


def test_the_shape_must_fit_the_phenomenon() -> None:
    single = SINGLE | {"phenomenon": "roles", "kind": "temporal"}
    four = GOOD | {"phenomenon": "answerability", "kind": "background"}

    assert faults(single) == ["an item of roles has two questions"]
    assert faults(four) == ["an item of answerability has one question"]


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("query_2", "query_1"),
        ("document_2", "document_1"),
        ("document_1", "query_1"),
        ("control", "document_1"),
        ("control", "document_2"),
    ],
)
def test_all_cells_differ_by_more_than_marks_and_case(name: str, like: str) -> None:
    same = GOOD | {name: f"“{GOOD[like].upper()}”!"}

    assert any("says the same words as" in fault for fault in faults(same))


def test_a_minus_is_a_difference() -> None:
    cold = GOOD | {
        "document_1": "The freezer is kept at 5 degrees.",
        "document_2": "The freezer is kept at -5 degrees.",
    }

    assert faults(cold) == []


def test_passages_of_unequal_length_are_refused() -> None:
    in_characters = GOOD | {"document_2": "At a ford, an earl beat a monk ere 9 am."}
    in_words = GOOD | {"document_2": "At the ford the earl put the bishop to flight by 10 am."}

    assert faults(in_characters) == [
        "the passages have 54 and 40 characters, more than 20% apart",
    ]
    assert faults(in_words) == ["the passages have 10 and 13 words, more than 20% apart"]


@pytest.mark.parametrize(("negative", "fits"), [("www xx yy zz", True), ("www xxxx yyyy", False)])
def test_a_fifth_of_the_longer_passage_is_still_allowed(negative: str, fits: bool) -> None:
    found = faults(SINGLE | {"positive": "aa bb cc dd ee", "negative": negative})

    assert found == ([] if fits else ["the passages have 5 and 3 words, more than 20% apart"])


@pytest.mark.parametrize(
    "longer",
    [
        "At the ford, the bishop defeated the earl before noon today.",
        "At the ford, the old bishop defeated the earl before noon.",
        "At the ford, the bishop defeated the earl before.",
    ],
)
def test_a_twin_that_is_only_longer_is_refused(longer: str) -> None:
    assert faults(GOOD | {"document_2": longer}) == [
        "one passage is the other with words added: the twin is only longer"
    ]


@pytest.mark.parametrize("negation", ["never", "did not"])
def test_a_twin_that_adds_a_negation_says_something_else(negation: str) -> None:
    turned = f"At the ford, the bishop {negation} defeated the earl before noon."

    assert faults(GOOD | {"document_2": turned}) == []


def test_a_negation_among_other_added_words_excuses_nothing() -> None:
    document = (
        "At the ford by the mill, the bishop defeated the earl before noon on the first of May."
    )
    longer = document.replace("the bishop", "the old bishop never quite")

    assert faults(GOOD | {"document_1": document, "document_2": longer}) == [
        "one passage is the other with words added: the twin is only longer"
    ]


def test_an_item_counts_once_in_all_files() -> None:
    other = lines(GOOD | {"id": "roles-transitive-002"}, name="other.jsonl")
    swapped = GOOD | {
        "id": "roles-transitive-003",
        "query_1": GOOD["query_2"],
        "query_2": GOOD["query_1"],
        "document_1": GOOD["document_2"],
        "document_2": GOOD["document_1"],
    }

    assert find_faults([lines(GOOD), other, lines(swapped, name="third.jsonl")]) == (
        Finding("other.jsonl", 1, "it repeats set.jsonl, row 1"),
        Finding("third.jsonl", 1, "it repeats set.jsonl, row 1"),
    )


def test_a_passage_and_an_id_stand_in_one_item() -> None:
    fresh = {
        name: f"{GOOD[name]} So says the chronicle of the abbey."
        for name in ("query_1", "query_2", "document_1", "document_2")
    }

    found = faults(GOOD, GOOD | fresh)

    assert found == [
        "its id “roles-transitive-001” is that of set.jsonl, row 1",
        "its passage “Before noon the earl had been defeated …” stands in set.jsonl, row 1 too",
    ]


def test_rows_that_are_no_items_are_named_and_the_rest_is_read() -> None:
    short = {name: text for name, text in SINGLE.items() if name != "negative"}
    found = find_faults([source("\n".join([json.dumps(GOOD), "{", json.dumps(short), "[]"]))])

    assert [str(finding) for finding in found] == [
        "set.jsonl: row 2: it is not valid JSON",
        "set.jsonl: row 3: it lacks negative",
        "set.jsonl: row 4: it is not a JSON object",
    ]


def test_an_empty_file_is_a_fault_and_a_file_that_cannot_be_read_an_error() -> None:
    assert [str(finding) for finding in find_faults([source("\n\n")])] == [
        "set.jsonl: row 1: the file holds no item"
    ]
    with pytest.raises(ParseError):
        find_faults([source("", "set.csv")])


def test_a_control_that_is_only_a_mark_needs_no_third_passage() -> None:
    assert faults(GOOD | {"control": "true"}) == []


def test_the_lists_hold_what_a_table_needs() -> None:
    assert len(set(DOMAINS)) == 10
    assert all(name == phenomenon.id for name, phenomenon in PHENOMENA.items())
    assert all(len(set(found.kinds)) == len(found.kinds) >= 5 for found in PHENOMENA.values())


def test_the_kind_is_read_and_may_be_left_out() -> None:
    plain = {name: text for name, text in SINGLE.items() if name != "kind"}
    probes, _ = read_probes(lines(GOOD, plain))

    assert [probe.kind for probe in probes] == ["transitive", ""]
