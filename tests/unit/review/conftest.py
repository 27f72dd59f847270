from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.review.store import ReviewStore
from retrieval.review.types import Review
from retrieval.store import Store
from tests.reviewing import made_review


@pytest.fixture
def reviews(home: Path) -> ReviewStore:
    return ReviewStore(home)


@pytest.fixture
def review(reviews: ReviewStore, store: Store) -> Review:
    return made_review(reviews, store)
