"""Controls: the same said in other words."""

from __future__ import annotations

import pytest

from retrieval.contrast.twins import offer

MADE = {
    "to passive": [
        ("Ostrel sued Veskar on Tuesday.", "Veskar was sued by Ostrel on Tuesday."),
        ("The engineer repairs the pumps.", "The pumps are repaired by the engineer."),
        ("He attacked her.", "She was attacked by him."),
    ],
    "to active": [
        ("Veskar was sued by Ostrel.", "Ostrel sued Veskar."),
        ("The pumps are repaired by an engineer.", "An engineer repairs the pumps."),
    ],
    "other view": [
        ("Anna sold a boat to Ben.", "Ben bought a boat from Anna."),
        ("The farmers borrow money from the bank.", "The bank lends money to the farmers."),
    ],
    "clause order": [
        ("If it makes you tired, take it later.", "Take it later if it makes you tired."),
        ("The pump stops when the filter is old.", "When the filter is old, the pump stops."),
        ("We left because it rained.", "Because it rained, we left."),
    ],
    "date order": [
        ("Ostrel sued Veskar on Tuesday.", "On Tuesday, Ostrel sued Veskar."),
        ("The bridge was built in 1994.", "In 1994, the bridge was built."),
    ],
    "synonym": [
        ("It is poisonous to cats.", "It is toxic to cats."),
        ("We purchased a boat.", "We bought a boat."),
        ("Approximately 40 people came.", "About 40 people came."),
    ],
    "number spelling": [
        ("Wait for 5 minutes.", "Wait for five minutes."),
        ("Only twelve people came.", "Only 12 people came."),
    ],
    "contraction": [
        ("It does not help.", "It doesn't help."),
        ("It won't help.", "It will not help."),
        ("She cannot swim.", "She can't swim."),
    ],
}


@pytest.mark.parametrize(
    ("rule", "text", "twin"),
    [(rule, *pair) for rule, pairs in MADE.items() for pair in pairs],
)
def test_a_control_is_made(rule: str, text: str, twin: str) -> None:
    found = [made for made in offer(text).of("kept") if made.rule == rule]

    assert twin in [made.text for made in found]
    assert all(made.is_control for made in found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The box contains sugar.", "would not sound natural"),
        ("It damaged the roof.", "pronoun"),
        ("Some dogs attacked the cat.", "reaches over"),
        ("The storm damaged its roof.", "points back"),
        ("We stay if it rains and leave if it snows.", "no word"),
        ("Take it on an evening when you are at home.", "cannot leave it"),
        ("If a vet is asked, she pays.", "leans on the first"),
        ("If it rains, stay or go.", "joined or negated"),
        ("The sky is green.", "no word"),
    ],
)
def test_a_control_that_could_change_the_sense_is_refused(text: str, why: str) -> None:
    (refusal,) = [each for each in offer(text).refusals if each.kind == "kept"]

    assert why in refusal.reason
