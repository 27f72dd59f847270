"""The best of many scores, with ties in one fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Pairs = list[tuple[str, float]]
"""Chunk ids with their scores, best first, ties by id."""


def ordered(pairs: Iterable[tuple[str, float]], depth: int) -> Pairs:
    """The first ``depth`` of some ids with scores, in the one order."""
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:depth]


def leading(
    scores: npt.NDArray[np.floating], keep: npt.NDArray[np.bool_] | None, depth: int
) -> npt.NDArray[np.intp]:
    """The rows of the ``depth`` highest scores, and of all that tie with the last of them.

    Args:
        scores: One score a row.
        keep: Rows that may be returned, of the same shape; None allows all.
        depth: Rows asked for.
    """
    rows = np.arange(len(scores)) if keep is None else np.flatnonzero(keep)
    if len(rows) <= depth:
        return rows
    values = scores[rows]
    return rows[values >= np.partition(values, -depth)[-depth]]


def best(
    ids: Sequence[str],
    scores: npt.NDArray[np.floating],
    keep: npt.NDArray[np.bool_] | None,
    depth: int,
) -> Pairs:
    """The ``depth`` highest scores with their ids, best first, ties by id.

    Args:
        ids: One id a row.
        scores: One score a row, shape (len(ids),).
        keep: Rows that may be returned, shape (len(ids),); None allows all.
        depth: Most rows returned.
    """
    rows = leading(scores, keep, depth)
    values = scores[rows].tolist()
    return ordered(((ids[row], value) for row, value in zip(rows, values, strict=True)), depth)
