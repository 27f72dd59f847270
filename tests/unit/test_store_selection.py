from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retrieval.store.selection import best


@given(
    st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=30),
    st.integers(1, 12),
)
def test_the_best_are_those_of_a_full_sort(rows: list[tuple[int, bool]], depth: int) -> None:
    ids = [f"c{index * 7 % 31:02}" for index in range(len(rows))]
    scores = np.array([float(score) for score, _ in rows])
    keep = np.array([kept for _, kept in rows], dtype=bool)

    expected = sorted(
        ((i, s) for i, s, k in zip(ids, scores, keep, strict=True) if k),
        key=lambda pair: (-pair[1], pair[0]),
    )[:depth]

    assert best(ids, scores, keep, depth) == expected
