"""Relevance review: blind judgments by several people, how far they agree, and what follows.

A review pools what systems returned, hands the passages to reviewers without saying who brought
them, and keeps every judgment as an event that is only ever added. All state lies in one database,
``<home>/reviews``, beside the collections, so that judgments outlive the collection they are about.
"""

import retrieval.store.lean_lancedb  # noqa: F401  # before LanceDB is imported
