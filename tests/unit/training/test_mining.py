"""Hard negatives and the teacher: what the first stages take for alike, and nothing right."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.cache import Cache
from retrieval.errors import StorageError
from retrieval.models.loading import Models
from retrieval.stages.blending import blended
from retrieval.stages.late import Late
from retrieval.training.groups import Group, passages_group, sampled
from retrieval.training.mining import FARTHEST, SKIPPED, Teacher, mined
from tests.conftest import TinyEncoder
from tests.tiny import save_encoder

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
    (group,) = teacher.graded([passages_group("a", "which dog", (TEXTS[0],), (TEXTS[1],))])
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


def test_a_teacher_with_a_share_of_late_interaction_mixes_both(tmp_path: Path) -> None:
    models = Models()
    folder = str(save_encoder(tmp_path / "encoder"))
    encoder, tokens = models.encoder(folder), models.late(folder)
    asked = passages_group("a", "which dog", (TEXTS[0],), (TEXTS[1], TEXTS[5]))
    grades = []
    for late in (0.0, 0.6, 1.0):
        teacher = Teacher(encoder, tokens=tokens, late=late)
        teacher.learn([*TEXTS, "which dog"])
        grades.append(next(teacher.graded([asked])).teacher)
    expected = Late(tokens, Cache()).scores("which dog", [text for _, text in asked.pairs])
    assert grades[2] == pytest.approx(expected, abs=1e-4)
    mixed = [0.4 * cosine + 0.6 * near for cosine, near in zip(grades[0], grades[2], strict=True)]
    assert grades[1] == pytest.approx(mixed, abs=1e-5)


def test_late_interaction_has_a_share_in_logits_as_in_a_reranked_list(tmp_path: Path) -> None:
    tokens = Models().late(str(save_encoder(tmp_path / "encoder")))
    asked = passages_group("a", "which dog", (TEXTS[0],), (TEXTS[1], TEXTS[5], TEXTS[9]))
    logits, temperature = (2.0, -1.0, 0.5, -80.0), 0.2
    graded = replace(asked, teacher=tuple(temperature * logit for logit in logits))
    teacher = Teacher(TinyEncoder(), tokens=tokens)
    near = Late(tokens, Cache()).scores("which dog", [text for _, text in asked.pairs])
    keys = "abcd"
    scores = blended(
        dict(zip(keys, logits, strict=True)), dict(zip(keys, near, strict=True)), 0.4
    ).values()
    found = next(teacher.with_late([graded], 0.4, temperature))
    expected = [max(score, max(scores) - FARTHEST) for score in scores]
    assert [grade / temperature for grade in found.teacher] == pytest.approx(expected, abs=1e-3)
    assert min(scores) < max(scores) - FARTHEST
    assert list(teacher.with_late([graded], 0.0, temperature)) == [graded]
    assert list(Teacher(TinyEncoder()).with_late([graded], 0.4, temperature)) == [graded]


def test_many_groups_are_graded_in_their_order(teacher: Teacher) -> None:
    groups = [passages_group("a", "which man", (text,), ()) for text in TEXTS * 20]
    found = list(teacher.graded(groups))
    assert [group.pairs for group in found] == [group.pairs for group in groups]
    assert all(len(group.teacher) == 1 for group in found)


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
