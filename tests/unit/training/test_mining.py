"""Hard negatives and the teacher: what the first stages take for alike, and nothing right."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import StorageError
from retrieval.training.groups import Group, passages_group, sampled
from retrieval.training.mining import SKIPPED, Teacher, mined, topic_groups
from tests.conftest import TinyEncoder

TEXTS = [
    f"the {a} and the {b} in water"
    for a in "dog man cats plant sun".split()
    for b in "leaf soil medicine allergy".split()
]


@pytest.fixture
def teacher() -> Teacher:
    found = Teacher(TinyEncoder())
    found.learn([*TEXTS, "which dog", "which man"])
    return found


def test_mined_passages_are_new_wrong_and_not_the_very_first(teacher: Teacher) -> None:
    group = passages_group("a", "which dog", (TEXTS[0],), (TEXTS[7],))
    others = [passages_group("a", "which man", (text,), ()) for text in TEXTS]
    found = mined([group, *others], teacher, random.Random(1), each=2)[0]
    added = found.pairs[len(group) :]
    assert 1 <= len(added) <= 4
    assert not any(found.relevant[len(group) :])
    assert not {text for _, text in added} & {TEXTS[0], TEXTS[7]}
    order = np.argsort(-(teacher.matrix(sorted(TEXTS)) @ teacher.matrix(["which dog"])[0]))
    first = [sorted(TEXTS)[place] for place in order[:SKIPPED]]
    by_keyword = {text for text in TEXTS if "dog" in text}
    assert not {text for _, text in added} & (set(first) - by_keyword)


def test_the_teacher_gives_the_cosine_of_each_pair(teacher: Teacher) -> None:
    group = teacher.graded(passages_group("a", "which dog", (TEXTS[0],), (TEXTS[1],)))
    encoder = TinyEncoder()
    query = encoder.encode_documents(["which dog"])[0]
    expected = encoder.encode_documents(TEXTS[:2]) @ query
    assert group.teacher == pytest.approx(expected.tolist(), abs=2e-3)


def test_vectors_are_kept_and_found_again(tmp_path: Path) -> None:
    class Counting(TinyEncoder):
        calls = 0

        def encode_documents(self, texts):
            Counting.calls += 1
            return super().encode_documents(texts)

    for _ in range(2):
        found = Teacher(Counting(), tmp_path)
        found.learn(TEXTS)
        assert found.matrix(TEXTS).shape[0] == len(TEXTS)
    assert Counting.calls == 1


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        Teacher(TinyEncoder(), tmp_path / "file" / "below").learn(TEXTS)


def test_topics_have_no_labels_and_a_grade_for_every_pair(teacher: Teacher) -> None:
    found = list(topic_groups(TEXTS, teacher, random.Random(3), count=12, size=4))
    assert len(found) == 12
    for group in found:
        assert not any(group.relevant)
        assert len(group.teacher) == len(group) >= 2


def test_a_group_is_cut_to_size_and_keeps_something_right_and_something_wrong() -> None:
    group = passages_group("a", "q", ("r1", "r2", "r3"), tuple(f"w{n}" for n in range(20)))
    cut = sampled(group, random.Random(0), most=6)
    assert len(cut) == 6
    assert 1 <= sum(cut.relevant) <= 2


def test_a_small_group_is_filled_up_with_passages_of_others() -> None:
    group = Group("a", (("q", "right"), ("q", "wrong")), (True, False), (0.9, 0.1))
    cut = sampled(group, random.Random(0), most=4, others=["x", "y", "z"])
    assert cut.pairs[2:] == (("q", "x"), ("q", "y"))
    assert cut.relevant == (True, False, False, False)
    assert cut.teacher == (0.9, 0.1)
