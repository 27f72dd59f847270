"""Collections on disk: the one place that knows LanceDB.

Everything lies in one database, ``<home>/collections``. A registry table names the collections;
each of them has five tables: chunks (with their vectors), documents, questions, judgments, and the
versions that one can go back to.
"""

import retrieval.store.lean_lancedb  # noqa: F401  # before LanceDB is imported
from retrieval.store.collection import Collection, Counts, DocumentInfo
from retrieval.store.collections import Store
from retrieval.store.index import IndexInfo
from retrieval.store.indexes import Indexes
from retrieval.store.schema import CollectionInfo
from retrieval.store.snapshot import Snapshot
from retrieval.store.tokens import TokenCost, TokenInfo, TokenVectors

__all__ = [
    "Collection",
    "CollectionInfo",
    "Counts",
    "DocumentInfo",
    "IndexInfo",
    "Indexes",
    "Snapshot",
    "Store",
    "TokenCost",
    "TokenInfo",
    "TokenVectors",
]
