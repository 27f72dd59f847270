"""Each rule of negation, with what it makes and what it leaves alone."""

from __future__ import annotations

import pytest

from retrieval.contrast.twins import offer

MADE = {
    "auxiliary": [
        ("The pump is blocked.", "The pump is not blocked."),
        ("Dogs can eat carrots.", "Dogs cannot eat carrots."),
        ("She has paid the bill.", "She has not paid the bill."),
        ("The train will leave on Monday.", "The train will not leave on Monday."),
        ("There is a fee for late bags.", "There is no fee for late bags."),
        ("We have paid some bills.", "We have not paid any bills."),
        ("In the cellar the cylinder was cold.", "In the cellar the cylinder was not cold."),
    ],
    "do-support": [
        ("Ibuprofen causes drowsiness.", "Ibuprofen does not cause drowsiness."),
        ("Ants guard aphids.", "Ants do not guard aphids."),
        ("Ostrel sued Veskar on Tuesday.", "Ostrel did not sue Veskar on Tuesday."),
        ("He has a dog.", "He does not have a dog."),
        ("On Tuesday, the board met.", "On Tuesday, the board did not meet."),
    ],
    "remove not": [
        ("Cetirizine does not cause drowsiness.", "Cetirizine causes drowsiness."),
        ("The drug did not cause headaches.", "The drug caused headaches."),
        ("She cannot swim.", "She can swim."),
        ("The shop isn't open.", "The shop is open."),
        ("It won't stop.", "It will stop."),
        ("You need not pay the fee.", "You must pay the fee."),
        ("It does not contain any sugar.", "It contains some sugar."),
        ("Do not open the door.", "Open the door."),
        ("Don't open the door.", "Open the door."),
    ],
    "order": [
        ("Take it in the evening.", "Do not take it in the evening."),
        ("Wash your hands before the meal.", "Do not wash your hands before the meal."),
        ("If it rains, close the window.", "If it rains, do not close the window."),
    ],
    "question": [
        ("Does ibuprofen cause drowsiness?", "Does ibuprofen not cause drowsiness?"),
        ("Which medicine causes drowsiness?", "Which medicine does not cause drowsiness?"),
        ("Which medicine does not cause drowsiness?", "Which medicine causes drowsiness?"),
        ("Who sued Veskar?", "Who did not sue Veskar?"),
        ("Is the pump safe?", "Is the pump not safe?"),
        ("Can dogs eat chocolate?", "Can dogs not eat chocolate?"),
    ],
    "never": [
        ("Never give a cat paracetamol.", "Always give a cat paracetamol."),
        ("The shop always opens at nine.", "The shop never opens at nine."),
    ],
    "no": [
        ("The cream has no effect.", "The cream has some effect."),
        ("It is no longer sold.", "It is still sold."),
        ("No one paid.", "Everyone paid."),
    ],
    "neither": [
        (
            "They neither bite the leaves nor suck sap.",
            "They both bite the leaves and suck sap.",
        ),
    ],
    "all or none": [
        ("Nobody paid.", "Everybody paid."),
        ("All tablets contain sugar.", "Not all tablets contain sugar."),
        ("Every passenger may bring a bag.", "Not every passenger may bring a bag."),
    ],
    "without": [
        ("Take it without food.", "Take it with food."),
        ("Take it with food.", "Take it without food."),
        ("It works without any water.", "It works with some water."),
    ],
    "except": [
        (
            "The clinic treats all patients except children.",
            "The clinic treats all patients including children.",
        ),
        ("It opens daily except in May.", "It opens daily even in May."),
    ],
    "antonym": [
        ("Ripe fruit is safe.", "Ripe fruit is dangerous."),
        ("The dose increases the risk.", "The dose decreases the risk."),
        ("The price has risen by 60%.", "The price has fallen by 60%."),
        ("The committee rejected the plan.", "The committee accepted the plan."),
        ("Turn off the gas.", "Turn on the gas."),
        ("It is an acceptable risk.", "It is an unacceptable risk."),
    ],
}


@pytest.mark.parametrize(
    ("rule", "text", "twin"),
    [(rule, *pair) for rule, pairs in MADE.items() for pair in pairs],
)
def test_a_negation_is_made(rule: str, text: str, twin: str) -> None:
    assert twin in [made.text for made in offer(text).of("negated") if made.rule == rule]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Gum disease is covered only if a vet agrees.", "“only”"),
        ("Some tablets contain sugar.", "in two ways"),
        ("The pump stops because the filter is old and grey.", "because"),
        ("The valve is already shut tightly.", "already"),
        ("The unit warms and dries the air.", "Two verbs"),
        ("Crowded teeth are not covered either.", "either"),
        ("Repairs by others end the guarantee, unless we agree.", "exception"),
        ("The fee is high, but it falls.", "but"),
        ("Charge the cells to at least 40 %.", "at least"),
        ("Red wine.", "no verb"),
        ("Report cracks in the wall.", "not be told"),
    ],
)
def test_what_could_be_read_in_two_ways_is_not_negated_at_the_verb(text: str, why: str) -> None:
    offers = offer(text)
    by_verb = {"auxiliary", "do-support", "order", "remove not"}

    assert not [twin for twin in offers.twins if twin.rule in by_verb]
    reasons = [refusal.reason for refusal in offers.refusals if refusal.kind == "negated"]
    assert all(why in reason for reason in reasons)
    assert reasons or offers.of("negated")


@pytest.mark.parametrize(
    ("text", "rule", "why"),
    [
        ("No doubt, a leak.", "no", "fixed phrase"),
        ("Neither cats nor dogs bite.", "neither", "subject"),
        ("The rules forbid travel without paying.", "without", "no plain noun phrase"),
        ("What happens at night?", "question", "no plain opposite"),
        ("Where does the train stop?", "question", "place, time"),
        ("Who has not paid yet?", "question", "cannot be taken away"),
        ("Almost never, again.", "never", "neighbours"),
    ],
)
def test_bound_negators_are_left_with_a_reason(text: str, rule: str, why: str) -> None:
    offers = offer(text)

    assert rule not in {twin.rule for twin in offers.twins}
    assert any(why in refusal.reason for refusal in offers.refusals)


@pytest.mark.parametrize(
    "text",
    [
        "The result of a light meal counts.",
        "It was as long as a bus.",
        "A thief who walks through an unlocked door is covered.",
        "The levels can be slowed further.",
        "He raised awareness.",
        "They fall asleep.",
    ],
)
def test_an_antonym_of_another_sense_is_not_taken(text: str) -> None:
    assert "antonym" not in {twin.rule for twin in offer(text).twins}
