"""The split: by question, the same every time, and without a document that both sides share."""

from __future__ import annotations

import random

import pytest

from retrieval.errors import TrainingError
from retrieval.training.examples import (
    LEAST_QUESTIONS,
    Example,
    Examples,
    Passage,
    graded_groups,
)
from retrieval.training.fine_tuning import FineTuning
from retrieval.training.holding_out import hold_out
from retrieval.training.plan import Plan
from retrieval.types import Question


def example(number: int, *answers: str, wrong: tuple[str, ...] = ()) -> Example:
    right = tuple(Passage(f"text of {one}", 1, one) for one in answers)
    others = tuple(Passage(f"text of {one}", 0, one) for one in wrong)
    return Example(Question(f"q{number}", f"question {number}"), right + others)


def examples(count: int) -> tuple[Example, ...]:
    return tuple(example(n, f"d{n}", wrong=(f"w{n}",)) for n in range(count))


def test_so_many_are_held_out_and_the_same_ones_for_a_seed() -> None:
    every = examples(30)
    split = hold_out(every, 9, seed=1)
    assert len(split.held_out) == 9
    assert len(split.rest) == 21
    assert split == hold_out(every, 9, seed=1)
    assert split.held_out != hold_out(every, 9, seed=2).held_out


@pytest.mark.parametrize("seed", range(8))
def test_nothing_that_answers_a_held_out_question_is_left_to_learn_from(seed: int) -> None:
    rng = random.Random(seed)
    documents = [f"d{n}" for n in range(25)]
    every = tuple(
        example(n, *rng.sample(documents, 2), wrong=tuple(rng.sample(documents, 2)))
        for n in range(40)
    )
    split = hold_out(every, 12, seed)
    assert len(split.held_out) == 12
    for one in split.rest:
        assert one.answers
        assert not {passage.document for passage in one.passages} & split.answers
    assert len(split.rest) + split.withheld == 28


def test_questions_that_share_an_answer_stay_together_where_they_can() -> None:
    twos = tuple(example(n, f"d{n // 2}") for n in range(40))
    split = hold_out(twos, 12, seed=3)
    assert len(split.held_out) == 12
    assert split.withheld == 0


def test_one_document_that_answers_everything_leaves_nothing_and_says_why() -> None:
    every = Examples("one", tuple(example(n, "the only one") for n in range(40)), "f")
    with pytest.raises(TrainingError, match="leaves 0 questions to learn from") as error:
        Plan.of(every, FineTuning())
    assert "that other documents answer" in error.value.hint


def test_too_few_questions_are_refused_with_the_floor_and_its_reason() -> None:
    with pytest.raises(TrainingError, match=f"{LEAST_QUESTIONS} are the least") as error:
        Plan.of(Examples("few", examples(LEAST_QUESTIONS - 1), "f"), FineTuning())
    assert "six of them differ" in error.value.message


def test_the_plan_parts_all_questions_and_bars_both_exams() -> None:
    plan = Plan.of(Examples("some", examples(LEAST_QUESTIONS), "f"), FineTuning())
    parts = (plan.held_out, plan.unseen, plan.learned)
    assert [len(part) for part in parts] == [8, 3, 9]
    ids = [one.question.id for part in parts for one in part]
    assert len(set(ids)) == LEAST_QUESTIONS
    learned = {p.document for one in plan.learned for p in one.passages}
    assert not learned & plan.barred
    assert "8 are held out" in plan.described


def test_without_a_wrong_passage_there_is_one_label_only() -> None:
    right_only = tuple(example(n, f"d{n}") for n in range(40))
    plan = Plan.of(Examples("right only", right_only, "f"), FineTuning())
    with pytest.raises(TrainingError, match="one label only"):
        plan.groups(FineTuning(), lambda *_: [])


def test_a_higher_grade_is_right_against_a_lower_one() -> None:
    graded = Example(
        Question("q", "asked"),
        (Passage("best", 3, "a"), Passage("some", 1, "b"), Passage("none", 0, "c")),
    )
    low, high = graded_groups(graded, ["mined", "best"])
    assert [text for _, text in low.pairs] == ["best", "some", "none", "mined"]
    assert low.relevant == (True, True, False, False)
    assert [text for _, text in high.pairs] == ["best", "some", "none", "mined"]
    assert high.relevant == (True, False, False, False)
