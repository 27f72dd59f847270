"""Judging by several processes, and by one that is killed: what was acknowledged is there."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retrieval.access import Person
from retrieval.review.database import Database
from retrieval.review.events import PIECES, EventLog, ordered
from retrieval.review.store import ReviewStore
from retrieval.review.types import Event, Review
from retrieval.settings import home_of
from retrieval.store import Store
from tests.reviewing import made_review

ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("SECOND_LOOK_REVIEW_KILLS", "3"))


def started(home: Path, review: Review, name: str, most: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.judging", str(home), review.id, name, str(most)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def log_of(home: Path, review: Review) -> EventLog:
    return EventLog(Database(home_of(home)), review.id)


def test_two_processes_that_judge_at_once_lose_nothing(
    home: Path, reviews: ReviewStore, store: Store
) -> None:
    review = made_review(reviews, store, asked=5, passages=8, needed=2)
    children = {name: started(home, review, name, 25) for name in ("ann", "ben")}
    told = {name: child.communicate()[0].split() for name, child in children.items()}
    stored = log_of(home, review).read()
    for name, ids in told.items():
        assert len(ids) == 25
        assert [one.id for one in stored if one.reviewer == name] == ids
    assert all(reviews.seat(Person(name, "admin"), review.id).progress().left for name in told)


def test_a_kill_at_any_moment_loses_no_acknowledged_judgment(
    home: Path, reviews: ReviewStore, store: Store
) -> None:
    review = made_review(reviews, store, asked=20, passages=20)
    rng = random.Random()
    told: list[str] = []
    for _ in range(KILLS):
        killed = started(home, review, "ann", 400)
        assert killed.stdout is not None
        told += [killed.stdout.readline().strip() for _ in range(rng.randint(1, 20))]
        # Anywhere between two acknowledgements.
        time.sleep(rng.uniform(0, 0.03))
        killed.kill()
        told += killed.communicate()[0].split()
        stored = [one.id for one in log_of(home, review).read()]
        assert set(told) <= set(stored)
        # At most the judgment that was under way is stored and was never told of.
        assert len(stored) <= len(told) + KILLS
    seat = reviews.seat(Person("ann", "admin"), review.id)
    assert seat.progress().judged == len(stored)
    assert seat.next() is not None


def test_the_log_is_compacted_and_readers_keep_what_they_have_open(
    home: Path, review: Review
) -> None:
    log, database = log_of(home, review), Database(home_of(home))
    log.add([event(0)])
    opened = database.own(review.id, "events")
    opened.checkout(opened.version)
    for number in range(1, PIECES + 5):
        log.add([event(number)])
    stats = database.own(review.id, "events").stats()
    assert stats["fragment_stats"]["num_fragments"] <= PIECES  # type: ignore[index]
    assert opened.to_arrow().num_rows == 1
    assert [one.id for one in log.read()] == [f"e{number:03}" for number in range(PIECES + 5)]


def test_a_process_that_compacts_is_waited_for_by_nobody(home: Path, review: Review) -> None:
    log, database = log_of(home, review), Database(home_of(home))
    with database.alone(review.id) as first, Database(home_of(home)).alone(review.id) as second:
        assert (first, second) == (True, False)
        for number in range(PIECES + 2):
            log.add([event(number)])
    assert len(log.read()) == PIECES + 2


def test_of_events_told_twice_the_first_counts() -> None:
    early, late = event(1, at="2026-01-01", grade=1), event(1, at="2026-01-02", grade=2)
    other = event(1, at="2026-01-03", reviewer="ben")
    assert ordered([other, late, early]) == (early, other)


@pytest.mark.parametrize("when", ["", "2020-01-01T00:00:00.000000+00:00"])
def test_a_time_is_given_once(home: Path, review: Review, when: str) -> None:
    before = datetime.now(UTC).isoformat(timespec="microseconds")
    (stored,) = log_of(home, review).add([event(1, at=when)])
    assert stored.at == when if when else stored.at >= before
    assert log_of(home, review).read() == (stored,)


def event(number: int, at: str = "", reviewer: str = "ann", grade: int = 1) -> Event:
    return Event(f"e{number:03}", at, reviewer, "grade", "t", "q", grade=grade)


def test_a_log_that_is_kept_open_sees_what_others_add(home: Path, review: Review) -> None:
    kept, other = log_of(home, review), log_of(home, review)
    for number in range(PIECES + 3):
        other.add([event(number, reviewer="ben" if number % 2 else "ann")])
        assert len(kept.read()) == number + 1
    standing = kept.standing()
    assert kept.standing() is standing
    assert kept.read() == log_of(home, review).read()


def test_a_log_that_was_made_anew_is_not_mixed_with_the_old_one(home: Path, review: Review) -> None:
    kept, database = log_of(home, review), Database(home_of(home))
    kept.add([event(1), event(2)])
    assert len(kept.read()) == 2
    pool = {name: database.own(review.id, name).to_arrow() for name in ("passages", "lists")}
    database.drop(review.id)
    database.make(review.id, pool)
    other = log_of(home, review)
    for number in (3, 4, 5):
        other.add([event(number)])
    assert [one.id for one in kept.read()] == ["e003", "e004", "e005"]
