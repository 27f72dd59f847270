"""What a difference is worth: intervals, a paired test, and the honest "too few to say"."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import stats

SEED = 20_09
RESAMPLES = 9_999
LEVEL = 0.05
"""The customary level, named wherever it decides."""
_POWER_Z = 1.959964 + 0.841621
"""Normal quantiles of a two-sided test at this level that finds a difference four times in five."""


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
        family: How many comparisons were corrected together.
        spread: Standard deviation of the differences.
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
    family: int = 1
    spread: float = 0.0

    @property
    def too_few(self) -> bool:
        """Whether no outcome on so many differing questions could have passed the test.

        Of n signs all alike two patterns in 2^n are as extreme, so p is 2 / 2^n at the least, and
        the correction multiplies the smallest p by the number of comparisons.
        """
        least = 2.0 ** (1 - self.wins - self.losses)
        return bool(least * self.family >= LEVEL)

    @property
    def is_shown(self) -> bool:
        """Whether a difference is shown at the 5 % level."""
        return not self.too_few and self.p_corrected < LEVEL

    @property
    def better(self) -> str:
        """The system with the higher mean; empty where they are equal."""
        if self.difference.mean == 0:
            return ""
        return self.b if self.difference.mean > 0 else self.a

    @property
    def detectable(self) -> float:
        """The smallest mean difference that so many questions show four times in five.

        2.8 standard deviations of the difference over the root of n (normal approximation).
        """
        n = self.difference.n
        return _POWER_Z * self.spread / n**0.5 if n else float("nan")

    @property
    def needed(self) -> int | None:
        """Questions that would show a difference of this size four times in five."""
        mean = abs(self.difference.mean)
        return math.ceil((_POWER_Z * self.spread / mean) ** 2) if mean and self.spread else None

    @property
    def verdict(self) -> str:
        """The comparison in words."""
        if self.too_few:
            return "too few questions to say"
        if not self.is_shown:
            return "no difference shown at p < .05"
        return f"{self.better} is better, p = {self.p_corrected:.3f}"


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
    # Of one difference both signs are equally extreme.
    if array.size <= 1 or not array.any():
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
    values: Mapping[str, Sequence[float]], pairs: Sequence[tuple[str, str]], measure: str
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
            spread=_spread(difference),
            wins=int((difference > 0).sum()),
            ties=int((difference == 0).sum()),
            losses=int((difference < 0).sum()),
            family=len(pairs),
        )
        for (a, b), difference, p, corrected in zip(
            pairs, differences, p_values, holm(p_values), strict=True
        )
    )


def _effect_size(difference: np.ndarray) -> float:
    spread = _spread(difference)
    return float(difference.mean()) / spread if spread else 0.0


def _spread(difference: np.ndarray) -> float:
    return float(difference.std(ddof=1)) if difference.size > 1 else 0.0
