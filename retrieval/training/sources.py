"""What a training reads: labelled data with mined negatives, generated pairs, and topics."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from retrieval.training.data import TrainingData
from retrieval.training.edits import claim_edits, question_edits
from retrieval.training.grammar.pairs import ContrastPair, generate
from retrieval.training.grammar.passages import fill_passages
from retrieval.training.groups import Group, contrast_groups
from retrieval.training.mining import Teacher, mined
from retrieval.training.recipe import Recipe
from retrieval.training.topics import Text, topic_groups

Labelled = Mapping[str, Sequence[Group]]
Grader = Callable[[Sequence[Group]], Iterable[Group]]
"""Puts grades to the pairs of groups."""

TOPICS = "topics"
GENERATED = "generated"
PASSAGES = "passages"
HARD = "hard-"
_MIN_WORDS = 6
_MAX_BACKGROUND = 200


def is_written(source: str) -> bool:
    """Whether a source holds minimal pairs that were written for training."""
    return source.removeprefix(HARD).startswith((f"{GENERATED}-", f"{PASSAGES}-"))


def build_sources(
    data: TrainingData, recipe: Recipe, teacher: Teacher, start: Grader
) -> Mapping[str, tuple[Group, ...]]:
    """All groups by source; generated ones by phenomenon, as ``generated-roles``.

    Pairs that the grammar writes are ``generated-…``, those from templates ``passages-…``, groups
    that only the teacher grades ``topics-…``; of those written, what the start finds hard may be
    apart, as ``hard-generated-…`` and ``hard-passages-…``.

    Args:
        data: The labelled data.
        recipe: How much of each is wanted.
        teacher: Makes hard negatives and grades.
        start: The reranker that the training starts from; asked only if the recipe says so.
    """
    rng = random.Random(recipe.seed)
    labelled = {
        name: _drawn(groups, recipe.most_groups, rng) for name, groups in data.groups.items()
    }
    read = [name for name in labelled if name in recipe.mine or name not in recipe.untaught]
    teacher.learn(
        text for name in read for group in labelled[name] for pair in group.pairs for text in pair
    )
    sources: dict[str, tuple[Group, ...]] = {}
    for name, groups in labelled.items():
        found = list(groups)
        if name in recipe.mine and found:
            found = mined(found, teacher, rng, each=recipe.mined_each)
        if name in recipe.few_negatives:
            found = [_few(group, rng) for group in found]
        sources[name] = tuple(found if name in recipe.untaught else teacher.graded(found))
    written = _generated(recipe, _background(labelled))
    if recipe.hard_margin is not None:
        least = recipe.hard_margin * recipe.weights.temperature
        written = _hard_apart(written, start, least)
    sources |= written | _edited(labelled, recipe, rng)
    for name, count in recipe.topics.items():
        texts = data.texts.get(name) or _passages(data.groups.get(name, ()))
        if texts and count:
            topic = f"{TOPICS}-{name}"
            size = recipe.group_pairs
            made = list(topic_groups(topic, texts, teacher, rng, count=count, size=size))
            sources[topic] = tuple(start(made) if recipe.topics_by == "start" else made)
    return sources


def _drawn(groups: Sequence[Group], most: int, rng: random.Random) -> Sequence[Group]:
    """Some of the groups, in their order, so that neighbours stay on one topic."""
    if len(groups) <= most:
        return groups
    return [groups[at] for at in sorted(rng.sample(range(len(groups)), most))]


def _passages(groups: Sequence[Group]) -> Sequence[Text]:
    return [Text(p) for p in sorted({passage for group in groups for _, passage in group.pairs})]


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


def _background(labelled: Labelled) -> Sequence[str]:
    """Single sentences of the data, to put around generated ones."""
    return sorted(
        {
            passage
            for groups in labelled.values()
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


def _hard_apart(
    written: Mapping[str, Sequence[Group]], start: Grader, least: float
) -> dict[str, tuple[Group, ...]]:
    """Each source in two: minimal pairs that the start tells apart by less go to ``hard-…``."""
    found: dict[str, list[Group]] = {}
    for name, groups in written.items():
        gaps = [_gap(group) for group in start(groups)]
        # The two groups of a minimal pair are neighbours, and stay together.
        for at in range(0, len(groups), 2):
            is_hard = min(gaps[at : at + 2]) < least
            found.setdefault(f"{HARD if is_hard else ''}{name}", []).extend(groups[at : at + 2])
    return {name: tuple(groups) for name, groups in found.items()}


def _gap(group: Group) -> float:
    """By how much the start grades the worst right pair above the best wrong one."""
    graded = list(zip(group.teacher, group.relevant, strict=True))
    return min(g for g, flag in graded if flag) - max(g for g, flag in graded if not flag)


def _edited(labelled: Labelled, recipe: Recipe, rng: random.Random) -> dict[str, tuple[Group, ...]]:
    questions = [group for name in recipe.edit_questions for group in labelled.get(name, ())]
    claims = [group for name in recipe.edit_claims for group in labelled.get(name, ())]
    return {
        "question-edits": tuple(question_edits(questions, rng)),
        "claim-edits": tuple(claim_edits(claims, rng)),
    }
