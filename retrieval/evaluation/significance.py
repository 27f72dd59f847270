"""What a difference is worth: intervals, a paired test, and the honest "too few to say"."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import stats

SEED = 20_09
RESAMPLES = 9_999
FEWEST = 5
"""Below this many questions no paired test can reach p < .05 (2 / 2^5 = .0625)."""


class Interval(NamedTuple):
    """A mean with its 95 % bootstrap interval over n questions."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems on the same questions; positive differences speak for ``b``.

    Attributes:
        a: Name of the first system.
        b: Name of the second.
        measure: The measure that was compared.
        difference: Mean of b - a, with its interval.
        p: Of a paired permutation test, two-sided.
        p_corrected: After Holm's correction over all comparisons made together.
        effect_size: Mean difference in units of its standard deviation (Cohen's d for pairs).
        wins: Questions on which b is better.
        ties: Questions on which they are equal.
        losses: Questions on which a is better.
    """

    a: str
    b: str
    measure: str
    difference: Interval
    p: float
    p_corrected: float
    effect_size: float
    wins: int
    ties: int
    losses: int

    @property
    def verdict(self) -> str:
        """The comparison in words."""
        if self.wins + self.losses <= FEWEST:
            return "too few questions to say"
        if self.p_corrected >= 0.05:  # noqa: PLR2004  # the customary level, named in the text
            return "no difference shown at p < .05"
        better = self.b if self.difference.mean > 0 else self.a
        return f"{better} is better, p = {self.p_corrected:.3f}"


def interval(values: Sequence[float]) -> Interval:
    """The mean of per-question values with its 95 % bootstrap interval (BCa, Efron 1987)."""
    array = np.asarray(values, dtype=float)
    if array.size == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    mean = float(array.mean())
    if np.ptp(array) == 0:
        return Interval(mean, mean, mean, array.size)
    # BCa divides by the jackknife's skew, which vanishes for some tiny samples.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = _bootstrap(array, "BCa")
        if not np.isfinite(found).all():
            found = _bootstrap(array, "percentile")
    return Interval(mean, found[0], found[1], array.size)


def _bootstrap(array: np.ndarray, method: str) -> tuple[float, float]:
    result = stats.bootstrap(
        (array,),
        np.mean,
        n_resamples=RESAMPLES,
        method=method,
        rng=np.random.default_rng(SEED),
        vectorized=True,
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


def permutation_p(differences: Sequence[float]) -> float:
    """Two-sided p of a paired permutation (sign-flip) test of a mean difference of 0."""
    array = np.asarray(differences, dtype=float)
    if array.size == 0 or not array.any():
        return 1.0
    result = stats.permutation_test(
        (array, np.zeros_like(array)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        vectorized=True,
        rng=np.random.default_rng(SEED),
    )
    return float(result.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction (1979): controls the chance of any false claim."""
    order = np.argsort(p_values)
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for step, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - step) * p_values[index]))
        corrected[index] = highest
    return corrected


def compare(
    values: dict[str, Sequence[float]], pairs: Sequence[tuple[str, str]], measure: str
) -> tuple[Comparison, ...]:
    """Compare systems pairwise on one measure, corrected together.

    Args:
        values: Per-question values by system, all over the same questions in the same order.
        pairs: The systems to compare, as (a, b).
        measure: Name of the measure.
    """
    differences = [np.asarray(values[b]) - np.asarray(values[a]) for a, b in pairs]
    p_values = [permutation_p(difference) for difference in differences]
    return tuple(
        Comparison(
            a=a,
            b=b,
            measure=measure,
            difference=interval(difference),
            p=p,
            p_corrected=corrected,
            effect_size=_effect_size(difference),
            wins=int((difference > 0).sum()),
            ties=int((difference == 0).sum()),
            losses=int((difference < 0).sum()),
        )
        for (a, b), difference, p, corrected in zip(
            pairs, differences, p_values, holm(p_values), strict=True
        )
    )


def _effect_size(difference: np.ndarray) -> float:
    spread = float(difference.std(ddof=1)) if difference.size > 1 else 0.0
    return float(difference.mean()) / spread if spread else 0.0
