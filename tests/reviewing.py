"""A review over a pool made by hand, for tests that need no model."""

from __future__ import annotations

from dataclasses import replace

from retrieval.access import Person
from retrieval.evaluation.recipes import Recipe
from retrieval.review.pool import Pool, PooledPassage, make_id
from retrieval.review.scale import SCALES
from retrieval.review.store import ReviewStore
from retrieval.review.types import Draft, Passage, PooledSystem, Review, ReviewQuestion
from retrieval.settings import SearchSettings
from retrieval.store import Store
from tests.conftest import TinyEncoder

EDITOR = Person("ed@example.org", "editor", signed_in=True)
ADMIN = Person("ada@example.org", "admin", signed_in=True)
ANN = Person("ann@example.org", "reviewer", signed_in=True)
BEN = Person("ben@example.org", "reviewer", signed_in=True)
SYSTEMS = (
    PooledSystem("bm25", Recipe("bm25", SearchSettings())),
    PooledSystem("dense", Recipe("dense", SearchSettings())),
)


def made_pool(questions: int = 3, passages: int = 4) -> Pool:
    """Two systems that return the same passages in opposite orders, the last one by one alone.

    Document ``d1`` has two passages, so that documents and passages are not the same.
    """
    pooled, runs = [], {system.name: {} for system in SYSTEMS}
    for q in range(questions):
        query = f"q{q}"
        for n in range(passages):
            document = f"d{max(n, 1)}"
            text = f"Passage {n} of question {q}."
            shown = Passage(make_id("p", query, str(n)), f"Title {document}", text, "Before. ")
            found = {"bm25": n + 1}
            if n < passages - 1:
                found["dense"] = passages - 1 - n
            pooled.append(PooledPassage(query, document, f"c{q}.{n}", shown, found))
        for system, run in runs.items():
            ranked = sorted(
                (one for one in pooled if one.query_id == query and system in one.found),
                key=lambda one: one.found[system],
            )
            documents = dict.fromkeys(one.document_id for one in ranked)
            run[query] = tuple((one, 1.0 / (k + 1)) for k, one in enumerate(documents))
    return Pool(tuple(pooled), runs)


def draft(asked: int = 3, **changes: object) -> Draft:
    questions = tuple(ReviewQuestion(f"q{q}", f"question {q}?", f"need {q}") for q in range(asked))
    made = Draft("first look", questions, SCALES["graded"], reviewers=("*",))
    return replace(made, **changes)  # type: ignore[arg-type]


def made_review(
    reviews: ReviewStore, store: Store, asked: int = 3, passages: int = 4, **changes: object
) -> Review:
    """A review of a collection that is empty: all that is judged lies in the pool."""
    snapshot = store.open_or_create("c", TinyEncoder()).snapshot()
    pool = made_pool(asked, passages)
    return reviews.create(EDITOR, draft(asked, **changes), snapshot, SYSTEMS, pool)
