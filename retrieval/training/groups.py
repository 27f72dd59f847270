"""Groups: pairs of question and passage that are scored together, some of which are right.

All that a cross-encoder learns from is one shape. Mostly one question meets several passages; for
"topical but does not answer", one passage meets several questions.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.training.grammar.pairs import ContrastPair


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs that compete with one another.

    Attributes:
        source: Name of the data it comes from.
        pairs: (question, passage) pairs.
        relevant: For each pair, whether the passage answers the question; all false in a group that
            only a teacher grades.
        teacher: How alike the teacher finds the two (cosine), for the first pairs; the pairs behind
            them were added from other groups, and it has not seen them. Empty without a teacher.
    """

    source: str
    pairs: tuple[tuple[str, str], ...]
    relevant: tuple[bool, ...]
    teacher: tuple[float, ...] = ()

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.pairs)


def passages_group(
    source: str, query: str, positives: Sequence[str], negatives: Sequence[str]
) -> Group:
    """One question against passages that answer it and passages that do not."""
    return Group(
        source,
        tuple((query, passage) for passage in (*positives, *negatives)),
        (True,) * len(positives) + (False,) * len(negatives),
    )


def queries_group(
    source: str, passage: str, answered: Sequence[str], unanswered: Sequence[str]
) -> Group:
    """One passage against questions that it answers and questions that it does not."""
    return Group(
        source,
        tuple((query, passage) for query in (*answered, *unanswered)),
        (True,) * len(answered) + (False,) * len(unanswered),
    )


def contrast_groups(source: str, pair: ContrastPair) -> Iterator[Group]:
    """The groups of a minimal pair: each question against both passages, each passage likewise."""
    (first, second), (own, twin) = pair.queries, pair.passages
    yield passages_group(source, first, (own, pair.control), (twin,))
    yield passages_group(source, second, (twin,), (own, pair.control))


def sampled(group: Group, rng: random.Random, *, most: int, others: Sequence[str] = ()) -> Group:
    """A group cut to size: one right pair, its hardest wrong ones first, and unrelated passages.

    Args:
        group: Right pairs first, then wrong ones, the hardest first.
        rng: Chooses.
        most: Most pairs kept.
        others: Passages of other groups, which become wrong pairs where there is room.
    """
    right = [place for place, flag in enumerate(group.relevant) if flag]
    wrong = [place for place, flag in enumerate(group.relevant) if not flag]
    kept = rng.sample(right, min(len(right), max(1, most // 3)))
    room = most - len(kept)
    if len(wrong) > room:
        wrong = sorted(rng.sample(wrong, room))
    places = [*kept, *wrong]
    pairs = [group.pairs[place] for place in places]
    query = group.pairs[0][0]
    pairs.extend((query, other) for other in others[: most - len(pairs)])
    return Group(
        group.source,
        tuple(pairs),
        tuple(group.relevant[place] for place in places) + (False,) * (len(pairs) - len(places)),
        tuple(group.teacher[place] for place in places) if group.teacher else (),
    )
