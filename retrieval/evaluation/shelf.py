"""Workbenches that pages and background work share, so that what one gathered the other has."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from retrieval.evaluation.workbench import Workbench

_BENCHES_KEPT = 4
"""The lists of a thousand questions take about a hundred megabytes."""


class Shelf:
    """The workbenches used last.

    Args:
        size: How many are kept.
    """

    def __init__(self, size: int = _BENCHES_KEPT) -> None:
        self._size = size
        self._kept: OrderedDict[object, Workbench] = OrderedDict()
        self._lock = Lock()

    def get(self, key: object, make: Callable[[], Workbench]) -> Workbench:
        """The workbench of this key, made now if it is not kept."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            return self._kept[key]
