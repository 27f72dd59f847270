from __future__ import annotations

import numpy as np
import pytest

from retrieval.stages.late import maxsim


def test_maxsim_is_the_mean_over_query_tokens_of_the_best_cosine() -> None:
    query = np.array([[1, 0], [0, 1]], dtype=np.float32)
    passage = np.array([[0.6, 0.8], [-1, 0]], dtype=np.float32)

    assert maxsim(query, passage) == pytest.approx((0.6 + 0.8) / 2)


def test_a_text_without_tokens_scores_nothing() -> None:
    some, none = np.ones((2, 3), dtype=np.float32), np.empty((0, 3), dtype=np.float32)

    assert maxsim(none, some) == maxsim(some, none) == 0
