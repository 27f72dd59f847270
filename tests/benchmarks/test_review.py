"""How long a judgment takes, from a review's first one to its twenty-thousandth.

``pytest -m benchmark -s tests/benchmarks/test_review.py``
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from retrieval.access import Person
from retrieval.evaluation.agreement import alpha_interval, compare_people
from retrieval.review.store import ReviewStore
from retrieval.review.types import Event
from retrieval.store import Store
from tests.reviewing import EDITOR, made_review

pytestmark = pytest.mark.benchmark
PEOPLE = ("ann", "ben", "cyd", "dee", "eve", "flo", "gus")


def milliseconds(call: Callable[[], object], times: int) -> str:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        spent.append((time.perf_counter() - start) * 1_000)
    return f"p50 {np.percentile(spent, 50):.1f} ms, p95 {np.percentile(spent, 95):.1f} ms"


def test_judging_one_passage_after_another(home: Path) -> None:
    reviews = ReviewStore(home)
    review = made_review(reviews, Store(home), asked=50, passages=20)
    seat = reviews.seat(Person("ann", "admin"), review.id)

    def find_and_judge() -> None:
        task = seat.next()
        assert task is not None
        seat.judge(task.id, 1)

    print()
    for hundred in range(1, 11):
        print(f"{hundred * 100:>5} judgments: {milliseconds(find_and_judge, 100)}")
    log = reviews.lead(EDITOR, review.id)._log
    folder = home / "reviews" / f"{review.id}.events.lance"
    files = sum(1 for one in folder.rglob("*") if one.is_file())
    size = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    print(f"{len(log.read()):,} events, {files:,} files, {size / 1e6:.1f} MB")


def test_a_review_of_many(home: Path) -> None:
    reviews = ReviewStore(home)
    review = made_review(reviews, Store(home), asked=100, passages=30, needed=8)
    lead, begin = reviews.lead(EDITOR, review.id), datetime(2026, 1, 1, tzinfo=UTC)
    rng = np.random.default_rng(0)
    events = [
        Event(
            f"{who}{place}",
            (begin + timedelta(seconds=place)).isoformat(),
            who,
            "grade",
            one.id,
            one.query_id,
            grade=int(rng.integers(4)),
            comment="a few words beside it",
        )
        for who in PEOPLE
        for place, one in enumerate(lead.pool.passages)
    ]
    lead.take_in(events)
    seat = reviews.seat(Person("hal", "admin"), review.id)
    task = next(iter(lead.pool.by_id))
    print(f"\n{len(events):,} events")
    print(f"first look: {milliseconds(ReviewStore(home).lead(EDITOR, review.id).progress, 1)}")
    for name, call in (
        ("next", seat.next),
        ("judge", lambda: seat.judge(task, 1)),
        ("judge and next", lambda: (seat.judge(task, 1), seat.next())),
        ("progress of all", lead.progress),
        ("disputed", lead.disputed),
        ("results", lead.results),
    ):
        print(f"{name}: {milliseconds(call, 5)}")


@pytest.mark.parametrize("n", [100, 1_000, 10_000])
def test_agreement(n: int) -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(4, size=(2, n)).tolist()
    counts = np.eye(4)[first] + np.eye(4)[second]
    kappa = milliseconds(lambda: compare_people(("a", "b"), first, second, 4), 3)
    alpha = milliseconds(lambda: alpha_interval(counts, "ordinal"), 3)
    print(f"\n{n:,} passages: three kappas {kappa}; alpha {alpha}")
