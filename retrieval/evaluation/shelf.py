"""Workbenches that pages and background work share, so that what one gathered the other has."""

from __future__ import annotations

from retrieval.evaluation.workbench import Workbench
from retrieval.store.last_used import LastUsed

BENCHES_KEPT = 4
"""The lists of a thousand questions take about a hundred megabytes."""


class Shelf(LastUsed[object, Workbench]):
    """The workbenches used last."""

    def __init__(self, size: int = BENCHES_KEPT) -> None:
        super().__init__(size)
