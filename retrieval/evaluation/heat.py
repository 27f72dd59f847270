"""A measure over two settings at once: N, and fusion's alpha or k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from retrieval.evaluation.curve import (
    CURVE_MEASURES,
    CurveMeasure,
    Grades,
    Values,
    rerank_places,
    walk,
)
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.paths import FusionParameter
from retrieval.evaluation.recipes import Recipe
from retrieval.settings import DEPTH, SearchSettings

GRID: Mapping[FusionParameter, tuple[float, ...]] = MappingProxyType(
    {
        "alpha": tuple(round(step / 20, 2) for step in range(21)),
        "rrf_k": (1, 2, 5, 10, 20, 40, 60, 100, 200, 500),
    }
)
"""The rows of a map; its columns are all N from 1 to 200."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with all that a map needs of it.

    Attributes:
        legs: Both first-stage lists.
        scores: The rerank score of each chunk that is a candidate for some setting.
        grades: Grade by document id.
    """

    legs: Legs
    scores: Mapping[str, float]
    grades: Grades


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The mean of a measure over a grid.

    Attributes:
        parameter: What the rows turn.
        measure: What is measured.
        values: The parameter's value of each row.
        cells: One row for each value, one column for each N from 1.
    """

    parameter: FusionParameter
    measure: CurveMeasure
    values: tuple[float, ...]
    cells: tuple[tuple[float, ...], ...]

    @property
    def best(self) -> tuple[float, int, float]:
        """The parameter's value, N and measure of the best cell; the smallest N among equals."""
        table = np.round(np.array(self.cells), 9)
        column, row = np.unravel_index(int(table.T.argmax()), table.T.shape)
        return self.values[row], int(column) + 1, self.cells[row][column]

    def nearest(self, value: float) -> float:
        """The row closest to a value."""
        return min(self.values, key=lambda one: abs(one - value))


def grid_settings(parameter: FusionParameter) -> tuple[SearchSettings, ...]:
    """The settings of each row of a map."""
    if parameter == "alpha":
        return tuple(SearchSettings(fusion="weighted", alpha=value) for value in GRID["alpha"])
    return tuple(SearchSettings(fusion="rrf", rrf_k=int(value)) for value in GRID["rrf_k"])


def grid_recipes(asked: SearchSettings) -> tuple[Recipe, ...]:
    """The reranker over the longest pool of each row of each map: what has to be scored for them.

    Args:
        asked: Reranker and filter; the rest is turned by the maps.
    """
    rows = (row for parameter in GRID for row in grid_settings(parameter))
    turned = (
        replace(asked, candidates=DEPTH, fusion=row.fusion, alpha=row.alpha, rrf_k=row.rrf_k)
        for row in rows
    )
    return tuple(Recipe("rerank", one) for one in turned)


def all_candidates(legs: Legs) -> tuple[str, ...]:
    """Every chunk that is among the first 200 for some row of some map, each once."""
    pools = (legs.pool(asked) for parameter in GRID for asked in grid_settings(parameter))
    return tuple(dict.fromkeys(chunk_id for pool in pools for chunk_id in pool))


def heat_map(
    judged: Sequence[Judged], parameter: FusionParameter, measure: CurveMeasure
) -> HeatMap:
    """The mean of a measure over the parameter's grid and all N; no model runs.

    Args:
        judged: Questions, with a score for all of ``all_candidates``.
        parameter: What the rows turn.
        measure: What is measured.

    Raises:
        ValueError: If there is no question.
    """
    if not judged:
        raise ValueError("a map needs at least one judged question, and got none")
    total = np.zeros((len(GRID[parameter]), DEPTH))
    for one in judged:
        total += _question_cells(one, parameter, measure)
    cells = tuple(map(tuple, (total / len(judged)).tolist()))
    return HeatMap(parameter, measure, GRID[parameter], cells)


def _question_cells(one: Judged, parameter: FusionParameter, measure: CurveMeasure) -> Values:
    places = rerank_places(one.scores)
    column = 1 + CURVE_MEASURES.index(measure)
    rows = [
        walk(one.legs.pool(asked), places, one.legs.documents, one.grades)[column]
        for asked in grid_settings(parameter)
    ]
    return np.array(rows)
