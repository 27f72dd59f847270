"""Things that take long to make, kept while they are used: the last few, made once each."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Kept = TypeVar("Kept")


class LastUsed(Generic[Key, Kept]):
    """What was used last, by its key; safe to share between threads.

    Args:
        size: How many are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, make: Callable[[], Kept]) -> Kept:
        """What is kept under this key, made now if there is nothing."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            return self._kept[key]

    def among(self, keys: Iterable[Key]) -> dict[Key, Kept]:
        """What is kept under some keys; the others are left out."""
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        return found

    def keep(self, found: Mapping[Key, Kept]) -> None:
        """Keep what was found elsewhere."""
        with self._lock:
            self._kept.update(found)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def forget(self, is_gone: Callable[[Key], bool]) -> None:
        """Drop what is kept under the keys that are gone."""
        with self._lock:
            for key in [key for key in self._kept if is_gone(key)]:
                del self._kept[key]
