"""What a training reads: labelled data with mined negatives, generated pairs, and topics."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from retrieval.training.data import TrainingData
from retrieval.training.edits import claim_edits, question_edits
from retrieval.training.grammar.pairs import ContrastPair, generate
from retrieval.training.grammar.passages import fill_passages
from retrieval.training.groups import Group, contrast_groups
from retrieval.training.mining import Teacher, mined
from retrieval.training.recipe import Recipe
from retrieval.training.topics import Text, asked_groups, topic_groups

Drawn = TypeVar("Drawn")
Labelled = Mapping[str, Sequence[Group]]
Grader = Callable[[Sequence[Group]], Iterable[Group]]
"""Puts grades to the pairs of groups."""

TOPICS = "topics"
ASKED = "topics-asked"
GENERATED = "generated"
PASSAGES = "passages"
HARD = "hard-"
_MIN_WORDS = 6
_MAX_BACKGROUND = 200
_MAX_OF_A_KIND = 3_000


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
    made = _topics(data, recipe, teacher, rng) | _asked(data, sources, recipe, teacher, rng)

    def held(groups: Sequence[Group]) -> Iterable[Group]:
        share, temperature = recipe.start_late, recipe.weights.temperature
        return teacher.with_late(tuple(start(groups)), share, temperature)

    grade = teacher.graded if recipe.topics_by == "encoder" else held
    return sources | {name: tuple(grade(groups)) for name, groups in made.items()}


def _topics(
    data: TrainingData, recipe: Recipe, teacher: Teacher, rng: random.Random
) -> dict[str, tuple[Group, ...]]:
    """Queries made from the texts themselves."""
    found, size = {}, recipe.group_pairs
    for name, count in recipe.topics.items():
        texts = data.texts.get(name) or _passages(data.groups.get(name, ()))
        if texts and count:
            topic = f"{TOPICS}-{name}"
            groups = topic_groups(topic, texts, teacher, rng, count=count, size=size)
            found[topic] = tuple(groups)
    return found


def _asked(
    data: TrainingData, sources: Labelled, recipe: Recipe, teacher: Teacher, rng: random.Random
) -> dict[str, tuple[Group, ...]]:
    """Questions of the sources that the recipe names, among passages of those and all texts."""
    named = {name: sources[name] for name in recipe.asked if sources.get(name)}
    if not named:
        return {}
    kinds = [[text.body for text in texts] for texts in data.texts.values()]
    kinds.extend([text.body for text in _passages(groups)] for groups in named.values())
    drawn = (_drawn(sorted(set(kind)), _MAX_OF_A_KIND, rng) for kind in kinds)
    corpus = sorted({passage for kind in drawn for passage in kind})
    questions = [
        group
        for name, groups in named.items()
        for group in rng.sample(groups, min(recipe.asked[name], len(groups)))
    ]
    size = recipe.group_pairs
    return {ASKED: tuple(asked_groups(ASKED, questions, corpus, teacher, rng, size=size))}


def _drawn(given: Sequence[Drawn], most: int, rng: random.Random) -> Sequence[Drawn]:
    """Some of what is given, in its order, so that neighbours stay on one topic."""
    if len(given) <= most:
        return given
    return [given[at] for at in sorted(rng.sample(range(len(given)), most))]


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
