"""Numbers, dates, units and conditions: each rule, and what it knows to leave alone."""

from __future__ import annotations

import pytest

from retrieval.contrast.twins import offer

NUMBERS = {
    "date": [
        ("The bridge was built in 1994.", "The bridge was built in 1991."),
        ("The hearing is set for 22 April.", "The hearing is set for 22 September."),
        ("It opens on 31 May.", "It opens on 31 October."),
        ("The museum opens on Monday.", "The museum opens on Thursday."),
    ],
    "amount": [
        ("Take 150 mg a day.", "Take 300 mg a day."),
        ("The price fell by 60 %.", "The price fell by 30 %."),
        ("It holds 6,000 litres.", "It holds 12,000 litres."),
        ("It weighs 2.5 kg.", "It weighs 5.0 kg."),
        ("Children aged 6 to 11 pay half.", "Children aged 12 to 17 pay half."),
        ("Keep it below 20 °C.", "Keep it below 26 °C."),
    ],
    "number word": [
        ("It runs for three hours.", "It runs for six hours."),
        ("It is the third attempt.", "It is the fifth attempt."),
        ("Take it twice a day.", "Take it once a day."),
        ("It was the 21st match.", "It was the 23rd match."),
    ],
    "clock": [
        ("The train leaves at 9:30.", "The train leaves at 12:30."),
        ("The shop shuts at 22:15.", "The shop shuts at 19:15."),
    ],
    "unit": [
        ("Report it within 24 hours.", "Report it within 24 days."),
        ("Take 5 mg a day.", "Take 5 g a day."),
    ],
}
CONDITIONS = {
    "phrase": [
        ("It is covered only if a vet agrees.", "It is covered unless a vet agrees."),
        ("It is covered unless a vet objects.", "It is covered if a vet objects."),
        ("Unless it rains, we leave.", "If it rains, we leave."),
        ("It is covered except when it rains.", "It is covered only when it rains."),
        ("It holds at least 40 litres.", "It holds at most 40 litres."),
        ("It takes more than 40 minutes.", "It takes less than 40 minutes."),
        ("Take it up to four times a day.", "Take it at least four times a day."),
        ("Bags are accepted up to 40 kg.", "Bags are accepted only above 40 kg."),
        ("Report it within 24 hours.", "Report it only after 24 hours."),
        ("You must pay the fee.", "You need not pay the fee."),
        ("You must not enter the room.", "You may enter the room."),
        ("You do not have to sign it.", "You must sign it."),
    ],
    "if": [
        ("We pay if a vet agrees.", "We pay unless a vet agrees."),
        ("If it rains, we leave.", "Unless it rains, we leave."),
    ],
}


@pytest.mark.parametrize(
    ("kind", "rule", "text", "twin"),
    [
        (kind, rule, *pair)
        for kind, made in (("number", NUMBERS), ("condition", CONDITIONS))
        for rule, pairs in made.items()
        for pair in pairs
    ],
)
def test_a_number_or_condition_is_turned(kind: str, rule: str, text: str, twin: str) -> None:
    made = [each for each in offer(text).twins if each.kind == kind]

    assert twin in [each.text for each in made if each.rule == rule]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("See section 3 of the manual.", "names a thing"),
        ("Replace part HV-40703 in the V350.", "no amount"),
        ("Leave one tablet.", "no amount"),
        ("Take 1 tablet.", "left alone"),
        ("Call 0800 now.", "code"),
        ("The two of them left.", "fixed phrase"),
        ("It fell to −5.", "names a thing"),
        ("The gate opens from Monday to Friday.", "hang together"),
        ("It opens from 9:00 to 17:00.", "hang together"),
        ("One hundred and forty people came.", "larger number"),
    ],
)
def test_names_of_things_are_no_amounts(text: str, why: str) -> None:
    offers = offer(text)
    reasons = [refusal.reason for refusal in offers.refusals if refusal.kind == "number"]

    assert [why in reason for reason in reasons] == [True]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Ask if the shop is open.", "fixed phrase"),
        ("Come early if possible.", "fixed phrase"),
        ("If it is not paid, we stop.", "denied twice|deny it twice"),
        ("If it rains, then we leave.", "counterpart"),
        ("If it rains, we stay, and if it snows we leave.", "Several conditions"),
        ("The shop is open.", "no condition"),
    ],
)
def test_a_condition_that_cannot_be_turned_alone_is_left(text: str, why: str) -> None:
    offers = offer(text)
    (refusal,) = [each for each in offers.refusals if each.kind == "condition"]

    assert any(part in refusal.reason for part in why.split("|"))


def test_no_number_becomes_one_so_that_plurals_stay_right() -> None:
    for text in ("It took 2 days.", "Two cats came.", "It took 3 days."):
        assert all(" 1 " not in twin.text for twin in offer(text).of("number"))
