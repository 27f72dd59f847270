"""What each flag is worth on the shipped probe sets, in one place for all who show it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


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


MEASURED: Mapping[str, Mapping[str, FlagFigures]] = MappingProxyType({})
