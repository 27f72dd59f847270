"""Topics: queries of many kinds over texts without labels, graded by the teacher alone."""

from __future__ import annotations

import random

import numpy as np
import pytest

from retrieval.training.groups import passages_group
from retrieval.training.mining import Teacher
from retrieval.training.topics import NEAR, Text, asked_groups, topic_groups
from tests.conftest import TinyEncoder

TEXTS = [
    Text(f"The {a} stands beside the {b} in water. A {b} needs {c} and the {a} does not.", title)
    for a in ("dog", "man", "cats", "plant")
    for b in ("leaf", "soil", "medicine")
    for c, title in (("sun", ""), ("allergy", f"{a} and {b}"))
]


@pytest.fixture
def teacher() -> Teacher:
    return Teacher(TinyEncoder())


def test_topics_have_no_labels_and_a_grade_for_every_pair(teacher: Teacher) -> None:
    made = list(topic_groups("t", TEXTS, teacher, random.Random(3), count=60, size=4))
    found = list(teacher.graded(made))
    assert len(found) == 60
    corpus = {text.body for text in TEXTS}
    for group in found:
        assert group.source == "t"
        assert not any(group.relevant)
        assert len(group.teacher) == len(group) >= 2
        assert {passage for _, passage in group.pairs} <= corpus
        assert len({query for query, _ in group.pairs}) == 1


def test_queries_are_of_many_kinds(teacher: Teacher) -> None:
    found = topic_groups("t", TEXTS, teacher, random.Random(4), count=200, size=3)
    queries = [group.pairs[0][0] for group in found]
    assert set(queries) & {text.title for text in TEXTS if text.title}
    assert any(len(query.split()) < 6 and query.islower() for query in queries)
    assert any(query.count(".") > 1 for query in queries)
    assert any("looking for material" in query for query in queries)


def test_the_same_seed_draws_the_same(teacher: Teacher) -> None:
    first, again = (
        list(topic_groups("t", TEXTS, teacher, random.Random(5), count=20, size=4))
        for _ in range(2)
    )
    assert first == again


def test_a_corpus_of_one_text_gives_what_it_can(teacher: Teacher) -> None:
    found = list(topic_groups("t", TEXTS[:1], teacher, random.Random(6), count=3, size=4))
    assert [len(group) for group in found] == [1, 1, 1]


CORPUS = [
    f"the {a} and the {b} in {c}"
    for a in ("dog", "man", "cats", "plant", "sun")
    for b in ("leaf", "soil", "medicine", "allergy")
    for c in ("water", "sun", "soil")
]
QUESTIONS = [
    passages_group("q", f"which {word}", (f"right {word}",), (f"wrong {word}",))
    for word in ("dog", "man", "cats", "plant", "sun")
] * 40


def test_a_question_meets_one_of_its_own_passages_near_ones_and_any(teacher: Teacher) -> None:
    made = list(asked_groups("t", QUESTIONS, CORPUS, teacher, random.Random(7), size=6))
    found = list(teacher.graded(made))
    assert [group.pairs[0][0] for group in found] == [group.pairs[0][0] for group in QUESTIONS]
    own = [group.pairs[0][1] for group in found]
    assert {passage.split()[0] for passage in own} == {"right", "wrong"}
    assert 0.6 < sum(passage.startswith("right") for passage in own) / len(own) < 0.8
    vectors = teacher.matrix(CORPUS)
    for group in found:
        assert not any(group.relevant)
        assert len(group.teacher) == len(group) <= 6
        passages = [passage for _, passage in group.pairs[1:]]
        assert set(passages) <= set(CORPUS)
        order = np.argsort(-(vectors @ teacher.matrix([group.pairs[0][0]])[0]), kind="stable")
        nearest = {CORPUS[at] for at in order[:NEAR]}
        assert len(nearest & set(passages)) >= 2
    assert {passage for group in found for _, passage in group.pairs[1:]} == set(CORPUS)


def test_a_question_without_a_wrong_passage_meets_a_right_one(teacher: Teacher) -> None:
    asked = [passages_group("q", "which dog", ("right dog",), ())] * 20
    found = asked_groups("t", asked, CORPUS[:3], teacher, random.Random(8), size=4)
    assert {group.pairs[0][1] for group in found} == {"right dog"}


@pytest.mark.parametrize("size", [2, 3, 5])
def test_no_group_has_more_passages_than_asked(teacher: Teacher, size: int) -> None:
    made = list(asked_groups("t", QUESTIONS, CORPUS, teacher, random.Random(9), size=size))
    assert max(len(group) for group in made) == size
