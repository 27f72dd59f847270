"""What each flag is worth on the shipped probe sets, in one place for all who show it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

EVERY = "all"
"""The row over all phenomena."""


class FlagFigures(NamedTuple):
    """How a flag fared over pairs of a right and a wrong passage for one question.

    Attributes:
        wrong: Wrong passages that it fires on, as it should.
        right: Right passages that it fires on, as it should not.
        pairs: How many pairs there are.
    """

    wrong: int
    right: int
    pairs: int

    @property
    def precision(self) -> float | None:
        """Share of wrong passages among those it fires on; None if it never fires."""
        fired = self.wrong + self.right
        return self.wrong / fired if fired else None

    @property
    def recall(self) -> float:
        """Share of the wrong passages that it fires on."""
        return self.wrong / self.pairs if self.pairs else 0.0


MEASURED: Mapping[str, Mapping[str, FlagFigures]] = MappingProxyType(
    {
        "negator": {
            EVERY: FlagFigures(145, 120, 599),
            "answerability": FlagFigures(11, 8, 65),
            "conditions": FlagFigures(56, 41, 130),
            "negation": FlagFigures(38, 31, 140),
            "numbers": FlagFigures(20, 20, 120),
            "roles": FlagFigures(20, 20, 144),
        },
        "swap": {
            EVERY: FlagFigures(31, 17, 599),
            "answerability": FlagFigures(5, 2, 65),
            "conditions": FlagFigures(6, 6, 130),
            "negation": FlagFigures(2, 2, 140),
            "numbers": FlagFigures(0, 0, 120),
            "roles": FlagFigures(18, 7, 144),
        },
        "doubt": {
            EVERY: FlagFigures(238, 55, 599),
            "answerability": FlagFigures(12, 8, 65),
            "conditions": FlagFigures(57, 25, 130),
            "negation": FlagFigures(56, 8, 140),
            "numbers": FlagFigures(30, 9, 120),
            "roles": FlagFigures(83, 5, 144),
        },
    }
)
"""By rule and phenomenon; ``tests/benchmarks/test_flag_precision.py`` prints them anew.

The rule that reads scores was measured with the weights named in ``DOUBT_RERANKER``; the others
need no model.
"""

DOUBT_RERANKER = "64b578df8fa52e9f"
"""The first digits of the hash of the reranker's weights; its figures hold for these."""
