"""A reviewer in a process of its own, which may be killed; it imports as little as it can."""

from __future__ import annotations

import sys

from retrieval.access import Person
from retrieval.review.events import new_event_id
from retrieval.review.store import ReviewStore


def judge(home: str, review_id: str, name: str, most: str) -> None:
    """Judge one passage after another, and tell each judgment once it is acknowledged."""
    seat = ReviewStore(home).seat(Person(name, "admin"), review_id)
    for number in range(int(most)):
        task = seat.next()
        if task is None:
            break
        answer = seat.judge(task.id, number % 4, event_id=new_event_id())
        sys.stdout.write(f"{answer.event_id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    judge(*sys.argv[1:])
