"""Collections on disk: the one place that knows LanceDB.

Everything lies in one database, ``<home>/collections``. A registry table names the collections;
each of them has four tables: chunks (with their vectors), documents, questions and judgments.
"""

from retrieval.store.collection import Collection, Counts, DocumentInfo
from retrieval.store.collections import Store
from retrieval.store.schema import CollectionInfo
from retrieval.store.snapshot import Snapshot

__all__ = ["Collection", "CollectionInfo", "Counts", "DocumentInfo", "Snapshot", "Store"]
