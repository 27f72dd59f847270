"""Each rule that turns roles round, with the agreement and the case that must follow."""

from __future__ import annotations

import pytest

from retrieval.contrast.twins import offer

MADE = {
    "active": [
        ("Ants guard aphids.", "Aphids guard ants."),
        ("The dog chases the cats.", "The cats chase the dog."),
        ("Ostrel Batteries sued Veskar Motors.", "Veskar Motors sued Ostrel Batteries."),
        ("He admires her.", "She admires him."),
        ("They defeated us in 2019.", "We defeated them in 2019."),
        ("Smith beat Jones in the final.", "Jones beat Smith in the final."),
        ("The dogs have not bitten the cat.", "The cat has not bitten the dogs."),
    ],
    "passive": [
        ("Veskar was sued by Ostrel.", "Ostrel was sued by Veskar."),
        ("The cats were chased by the dog.", "The dog was chased by the cats."),
    ],
    "comparative": [
        ("Ibuprofen is stronger than aspirin.", "Aspirin is stronger than ibuprofen."),
        ("Buses are more reliable than the train.", "The train is more reliable than buses."),
        ("Bob's dog is older than Ann's cat.", "Ann's cat is older than Bob's dog."),
    ],
    "possessive": [
        ("Ostrel is Veskar's supplier.", "Veskar is Ostrel's supplier."),
        ("Tom is the brother of Ann.", "Ann is the brother of Tom."),
    ],
    "parties": [
        ("Anna sold a boat to Ben.", "Ben sold a boat to Anna."),
        ("The bank lends money to the farmers.", "The farmers lend money to the bank."),
    ],
    "buy and sell": [
        ("Anna sold a boat to Ben.", "Anna bought a boat from Ben."),
        ("The company bought the mill from Norrith.", "The company sold the mill to Norrith."),
    ],
    "asked roles": [
        ("Who sued Veskar?", "Who did Veskar sue?"),
        ("Who did Ostrel sue?", "Who sued Ostrel?"),
        ("Did the Wolves beat the Bears?", "Did the Bears beat the Wolves?"),
        ("Which company acquired Brandt in 2019?", "Which company did Brandt acquire in 2019?"),
    ],
    "from and to": [
        ("The train runs from Paris to Lyon.", "The train runs from Lyon to Paris."),
        ("It flew from the coast to the hills.", "It flew from the hills to the coast."),
    ],
    "before and after": [
        ("Take it before the meal.", "Take it after the meal."),
        ("After the storm, the boats left.", "Before the storm, the boats left."),
    ],
}


@pytest.mark.parametrize(
    ("rule", "text", "twin"),
    [(rule, *pair) for rule, pairs in MADE.items() for pair in pairs],
)
def test_roles_are_swapped(rule: str, text: str, twin: str) -> None:
    assert twin in [made.text for made in offer(text).of("roles") if made.rule == rule]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("The fee costs 40 pounds.", "not among the verbs"),
        ("Veskar sued its supplier.", "points back"),
        ("The dog chased the cat and the mouse.", "may go on"),
        ("The ferry carries 400 passengers.", "a time or an amount"),
        ("We accept large parcels.", "hardly do this to a person"),
        ("All dogs chase cats.", "counts all or none"),
        ("The dog that was barking has chased the cat.", "relative clause"),
        ("Anna lent money.", "not among the verbs"),
        ("Weeks after all that.", "fixed phrase"),
        ("Drive from 6 Mill Road to 9 Mill Lane.", "numbers"),
        ("The tank is larger than that.", "not two plain noun phrases"),
        ("The price rose.", "no plain object"),
        ("Red wine.", "no verb"),
        ("The weather is fine.", "no two sides"),
    ],
)
def test_sides_that_cannot_change_places_are_left_with_a_reason(text: str, why: str) -> None:
    offers = offer(text)

    assert offers.of("roles") == ()
    (reason,) = [refusal.reason for refusal in offers.refusals if refusal.kind == "roles"]
    assert why in reason


@pytest.mark.parametrize(
    "text", ["The bill was paid by Tuesday.", "It was made by hand.", "It is sent by post."]
)
def test_what_stands_behind_by_is_not_always_a_doer(text: str) -> None:
    assert offer(text).of("roles") == ()


def test_a_capital_stays_with_names_and_leaves_other_words() -> None:
    (twin,) = offer("Cats chase Rex. I like cats.", sentence=0).of("roles")

    assert twin.text == "Rex chases cats. I like cats."
