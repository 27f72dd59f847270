"""Edited questions and claims: on the topic, and no longer answered."""

from __future__ import annotations

import random

from retrieval.training.edits import claim_edits, question_edits
from retrieval.training.groups import passages_group

QUESTIONS = [
    passages_group(
        "q",
        "What did the painter Anna Velde show in Lisbon in 1921?",
        ("Anna Velde showed twelve portraits in Lisbon in 1921.",),
        (),
    ),
    passages_group(
        "q", "Where did the sculptor Omar Brandt live?", ("Omar Brandt lived in Porto.",), ()
    ),
]


def test_a_question_gets_another_name_or_number_that_its_passage_does_not_hold() -> None:
    for seed in range(20):
        for group in question_edits(QUESTIONS, random.Random(seed)):
            (own, *wrong), passages = zip(*group.pairs, strict=True)
            assert len(set(passages)) == 1
            assert own in {group.pairs[0][0] for group in QUESTIONS}
            assert wrong
            assert own not in wrong
            assert group.relevant == (True, *[False] * len(wrong))


def test_a_question_without_name_or_number_or_verb_is_left_alone() -> None:
    group = passages_group("q", "why?", ("Because.",), ())
    assert list(question_edits([group], random.Random(0))) == []


def test_a_claim_and_its_negation_each_have_their_own_evidence() -> None:
    group = passages_group(
        "c", "The bridge was built by Marta Linn.", ("The bridge was built by Marta Linn.",), ()
    )
    found = list(claim_edits([group], random.Random(0)))
    assert len(found) == 2
    (claim, evidence), (_, twin) = found[0].pairs
    (back, own), (_, other) = found[1].pairs
    assert claim != back
    assert (evidence, twin) == (other, own)


def test_a_negation_elsewhere_in_the_evidence_is_not_used() -> None:
    group = passages_group(
        "c",
        "Marta Linn sings.",
        ("Marta Linn , born far away in a house of wood and stone beside the lake , is tall .",),
        (),
    )
    assert list(claim_edits([group], random.Random(0))) == []
