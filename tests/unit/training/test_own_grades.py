"""A reranker that grades topics itself, so that it holds what it knew while it learns more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder

from retrieval.errors import TrainingError
from retrieval.models.folder import ModelFolder
from retrieval.models.loading import Models
from retrieval.training.cross_encoder import PairLearner
from retrieval.training.data import read_training_data
from retrieval.training.groups import Group, passages_group
from retrieval.training.loop import Training
from retrieval.training.mining import Teacher
from retrieval.training.recipe import Phase, Recipe
from retrieval.training.reranker import train_reranker
from retrieval.training.sources import ASKED, build_sources, is_written
from tests.conftest import TinyEncoder
from tests.lessons import WORDS, write_triples
from tests.tiny import save_cross_encoder, save_encoder

TOPICS = tuple(
    Group(
        "topics-words", tuple((f"the {first}", f"{last} is safe") for last in WORDS), (False,) * 10
    )
    for first in WORDS
)
LESSONS = tuple(
    passages_group("lessons", f"what is the {word}", (f"the {x} bites",), (f"the {word} bites",))
    for word in WORDS
    for x in WORDS
    if x != word
)


def recipe(**changes: object) -> Recipe:
    phase = Phase(name="only", pairs=1_500, learning_rate=3e-3, shares={"*": 1.0})
    asked: dict[str, object] = {
        "batch_pairs": 16,
        "train_embeddings": True,
        "precision": "fp32",
        "average": 0.5,
        "others": 0,
        "group_pairs": 10,
        "weights": {"matched": 1.0},
        "phases": (phase,),
    }
    return Recipe.model_validate(asked | changes)


@pytest.fixture
def base(tmp_path: Path) -> ModelFolder:
    return ModelFolder.open(save_cross_encoder(tmp_path / "base"))


def logits(folder: Path) -> np.ndarray:
    model = CrossEncoder(str(folder), activation_fn=torch.nn.Identity())
    return np.array([model.predict(list(group.pairs)) for group in TOPICS])


def loss(learner: PairLearner) -> float:
    with learner.network.resting():
        return learner.measure(LESSONS)


def test_grades_are_its_own_logits_by_the_temperature(base: ModelFolder) -> None:
    asked = recipe(weights={"temperature": 0.2})
    graded = list(PairLearner(base, asked).graded(TOPICS))
    assert [replace(group, teacher=()) for group in graded] == list(TOPICS)
    grades = np.array([group.teacher for group in graded])
    assert grades / 0.2 == pytest.approx(logits(base.path), abs=1e-4)


def test_an_encoder_has_no_grades_to_give(tmp_path: Path) -> None:
    encoder = ModelFolder.open(save_encoder(tmp_path / "encoder"))
    with pytest.raises(TrainingError, match="An encoder cannot grade pairs"):
        list(PairLearner(encoder, recipe()).graded(TOPICS))


def test_graded_by_itself_it_learns_and_its_topics_move_less(
    base: ModelFolder, tmp_path: Path
) -> None:
    before, moved, losses = logits(base.path), {}, {}
    for name in ("held", "free"):
        learner = PairLearner(base, recipe())
        graded = tuple(learner.graded(TOPICS)) if name == "held" else ()
        sources = {"lessons": LESSONS, "topics-words": graded}
        running = Training(recipe(), sources, base, tmp_path / name, "d", learner=learner)
        running.run()
        running.write_model(tmp_path / name)
        losses[name] = loss(learner)
        after = logits(tmp_path / name)
        gaps = [m - m.mean(axis=1, keepdims=True) for m in (before, after)]
        moved[name] = float(np.abs(gaps[1] - gaps[0]).mean())
    untaught = loss(PairLearner(base, recipe()))
    assert losses["held"] < 0.7 * untaught
    assert moved["held"] < 0.5 * moved["free"]


def test_written_pairs_that_it_hardly_tells_apart_are_sources_of_their_own(
    base: ModelFolder, tmp_path: Path
) -> None:
    data = read_training_data(write_triples(tmp_path / "triples.jsonl"))
    teacher, found = Teacher(TinyEncoder()), {}
    for margin in (None, -1e9, 1e9, 0.0):
        asked = recipe(generated=60, filled=20, hard_margin=margin)
        learner = PairLearner(base, asked)
        found[margin] = build_sources(data, asked, teacher, learner.graded)
    whole = {name: groups for name, groups in found[None].items() if is_written(name)}
    assert found[-1e9] == found[None]
    assert {name: found[1e9][f"hard-{name}"] for name in whole} == whole
    model = CrossEncoder(str(base.path), activation_fn=torch.nn.Identity())
    for name in ("generated-roles", "passages-roles"):
        hard, easy = found[0.0][f"hard-{name}"], found[0.0][name]
        assert sorted((*hard, *easy), key=repr) == sorted(whole[name], key=repr)
        for groups, is_hard in ((hard, True), (easy, False)):
            gaps = [gap(model.predict(list(group.pairs)), group) for group in groups]
            least = [min(pair) for pair in zip(gaps[::2], gaps[1::2], strict=True)]
            assert all((one < 0) is is_hard for one in least)
        assert is_written(f"hard-{name}")


def gap(scores: np.ndarray, group: Group) -> float:
    relevant = np.array(group.relevant)
    return float(scores[relevant].min() - scores[~relevant].max())


def test_questions_of_a_source_are_topics_that_the_start_grades_beside_late_interaction(
    base: ModelFolder, tmp_path: Path
) -> None:
    data = read_training_data(write_triples(tmp_path / "triples.jsonl"))
    tokens = Models().late(str(save_encoder(tmp_path / "encoder")))
    teacher = Teacher(TinyEncoder(), tokens=tokens)
    asked, found = {"triples": 15, "generated-roles": 6, "elsewhere": 4}, {}
    for share in (0.0, 0.4):
        wanted = recipe(
            asked=asked, start_late=share, topics_by="start", generated=60, group_pairs=6
        )
        assert wanted.has_late is bool(share)
        learner = PairLearner(base, wanted)
        found[share] = build_sources(data, wanted, teacher, learner.graded)[ASKED]
    temperature = recipe().weights.temperature
    assert len(found[0.0]) == 21
    model = CrossEncoder(str(base.path), activation_fn=torch.nn.Identity())
    for group in found[0.0]:
        logits = model.predict(list(group.pairs))
        assert np.array(group.teacher) / temperature == pytest.approx(logits, abs=1e-4)
    assert [group.pairs for group in found[0.4]] == [group.pairs for group in found[0.0]]
    assert tuple(teacher.with_late(found[0.0], 0.4, temperature)) == found[0.4] != found[0.0]


def test_a_recipe_lets_the_start_grade_the_topics(base: ModelFolder, tmp_path: Path) -> None:
    data = read_training_data(write_triples(tmp_path / "triples.jsonl"))
    phase = Phase(name="only", pairs=60, learning_rate=1e-3, shares={"*": 1.0})
    asked = recipe(topics={"triples": 12}, topics_by="start", generated=0, phases=(phase,))
    record = train_reranker(data, asked, base, TinyEncoder(), tmp_path / "out")
    assert record.groups["topics-triples"] == 12
    assert record.recipe["topics_by"] == "start"
    with pytest.raises(TrainingError, match="An encoder cannot grade pairs"):
        train_reranker(
            data,
            asked,
            ModelFolder.open(save_encoder(tmp_path / "encoder")),
            TinyEncoder(),
            tmp_path / "other",
        )
