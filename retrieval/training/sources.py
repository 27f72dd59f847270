"""What a training reads: labelled data with mined negatives, generated pairs, and topics."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from retrieval.training.data import TrainingData
from retrieval.training.edits import claim_edits, question_edits
from retrieval.training.grammar.pairs import ContrastPair, generate
from retrieval.training.grammar.passages import fill_passages
from retrieval.training.groups import Group, contrast_groups
from retrieval.training.mining import Teacher, mined, topic_groups
from retrieval.training.recipe import Recipe

TOPICS = "topics"
GENERATED = "generated"
PASSAGES = "passages"
_MIN_WORDS = 6
_MAX_BACKGROUND = 200


def build_sources(
    data: TrainingData, recipe: Recipe, teacher: Teacher
) -> Mapping[str, tuple[Group, ...]]:
    """All groups by source; generated ones by phenomenon, as ``generated-roles``.

    Pairs that the grammar writes are ``generated-…``, those from templates ``passages-…``.

    Args:
        data: The labelled data.
        recipe: How much of each is wanted.
        teacher: Makes hard negatives and grades.
    """
    rng = random.Random(recipe.seed)
    teacher.learn(
        text for groups in data.groups.values() for g in groups for p in g.pairs for text in p
    )
    sources: dict[str, tuple[Group, ...]] = {}
    for name, groups in data.groups.items():
        ranking = [group for group in groups if name in recipe.mine]
        found = mined(ranking, teacher, rng, each=recipe.mined_each) if ranking else groups
        if name in recipe.few_negatives:
            found = [_few(group, rng) for group in found]
        graded = name not in recipe.untaught
        sources[name] = tuple(teacher.graded(group) if graded else group for group in found)
    sources |= _generated(recipe, _background(data)) | _edited(data, recipe, rng)
    passages = sorted(
        {p for n in recipe.topics_from for g in data.groups.get(n, ()) for _, p in g.pairs}
    )
    if passages and recipe.topics:
        sources[TOPICS] = tuple(
            topic_groups(passages, teacher, rng, count=recipe.topics, size=recipe.group_pairs)
        )
    return sources


def _few(group: Group, rng: random.Random) -> Group:
    """Only one of the wrong passages: some of them may be right, and nobody looked."""
    right = [place for place, flag in enumerate(group.relevant) if flag]
    wrong = [place for place, flag in enumerate(group.relevant) if not flag]
    kept = [*right, *rng.sample(wrong, min(1, len(wrong)))]
    return replace(
        group,
        pairs=tuple(group.pairs[place] for place in kept),
        relevant=tuple(group.relevant[place] for place in kept),
    )


def _background(data: TrainingData) -> Sequence[str]:
    """Single sentences of the data, to put around generated ones."""
    return sorted(
        {
            passage
            for groups in data.groups.values()
            for group in groups
            for _, passage in group.pairs
            if len(passage) <= _MAX_BACKGROUND and len(passage.split()) >= _MIN_WORDS
        }
    )


def _generated(recipe: Recipe, background: Sequence[str]) -> dict[str, tuple[Group, ...]]:
    written = generate(recipe.generated, split="train", seed=recipe.seed, background=background)
    filled = fill_passages(recipe.filled, split="train", seed=recipe.seed)
    return _by_phenomenon(GENERATED, written) | _by_phenomenon(PASSAGES, filled)


def _by_phenomenon(prefix: str, pairs: Iterable[ContrastPair]) -> dict[str, tuple[Group, ...]]:
    found: dict[str, list[Group]] = {}
    for pair in pairs:
        name = f"{prefix}-{pair.phenomenon}"
        found.setdefault(name, []).extend(contrast_groups(name, pair))
    return {name: tuple(groups) for name, groups in found.items()}


def _edited(data: TrainingData, recipe: Recipe, rng: random.Random) -> dict[str, tuple[Group, ...]]:
    questions = [group for name in recipe.edit_questions for group in data.groups.get(name, ())]
    claims = [group for name in recipe.edit_claims for group in data.groups.get(name, ())]
    return {
        "question-edits": tuple(question_edits(questions, rng)),
        "claim-edits": tuple(claim_edits(claims, rng)),
    }
