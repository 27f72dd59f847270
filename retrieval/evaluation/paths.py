"""The rank of one passage as fusion's alpha or k is turned: where it changes, and because of whom.

Nothing is sampled. Under the weighted sum the score of a passage is a straight line in alpha, so
two passages change places at most once, where their lines cross. Under reciprocal rank fusion k is
an integer, and every k from 1 to 500 is computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from retrieval.evaluation.legs import Legs
from retrieval.settings import PARAMETERS, SearchSettings
from retrieval.types import Ranking

FusionParameter = Literal["alpha", "rrf_k"]

ALPHA_DECIMALS = 12
"""Crossings that differ by less come from rounding, and are one."""

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of the parameter over which the rank stays the same.

    For alpha the ends are left out, as passages tie there; for k both are included.
    """

    start: float
    end: float
    rank: int


@dataclass(frozen=True, slots=True)
class Break:
    """A value of the parameter at which the passage changes places with others.

    Attributes:
        at: For alpha, where the lines cross; for k, the first k of the new order.
        overtaken_by: Passages that are behind it below this value and ahead above it.
        overtakes: Passages that are ahead of it below this value and behind above it.
        before: Its rank below.
        after: Its rank above.
    """

    at: float
    overtaken_by: tuple[str, ...]
    overtakes: tuple[str, ...]
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class RankPath:
    """The rank of one passage over all values of one parameter.

    Attributes:
        parameter: ``alpha`` or ``rrf_k``.
        chunk_id: The passage.
        steps: Its ranks, in order of the parameter.
        breaks: What happens between two steps.
    """

    parameter: FusionParameter
    chunk_id: str
    steps: tuple[Step, ...]
    breaks: tuple[Break, ...]

    @property
    def best(self) -> Step:
        """The first stretch with the best rank."""
        return min(self.steps, key=lambda step: step.rank)

    @property
    def worst(self) -> Step:
        """The first stretch with the worst rank."""
        return max(self.steps, key=lambda step: step.rank)

    def rank_at(self, legs: Legs, value: float) -> int:
        """The rank at one exact value, ties included, as a search has it."""
        return legs.fused(_settings(self.parameter, value)).ranks[self.chunk_id]


def rank_path(legs: Legs, chunk_id: str, parameter: FusionParameter) -> RankPath | None:
    """The rank of a passage over a parameter; None where neither list returned it."""
    if chunk_id not in legs.documents:
        return None
    return _alpha_path(legs, chunk_id) if parameter == "alpha" else _k_path(legs, chunk_id)


def _settings(parameter: FusionParameter, value: float) -> SearchSettings:
    if parameter == "alpha":
        return SearchSettings(fusion="weighted", alpha=value)
    return SearchSettings(fusion="rrf", rrf_k=int(value))


def _alpha_path(legs: Legs, chunk_id: str) -> RankPath:
    """Cross the passage's line with every other.

    With p the lead of another passage at alpha 0 and q its lead at alpha 1, the lead between is
    (1 - alpha) p + alpha q; where p and q differ in sign it vanishes at alpha = p / (p - q).
    """
    ids = tuple(legs.documents)
    own = ids.index(chunk_id)
    # At its two ends the weighted sum is one scaled list alone.
    at_0, at_1 = (_leads(legs, ids, own, alpha) for alpha in (0.0, 1.0))
    earlier = np.array([other < chunk_id for other in ids])
    ahead = np.where(at_0 != 0, at_0 > 0, np.where(at_1 != 0, at_1 > 0, earlier))
    crosses = np.sign(at_0) * np.sign(at_1) < 0
    crossing = np.full(len(ids), np.nan)
    crossing[crosses] = at_0[crosses] / (at_0[crosses] - at_1[crosses])
    crossing = np.round(crossing, ALPHA_DECIMALS)
    rank = 1 + int(ahead.sum())
    steps, breaks, start = [], [], PARAMETERS["alpha"].minimum
    for at in np.unique(crossing[crosses]).tolist():
        passing = crossing == at
        found = _break(at, ids, passing & ~ahead, passing & ahead, rank)
        steps.append(Step(start, at, rank))
        breaks.append(found)
        start, rank = at, found.after
    steps.append(Step(start, PARAMETERS["alpha"].maximum, rank))
    return RankPath("alpha", chunk_id, tuple(steps), tuple(breaks))


def _leads(legs: Legs, ids: tuple[str, ...], own: int, alpha: float) -> npt.NDArray[np.float64]:
    scores = _scores(legs.fused(_settings("alpha", alpha)), ids)
    return scores - scores[own]


def _scores(ranking: Ranking, ids: tuple[str, ...]) -> npt.NDArray[np.float64]:
    by_id = {hit.chunk_id: hit.score for hit in ranking.hits}
    return np.array([by_id.get(chunk_id, 0.0) for chunk_id in ids])


def _break(at: float, ids: tuple[str, ...], by: Booleans, over: Booleans, rank: int) -> Break:
    """A break from who passes and who is passed."""
    passing = tuple(ids[row] for row in np.flatnonzero(by))
    passed = tuple(ids[row] for row in np.flatnonzero(over))
    return Break(at, passing, passed, rank, rank + len(passing) - len(passed))


def _k_path(legs: Legs, chunk_id: str) -> RankPath:
    ids = tuple(legs.documents)
    ahead = _ahead_by_k(legs, ids, chunk_id)
    breaks = tuple(_k_breaks(ids, ahead))
    starts = [PARAMETERS["rrf_k"].minimum, *(found.at for found in breaks)]
    ends = [*(found.at - 1 for found in breaks), PARAMETERS["rrf_k"].maximum]
    ranks = [1 + int(ahead[0].sum()), *(found.after for found in breaks)]
    steps = tuple(Step(*step) for step in zip(starts, ends, ranks, strict=True))
    return RankPath("rrf_k", chunk_id, steps, breaks)


def _k_breaks(ids: tuple[str, ...], ahead: Booleans) -> Iterator[Break]:
    """One break for each k whose order around the passage is not that of the k before it."""
    lowest = int(PARAMETERS["rrf_k"].minimum)
    changed = np.flatnonzero((ahead[1:] != ahead[:-1]).any(axis=1)) + 1
    for row in changed.tolist():
        now, then = ahead[row], ahead[row - 1]
        yield _break(row + lowest, ids, now & ~then, then & ~now, 1 + int(then.sum()))


def _ahead_by_k(legs: Legs, ids: tuple[str, ...], chunk_id: str) -> Booleans:
    """Who is ahead of the passage: bool, shape (500, n_chunks), one row for each k from 1."""
    parameter = PARAMETERS["rrf_k"]
    ks = np.arange(parameter.minimum, parameter.maximum + 1)[:, None]
    scores = np.zeros((len(ks), len(ids)))
    for ranking in (legs.bm25, legs.dense):
        ranks = ranking.ranks
        # 1 / (k + infinity) is 0: a list that lacks the chunk adds nothing.
        scores += 1 / (ks + np.array([ranks.get(one, np.inf) for one in ids])[None, :])
    own = scores[:, [ids.index(chunk_id)]]
    earlier = np.array([other < chunk_id for other in ids])
    return (scores > own) | ((scores == own) & earlier)
