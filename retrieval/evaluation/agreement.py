"""How far people agree who graded the same things: kappa for two, alpha for any number.

Both compare the disagreement that was observed with the one that chance would give. Intervals are
bootstrapped over what was graded, seeded, so that the same grades always have the same interval.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from retrieval.evaluation.significance import RESAMPLES, SEED

Weights = Literal["none", "linear", "quadratic"]
Metric = Literal["nominal", "ordinal", "interval"]
Floats = npt.NDArray[np.float64]

METRICS: Mapping[Metric, str] = MappingProxyType(
    {
        "nominal": "any two different grades disagree alike",
        "ordinal": "grades disagree by how many given grades lie between them",
        "interval": "grades disagree by the square of their distance",
    }
)
"""How far two grades are apart, after Krippendorff."""

_MANY = 1_000
"""Units; beyond, the jackknife of BCa takes time in their square, and percentiles differ little."""
_FEWER_RESAMPLES = 1_999
"""Of many units: their interval is narrow, and so is what the drawing adds to its ends."""
_BATCH = 500


class Coefficient(NamedTuple):
    """A coefficient with its 95 % bootstrap interval over n graded things; NaN is undefined."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How far two people agree on what both graded.

    Attributes:
        a: The first.
        b: The second.
        table: How often each pair of grades was given, ``table[grade of a][grade of b]``.
        kappa: Cohen's, plain.
        linear: Weighted by the distance of grades.
        quadratic: Weighted by its square.
    """

    a: str
    b: str
    table: tuple[tuple[int, ...], ...]
    kappa: Coefficient
    linear: Coefficient
    quadratic: Coefficient

    @property
    def both(self) -> int:
        """How many things both graded."""
        return sum(map(sum, self.table))

    @property
    def same(self) -> float:
        """The share of them that both gave the same grade; NaN where there are none."""
        alike = sum(row[place] for place, row in enumerate(self.table))
        return alike / self.both if self.both else float("nan")


def confusion(first: Sequence[int], second: Sequence[int], grades: int) -> npt.NDArray[np.int64]:
    """How often each pair of grades was given.

    Args:
        first: Grades of one person, from 0 to ``grades - 1``.
        second: Grades of another one, of the same things in the same order.
        grades: How many grades there are.

    Returns:
        int64, shape (grades, grades); rows are the first person's.
    """
    table = np.zeros((grades, grades), dtype=np.int64)
    np.add.at(table, (np.asarray(first, dtype=int), np.asarray(second, dtype=int)), 1)
    return table


def cohen_kappa(table: npt.ArrayLike, weights: Weights = "none") -> float:
    """Cohen's kappa (1960), or weighted kappa (1968), of a confusion matrix.

    Args:
        table: Counts, shape (grades, grades).
        weights: What a disagreement counts: 1, the distance of the grades, or its square.

    Returns:
        At most 1; 0 is chance; NaN where chance leaves nothing to disagree on.
    """
    return float(_kappas(np.asarray(table, dtype=float)[None], weights)[0])


def krippendorff_alpha(counts: npt.ArrayLike, metric: Metric = "nominal") -> float:
    """Krippendorff's alpha of any number of people, who need not have graded everything.

    Krippendorff, *Computing Krippendorff's Alpha-Reliability* (2011).

    Args:
        counts: How many people gave each grade to each thing, shape (things, grades); what fewer
            than two people graded has no bearing.
        metric: How far two grades are apart.

    Returns:
        At most 1; 0 is chance; NaN where all grades are alike or nothing was graded twice.
    """
    coincidences = _coincidences(np.asarray(counts, dtype=float))
    return float(_alphas(coincidences.sum(axis=0)[None], metric)[0])


def alpha_interval(counts: npt.ArrayLike, metric: Metric) -> Coefficient:
    """Krippendorff's alpha with its bootstrap interval; takes what ``krippendorff_alpha`` does."""
    units = _coincidences(np.asarray(counts, dtype=float))
    return _bootstrapped(units, lambda sums: _alphas(sums, metric)[None])[0]


def compare_people(
    names: tuple[str, str], first: Sequence[int], second: Sequence[int], grades: int
) -> PairAgreement:
    """How far two people agree; takes what ``confusion`` does, and their names."""
    cells = np.zeros((len(first), grades, grades))
    cells[np.arange(len(first)), np.asarray(first, int), np.asarray(second, int)] = 1
    weights: tuple[Weights, ...] = ("none", "linear", "quadratic")
    kappas = _bootstrapped(cells, lambda sums: np.stack([_kappas(sums, one) for one in weights]))
    table = tuple(tuple(map(int, row)) for row in confusion(first, second, grades))
    return PairAgreement(*names, table, *kappas)


def disagreement(grades: Sequence[int]) -> float:
    """How far the people who graded one thing are apart: mean squared distance of their pairs."""
    if len(grades) < 2:  # noqa: PLR2004 - one person disagrees with nobody
        return 0.0
    return 2 * float(np.var(np.asarray(grades, dtype=float), ddof=1))


def _kappas(tables: Floats, weights: Weights) -> Floats:
    """Kappa of each table, shape (n, grades, grades)."""
    grade = np.arange(tables.shape[-1], dtype=float)
    apart = np.abs(grade[:, None] - grade[None, :])
    cost = {"none": (apart > 0).astype(float), "linear": apart, "quadratic": apart**2}[weights]
    total = tables.sum(axis=(1, 2))
    by_chance = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]
    observed, expected = (tables * cost).sum(axis=(1, 2)), (by_chance * cost).sum(axis=(1, 2))
    return _one_minus(observed * total, expected)


def _coincidences(counts: Floats) -> Floats:
    """What each thing adds to the matrix of coincidences: shape (things, grades, grades)."""
    raters = counts.sum(axis=1)
    counts, raters = counts[raters > 1], raters[raters > 1]
    ordered_pairs = counts[:, :, None] * counts[:, None, :]
    grade = np.arange(counts.shape[1])
    ordered_pairs[:, grade, grade] -= counts
    return np.asarray(ordered_pairs / (raters - 1)[:, None, None], dtype=float)


def _alphas(sums: Floats, metric: Metric) -> Floats:
    """Alpha of each matrix of coincidences, shape (n, grades, grades)."""
    marginals = sums.sum(axis=2)
    total = marginals.sum(axis=1)
    places = np.broadcast_to(np.arange(sums.shape[-1], dtype=float), marginals.shape)
    if metric == "ordinal":
        # The grades that lie between two, both counted half.
        places = marginals.cumsum(axis=1) - marginals / 2
    apart = (places[:, :, None] - places[:, None, :]) ** 2
    if metric == "nominal":
        apart = (apart > 0).astype(float)
    observed = (sums * apart).sum(axis=(1, 2))
    expected = (marginals[:, :, None] * marginals[:, None, :] * apart).sum(axis=(1, 2))
    return _one_minus(observed * (total - 1), expected)


def _one_minus(observed: Floats, expected: Floats) -> Floats:
    undefined = expected <= 0
    ratio = observed / np.where(undefined, 1.0, expected)
    return np.where(undefined, np.nan, 1.0 - ratio)


def _bootstrapped(units: Floats, statistics: Callable[[Floats], Floats]) -> tuple[Coefficient, ...]:
    """Statistics of the sum over units, with their intervals over resampled units.

    Args:
        units: What each adds, shape (n, grades, grades).
        statistics: Of many sums at once, shape (m, grades, grades), to shape (k, m).
    """
    n, shape = len(units), units.shape[1:]
    values = statistics(units.sum(axis=0)[None])[:, 0]
    # One unit resampled is always itself.
    if n < 2 or np.isnan(values).any():  # noqa: PLR2004
        return tuple(Coefficient(float(one), float("nan"), float("nan"), n) for one in values)
    flat = units.reshape(n, shape[0] * shape[1])

    def of_rows(rows: npt.NDArray[np.int64], axis: int = -1) -> Floats:  # noqa: ARG001 - SciPy says it
        sampled = rows.reshape(-1, rows.shape[-1])
        offsets = np.arange(len(sampled))[:, None] * n
        times = np.bincount((sampled + offsets).ravel(), minlength=len(sampled) * n)
        sums = times.reshape(len(sampled), n).astype(float) @ flat
        return statistics(sums.reshape(-1, *shape)).reshape(-1, *rows.shape[:-1])

    ends = _intervals(of_rows, n)
    return tuple(Coefficient(float(one), *end, n) for one, end in zip(values, ends, strict=True))


def _intervals(statistics: Callable[..., Floats], n: int) -> list[tuple[float, float]]:
    with warnings.catch_warnings():
        # BCa divides by the jackknife's skew, which vanishes for some samples.
        warnings.simplefilter("ignore")
        result = stats.bootstrap(
            (np.arange(n),),
            statistics,
            n_resamples=RESAMPLES if n <= _MANY else _FEWER_RESAMPLES,
            batch=_BATCH,
            vectorized=True,
            method="BCa" if n <= _MANY else "percentile",
            rng=np.random.default_rng(SEED),
        )
    interval = result.confidence_interval
    found = zip(interval.low, interval.high, result.bootstrap_distribution, strict=True)
    return [_ends(float(low), float(high), drawn) for low, high, drawn in found]


def _ends(low: float, high: float, drawn: Floats) -> tuple[float, float]:
    """An interval; by percentiles where a resample in which all grades are alike has no value."""
    if np.isfinite((low, high)).all():
        return low, high
    defined = drawn[np.isfinite(drawn)]
    if not defined.size:
        return float("nan"), float("nan")
    return float(np.quantile(defined, 0.025)), float(np.quantile(defined, 0.975))
