"""What a curve says about N: the best, the smallest that will do, and the shape it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.evaluation.curve import CUTOFF

NEAR = 0.01
"""Within one per cent of the best counts as good enough."""

FALL = 0.02
"""A smaller loss behind the best is called no fall: among 30 questions, one answer that slips from
the first place to the second costs about 1.3 per cent."""

ROUNDING = 1e-9
"""Means that differ by less are equal."""

Shape = Literal["saturates", "peaks and falls", "falls from the start", "stays at 0"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A curve in figures.

    Attributes:
        best: The smallest N with the highest value.
        value: That value.
        near: The smallest N whose value is within one per cent of it.
        last: The value at the largest N.
        shape: What the curve does as N grows.
    """

    best: int
    value: float
    near: int
    last: float
    shape: Shape


def read_curve(values: Sequence[float], without: float) -> Reading:
    """Read a curve.

    Shapes, with ``best`` the smallest N that reaches the highest value:

    - *stays at 0*: no value is above 0;
    - *saturates*: the value at the largest N is less than 2 % below the highest;
    - *falls from the start*: it is 2 % or more below, and the highest is reached with 10 candidates
      or fewer, the length of the list that is measured, and is less than 1 % above the list
      without reranking: reading candidates only does harm;
    - *peaks and falls*: it is 2 % or more below, and was worth reaching.

    Args:
        values: A measure for N = 1, 2, …
        without: The measure of the list without reranking.

    Raises:
        ValueError: If there is no value.
    """
    if not values:
        raise ValueError("a curve without points has no shape")
    highest, last = max(values), values[-1]
    best = _first_at_least(values, highest - ROUNDING)
    near = _first_at_least(values, highest * (1 - NEAR) - ROUNDING)
    return Reading(best, highest, near, last, _shape(highest, last, best, without))


def _first_at_least(values: Sequence[float], threshold: float) -> int:
    return next(n for n, value in enumerate(values, start=1) if value >= threshold)


def _shape(highest: float, last: float, best: int, without: float) -> Shape:
    if highest <= ROUNDING:
        return "stays at 0"
    if last > highest * (1 - FALL):
        return "saturates"
    gains = highest >= without * (1 + NEAR)
    return "peaks and falls" if gains or best > CUTOFF else "falls from the start"
