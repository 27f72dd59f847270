"""What the team sees of a review: progress, agreement, disputes to decide, and results."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from retrieval.access import Person, require
from retrieval.errors import ReviewError
from retrieval.evaluation.evaluate import Evaluation
from retrieval.evaluation.evaluate import evaluate as measure_runs
from retrieval.evaluation.measures import Measure, Qrels
from retrieval.evaluation.question_sets import QuestionSet, own_set
from retrieval.review.accord import Agreement, Disputed, agreement_of, disputed
from retrieval.review.consensus import passage_grades, qrels_of
from retrieval.review.draft import storable
from retrieval.review.events import EventLog, new_event_id
from retrieval.review.people import typed_name
from retrieval.review.pool import Pool
from retrieval.review.preferences import WinRate, win_rates
from retrieval.review.progress import review_progress
from retrieval.review.standing import FINAL, Standing
from retrieval.review.types import Event, Review, ReviewProgress
from retrieval.types import Question

BY_DOCUMENT = (
    "Measures are by document: a document scores as its best passage, and has the highest grade "
    "of its judged passages."
)
MEASURES = tuple(Measure.parse(text) for text in ("nDCG@10", "judged@10"))


@dataclass(frozen=True, slots=True)
class Results:
    """What the judgments say of the systems, by document.

    Attributes:
        evaluation: Each system measured on the review's judgments; None before there are any.
        win_rates: Of two lists side by side; empty in the other mode.
        unjudged: By system: the share of its first ten documents that nobody judged yet.
        pool_unjudged: The share of all tasks that nobody judged yet.
        judgments: How many documents are judged, over all questions.
        notes: What a reader should know.
    """

    evaluation: Evaluation | None
    win_rates: tuple[WinRate, ...]
    unjudged: dict[str, float]
    pool_unjudged: float
    judgments: int
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values for JSON."""
        return {
            "evaluation": self.evaluation.as_dict() if self.evaluation else None,
            "win_rates": [one.as_dict() for one in self.win_rates],
            "unjudged": self.unjudged,
            "pool_unjudged": self.pool_unjudged,
            "judgments": self.judgments,
            "notes": list(self.notes),
        }


class Lead:
    """A review as the team sees it; every call looks at the person's role again.

    ``ReviewStore.lead`` makes it.

    Args:
        person: Who looks; an editor at least.
        pool: The review's passages and lists.
        log: Its events.
        current: The review as it is now, or what says why it cannot be seen.
    """

    def __init__(
        self, person: Person, pool: Pool, log: EventLog, current: Callable[[], Review]
    ) -> None:
        self._person = person
        self._log = log
        self._current = current
        self._pool = pool

    @property
    def review(self) -> Review:
        """The review as it is now.

        Raises:
            RoleError: If the person may not see it, or it is gone.
        """
        require("editor", "look behind a review", self._person)
        return self._current()

    @property
    def pool(self) -> Pool:
        """Its passages and lists; raises what ``review`` does."""
        _ = self.review
        return self._pool

    def standing(self) -> Standing:
        """What stands of everything that was said; raises what ``review`` does."""
        _ = self.review
        return self._log.standing()

    def progress(self) -> ReviewProgress:
        """How far it has come; raises what ``review`` does."""
        return review_progress(self.review, self._pool, self.standing())

    def agreement(self) -> Agreement:
        """How far the reviewers agree; raises what ``review`` does."""
        return agreement_of(self.review, self.standing())

    def disputed(self) -> tuple[Disputed, ...]:
        """Passages that several judged, those with most disagreement first."""
        return disputed(self.pool, self.standing())

    def decide(
        self, task_id: str, grade: int | None, comment: str = "", event_id: str = ""
    ) -> Event:
        """Set the final grade of a passage, or withdraw it with None; what reviewers said stays.

        Raises:
            RoleError: If the person may not.
            ReviewError: If the review has no such passage, or its scale no such grade.
            StorageError: If it cannot be stored.
        """
        review = self.review
        require("editor", "decide on a grade", self._person)
        name = typed_name(self._person.name)
        passage = self._pool.by_id.get(task_id)
        if passage is None or review.draft.mode == "lists":
            raise ReviewError("The review has no such passage.", hint="Choose another one.")
        if grade is not None:
            review.scale.check(grade)
        event = Event(
            id=event_id or new_event_id(),
            at="",
            reviewer=name,
            kind=FINAL,
            task_id=task_id,
            query_id=passage.query_id,
            grade=grade,
            comment=storable(comment),
            text_hash=passage.text_hash,
        )
        return self._log.add([event])[0]

    def take_in(self, events: Sequence[Event]) -> int:
        """Add what was said elsewhere and exported there; what is here already is passed over.

        Nobody speaks for others in a review where something has been said, but an admin.

        Returns:
            How many events were added.

        Raises:
            RoleError: If the person may not.
        """
        _ = self.review
        present = self._log.read()
        require("admin" if present else "editor", "bring in what others said", self._person)
        known = {one.key for one in present}
        fresh = [one for one in events if one.key not in known]
        if fresh:
            self._log.add(fresh)
        return len(fresh)

    def qrels(self, how: str = "median") -> Qrels:
        """The judgments by document: the highest grade of its passages; by question.

        Args:
            how: How the grades of several reviewers are taken together; see ``AGGREGATES``.
        """
        return qrels_of(self.review, self.pool, passage_grades(self.standing(), how))

    def question_set(self, documents: Collection[str], how: str = "median") -> QuestionSet:
        """The judgments as something to measure systems on.

        Args:
            documents: Ids of the documents that the collection holds now; judgments of others are
                named and left out.
            how: How the grades of several reviewers are taken together.

        Raises:
            IngestError: If nothing has been judged yet, or none of it is there any more.
        """
        review, qrels = self.review, self.qrels(how)
        asked = (Question(one.id, one.text) for one in review.questions)
        return own_set(asked, qrels, documents, f"the review “{review.name}”")

    def results(self, how: str = "median", measures: Sequence[Measure] = MEASURES) -> Results:
        """What the judgments say of the systems, from this review alone.

        Args:
            how: How the grades of several reviewers are taken together.
            measures: What to compute; systems are compared on the first.
        """
        review, standing = self.review, self.standing()
        if review.draft.mode == "lists":
            return self._preferred(review, standing)
        grades = passage_grades(standing, how)
        qrels = qrels_of(review, self._pool, grades)
        judged = sum(map(len, qrels.values()))
        lacking = 1 - sum(one.id in grades for one in self._pool.passages) / len(
            self._pool.passages
        )
        if not qrels:
            return Results(None, (), {}, lacking, 0, ("Nothing has been judged yet.",))
        if not review.systems:
            return Results(None, (), {}, lacking, judged, review.notes)
        wanted = tuple(dict.fromkeys((*measures, MEASURES[1])))
        runs = {one.name: self._pool.runs.get(one.name, {}) for one in review.systems}
        found = measure_runs(runs, qrels, wanted)
        unjudged = {name: 1 - by[MEASURES[1]].mean for name, by in found.systems.items()}
        notes = (*review.notes, *found.notes, *_remarks(qrels, lacking))
        return Results(found, (), unjudged, lacking, judged, notes)

    def _preferred(self, review: Review, standing: Standing) -> Results:
        pairs = self._pool.pairs(review.systems)
        by_task = {one.id: (one.a, one.b) for one in pairs}
        lacking = 1 - sum(one.id in standing.counts for one in pairs) / len(pairs)
        return Results(
            None, win_rates(review.systems, standing, by_task), {}, lacking, 0, review.notes
        )


def _remarks(qrels: Qrels, lacking: float) -> tuple[str, ...]:
    """What a reader of the measures should know."""
    remarks = [BY_DOCUMENT]
    empty = sum(not any(grades.values()) for grades in qrels.values())
    if empty:
        remarks.append(
            f"Judged questions without a relevant document: {empty} of {len(qrels)}; every system "
            "gets 0 there."
        )
    if lacking > 0:
        remarks.append(f"{lacking:.0%} of the passages have no judgment yet and count as 0.")
    return tuple(remarks)
