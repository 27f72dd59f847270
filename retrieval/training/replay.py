"""What the model knew: old lessons mixed in among the new, and an exam in them.

A model that reads nothing but a team's thirty questions forgets what it was made for. So a share of
what it reads are minimal pairs of the built-in templates (for a reranker), or texts whose cosines
are to stay as they are (for an encoder); and pairs that no training has seen are compared too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from retrieval.evaluation.measures import Measure
from retrieval.training.fine_tuning import REPLAY
from retrieval.training.grammar.pairs import ContrastPair, generate
from retrieval.training.grammar.passages import fill_passages
from retrieval.training.groups import Group, contrast_groups
from retrieval.training.mining import Teacher
from retrieval.training.topics import Text, topic_groups
from retrieval.training.trial import Trial
from retrieval.types import Question

_TEMPLATES, _GENERATED = 1_200, 400
_TOPICS, _TOPIC_SIZE = 600, 6
_EXAM_PAIRS = 60
_MOST_OWN = 2_000


def replay_groups(teacher: Teacher | None, passages: Sequence[str], seed: int) -> tuple[Group, ...]:
    """Old lessons: labelled minimal pairs for a reranker, graded topics for an encoder.

    Args:
        teacher: The encoder as it was, which grades; None for a reranker.
        passages: The team's own passages, whose cosines are held too.
        seed: Fixes every choice.
    """
    pairs = [*fill_passages(_TEMPLATES, split="train", seed=seed)]
    if teacher is None:
        pairs += generate(_GENERATED, split="train", seed=seed)
        return tuple(group for pair in pairs for group in contrast_groups(REPLAY, pair))
    rng = random.Random(seed)
    own = sorted(set(passages))
    own = rng.sample(own, min(len(own), _MOST_OWN))
    texts = [Text(text) for text in (*own, *(pair.passages[0] for pair in pairs[:_TOPICS]))]
    made = topic_groups(REPLAY, texts, teacher, rng, count=_TOPICS, size=_TOPIC_SIZE)
    return tuple(teacher.graded(tuple(made)))


def knowledge_exam(seed: int) -> Trial:
    """Minimal pairs of templates that are kept for testing, each question with its own passages."""
    questions: list[Question] = []
    qrels: dict[str, dict[str, int]] = {}
    texts: dict[str, str] = {}
    pools: dict[str, tuple[str, ...]] = {}
    for number, pair in enumerate(fill_passages(_EXAM_PAIRS, split="test", seed=seed)):
        ids = (f"{number}-own", f"{number}-twin", f"{number}-control")
        texts |= dict(zip(ids, (*pair.passages, pair.control), strict=True))
        for question, right in _asked(number, pair, ids):
            questions.append(question)
            qrels[question.id] = {one: int(one in right) for one in ids}
            pools[question.id] = ids
    return Trial(
        tuple(questions),
        qrels,
        texts,
        {one: one for one in texts},
        pools,
        Measure.parse("success@1"),
    )


def _asked(
    number: int, pair: ContrastPair, ids: tuple[str, str, str]
) -> Iterator[tuple[Question, tuple[str, ...]]]:
    own, twin, control = ids
    yield Question(f"{number}-1", pair.queries[0]), (own, control)
    yield Question(f"{number}-2", pair.queries[1]), (twin,)
