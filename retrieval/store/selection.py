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
    rows = np.arange(len(ids)) if keep is None else np.flatnonzero(keep)
    values = scores[rows]
    if len(rows) > depth:
        # Everything that ties with the last place stays in until the ids have decided.
        threshold = np.partition(values, -depth)[-depth]
        inside = values >= threshold
        rows, values = rows[inside], values[inside]
    pairs = [(ids[row], value) for row, value in zip(rows.tolist(), values.tolist(), strict=True)]
    return ordered(pairs, depth)
