"""Where two rankings of the same passages part, and how far they agree.

What matters is who stands on top: a passage that one puts first and the other fifth is a sharper
disagreement than one at 60 and 90. So a place is worth its discount in DCG, 1 / log2(rank + 1)
(Järvelin and Kekäläinen 2002), nothing where a ranking lacks the passage, and a disagreement is as
large as the difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from retrieval.types import Ranking

_FEWEST_TO_ORDER = 2


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One passage that two rankings place differently.

    Attributes:
        chunk_id: The passage.
        first: Its rank in the first, from 1; None where it has none.
        second: Its rank in the second.
        gap: How much the two places differ in worth, 0..1.
    """

    chunk_id: str
    first: int | None
    second: int | None
    gap: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rankings of one question side by side.

    Attributes:
        top: How many of each are looked at.
        shared: How many are among the first ``top`` of both.
        ordered_alike: Share of the pairs of passages that both have and put in the same order, 0..1
            ((tau + 1) / 2 of Kendall's tau); None where they have less than two in common.
        common: How many passages both have.
        disagreements: Among the first ``top`` of either, the largest first.
    """

    top: int
    shared: int
    ordered_alike: float | None
    common: int
    disagreements: tuple[Disagreement, ...]


def compare(first: Ranking, second: Ranking, top: int) -> Comparison:
    """Where two rankings part among the first ``top`` of either.

    Args:
        first: One ranking.
        second: Another, of the same question.
        top: How many of each a person looks at.
    """
    ranks, others = first.ranks, second.ranks
    leading = dict.fromkeys(hit.chunk_id for one in (first, second) for hit in one.hits[:top])
    found = (
        Disagreement(one, ranks.get(one), others.get(one), _gap(ranks.get(one), others.get(one)))
        for one in leading
    )
    parted = [one for one in found if one.gap > 0]
    parted.sort(key=lambda one: (-one.gap, one.chunk_id))
    shared = {hit.chunk_id for hit in first.hits[:top]} & {
        hit.chunk_id for hit in second.hits[:top]
    }
    common = [one for one in ranks if one in others]
    alike = _ordered_alike([ranks[one] for one in common], [others[one] for one in common])
    return Comparison(
        top=top,
        shared=len(shared),
        ordered_alike=alike,
        common=len(common),
        disagreements=tuple(parted),
    )


def _gap(first: int | None, second: int | None) -> float:
    return abs(_worth(first) - _worth(second))


def _worth(rank: int | None) -> float:
    return 0.0 if rank is None else 1 / math.log2(rank + 1)


def _ordered_alike(first: list[int], second: list[int]) -> float | None:
    if len(first) < _FEWEST_TO_ORDER:
        return None
    return (float(stats.kendalltau(first, second).statistic) + 1) / 2
