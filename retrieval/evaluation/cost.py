"""What a question costs for each N, and the N that a budget allows."""

from __future__ import annotations

from dataclasses import dataclass

from retrieval.settings import DEPTH, Parameter

BUDGET = Parameter(
    "budget",
    "Latency budget, ms",
    "What one question may take. 200 ms is the textbook's: 20 for the question's vector, 30 for "
    "the search and 150 for the reranker.",
    200,
    50,
    5000,
    10,
)


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds of the parts of a question.

    Attributes:
        vector_ms: Encoding the question.
        search_ms: Both first stages and their fusion, the vector being there.
        pair_ms: One pair of question and passage in the reranker.
    """

    vector_ms: float
    search_ms: float
    pair_ms: float

    def elapsed_ms(self, pairs: float) -> float:
        """A question whose reranker reads this many pairs."""
        return self.vector_ms + self.search_ms + pairs * self.pair_ms

    def affordable(self, budget_ms: float) -> int:
        """The largest N within a budget, from 0 (not one pair) to 200."""
        left = budget_ms - self.vector_ms - self.search_ms
        if left < 0:
            return 0
        return DEPTH if left >= DEPTH * self.pair_ms else int(left / self.pair_ms)


TEXTBOOK = Speed(vector_ms=20, search_ms=30, pair_ms=1.5)
"""The preset of 200 ms: 150 ms for the reranker are 100 pairs at 1.5 ms."""
