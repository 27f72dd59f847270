"""How far a review has come, and each of its reviewers."""

from __future__ import annotations

from retrieval.review.pool import Pool
from retrieval.review.standing import Standing
from retrieval.review.types import Review, ReviewerProgress, ReviewProgress


def task_ids(review: Review, pool: Pool) -> tuple[str, ...]:
    """Everything that is to be judged."""
    if review.draft.mode == "lists":
        return tuple(one.id for one in pool.pairs(review.systems))
    return tuple(pool.by_id)


def review_progress(review: Review, pool: Pool, standing: Standing) -> ReviewProgress:
    """How far a review has come."""
    tasks, needed = task_ids(review, pool), review.draft.needed
    decided = {one for one in tasks if one in standing.finals}
    counts = {one: standing.counts.get(one, 0) for one in tasks}
    complete = sum(counts[one] >= needed or one in decided for one in tasks)
    people = {one.reviewer for one in standing.events if one.kind != "final"}
    return ReviewProgress(
        tasks=len(tasks),
        complete=complete,
        judgments=sum(counts.values()),
        needed=len(tasks) * needed,
        reviewers=tuple(reviewer_progress(review, tasks, standing, who) for who in sorted(people)),
    )


def reviewer_progress(
    review: Review, tasks: tuple[str, ...], standing: Standing, who: str
) -> ReviewerProgress:
    """How far one reviewer has come."""
    own = standing.answers.get(who, {})
    kinds = [one.kind for one in own.values()]
    left = [one for one in tasks if is_left(review, standing, who, one)]
    return ReviewerProgress(
        reviewer=who,
        judged=kinds.count("grade") + kinds.count("prefer"),
        cannot=kinds.count("cannot"),
        skipped=sum(one in own for one in left),
        left=len(left),
        seconds=sum(one.seconds for one in standing.events if one.reviewer == who),
    )


def is_left(review: Review, standing: Standing, who: str, task_id: str) -> bool:
    """Whether a task waits for a reviewer: not answered, and neither complete nor decided."""
    mine = standing.answers.get(who, {}).get(task_id)
    if mine is not None and mine.kind != "skip":
        return False
    enough = standing.counts.get(task_id, 0) >= review.draft.needed
    return not enough and task_id not in standing.finals
