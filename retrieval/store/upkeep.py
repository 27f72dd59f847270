"""Keeps a collection quick while it is being filled, commit by commit."""

from __future__ import annotations

from retrieval.store.collection import Collection

FIRST_COMPACTION = 64
"""Commits after which a collection is compacted for the first time."""


class Upkeep:
    """Compacts a collection after twice as many commits each time.

    Every commit leaves a file and a list of all files; thousands of them would slow each other
    down. This way no row is rewritten more than a few times.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._commits = 0
        self._compact_at = FIRST_COMPACTION

    def after_commit(self) -> None:
        """Count one more commit, and compact if it is time."""
        self._commits += 1
        if self._commits == self._compact_at:
            self._collection.compact()
            self._compact_at *= 2
