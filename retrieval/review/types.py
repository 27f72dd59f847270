"""What a review is, and what a reviewer is handed: values without any behaviour of storage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from retrieval.evaluation.recipes import Recipe
from retrieval.review.scale import Scale

Mode = Literal["passages", "lists"]
"""One passage at a time with a grade, or two whole lists side by side with a preference."""

Choice = Literal["left", "right", "tie", "bad"]
"""What a reviewer says of two lists; ``bad`` is both bad."""

Kind = Literal["grade", "prefer", "cannot", "skip", "undo", "final"]
"""What an event says: ``final`` is a lead's grade, ``undo`` takes an earlier event back."""


@dataclass(frozen=True, slots=True)
class ReviewQuestion:
    """A question to judge for.

    Attributes:
        id: Its id in qrels and runs.
        text: What was asked of the systems.
        need: What the person who asks wants to know, in a sentence; may be empty.
    """

    id: str
    text: str
    need: str = ""


@dataclass(frozen=True, slots=True)
class PooledSystem:
    """A system whose results are judged.

    Attributes:
        name: What results call it.
        recipe: Stage and settings; None for a run that was handed in.
        fingerprint: Weights, backend and precision of its model when the pool was made.
    """

    name: str
    recipe: Recipe | None = None
    fingerprint: str = ""

    @property
    def described(self) -> str:
        """What made its list, in words."""
        return self.recipe.described() if self.recipe else "a run that was handed in"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a team member chooses when a review is made.

    Attributes:
        name: What a person calls it; no two reviews are alike.
        questions: What is asked, in order.
        scale: The grades and their words.
        guidelines: How to judge, in Markdown.
        depth: How many passages of each system's list go into the pool.
        needed: How many reviewers each passage, or pair of lists, is to be judged by.
        mode: Passages one at a time, or two lists side by side.
        reviewers: Who may judge: e-mail addresses, ``@domain``, or ``*`` for everybody who is a
            reviewer. The team may judge in any case, and whoever has a share link.
    """

    name: str
    questions: tuple[ReviewQuestion, ...]
    scale: Scale
    guidelines: str = ""
    depth: int = 10
    needed: int = 1
    mode: Mode = "passages"
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """A review as it stands now.

    Attributes:
        id: Random hex; names its tables.
        draft: What was chosen, with later changes.
        collection_id: The collection that was searched.
        collection: What that was called.
        version: Its version when the pool was made.
        encoder: Id of its encoder.
        systems: The pooled systems; empty where a reviewer is told of the review.
        created: When, in ISO form, UTC.
        created_by: Id of the person who made it.
        closed: Whether judging has ended.
        revision: From 1, one more for each change.
        notes: What a team member should know of how the pool was made.
    """

    id: str
    draft: Draft
    collection_id: str
    collection: str
    version: int
    encoder: str
    systems: tuple[PooledSystem, ...]
    created: str
    created_by: str
    closed: bool = False
    revision: int = 1
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.draft.name

    @property
    def scale(self) -> Scale:
        """The grades and their words."""
        return self.draft.scale

    @property
    def questions(self) -> tuple[ReviewQuestion, ...]:
        """What was asked."""
        return self.draft.questions

    def blind(self) -> Review:
        """The review as a reviewer may read it: without the systems, and without other people."""
        draft = replace(self.draft, reviewers=())
        return replace(self, draft=draft, systems=(), notes=(), created_by="")


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as a reviewer reads it: nothing here says which system brought it, or where.

    Attributes:
        id: Names the passage of this question in this review.
        title: The document's title.
        text: What is to be judged, as it was when the pool was made.
        before: What stands before it in the document, as far as it was kept.
        after: What stands behind it.
        source: The file that the document came from.
        page: Page or slide, from 1, or None.
        heading: The path of headings above it, outermost first.
    """

    id: str
    title: str
    text: str
    before: str = ""
    after: str = ""
    source: str = ""
    page: int | None = None
    heading: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that one person said; events are added and never changed.

    Attributes:
        id: Made by the client, so that the same click told twice counts once.
        at: When it was stored, in ISO form, UTC.
        reviewer: Id of the person.
        kind: What it says.
        task_id: The passage, or pair of lists, that it is about.
        query_id: The question.
        grade: The grade; None where it gives none.
        choice: Of two lists: ``a``, ``b``, ``tie`` or ``bad``; empty elsewhere.
        left: Which of the two stood on the left: ``a`` or ``b``; empty elsewhere.
        comment: What the person wrote beside it.
        seconds: How long the task was on the screen; 0 where it is not known.
        text_hash: Of the text that was judged.
        target: Of an undo: the event that it takes back.
    """

    id: str
    at: str
    reviewer: str
    kind: Kind
    task_id: str
    query_id: str
    grade: int | None = None
    choice: str = ""
    left: str = ""
    comment: str = ""
    seconds: float = 0.0
    text_hash: str = ""
    target: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """Equal keys, the same event: an id is a person's own, and cannot hide another's."""
        return (self.reviewer, self.task_id, self.kind, self.id)

    @property
    def side(self) -> Choice | None:
        """What a preference said as it was seen on the screen; None for another event."""
        if self.choice in {"tie", "bad"}:
            return "tie" if self.choice == "tie" else "bad"
        if not self.choice:
            return None
        return "left" if self.choice == self.left else "right"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reviewer has said of a task so far, in the terms of the screen.

    Attributes:
        event_id: The event that says it.
        kind: ``grade``, ``prefer``, ``cannot`` or ``skip``.
        grade: The grade, or None.
        side: The preference, or None.
        comment: What was written beside it.
        at: When, in ISO form, UTC.
    """

    event_id: str
    kind: Kind
    grade: int | None
    side: Choice | None
    comment: str
    at: str

    @classmethod
    def of(cls, event: Event) -> Answer:
        """The answer that an event gives."""
        return cls(event.id, event.kind, event.grade, event.side, event.comment, event.at)


@dataclass(frozen=True, slots=True)
class PassageTask:
    """A passage to grade for a question; ``mine`` is what this reviewer has said of it."""

    id: str
    question: ReviewQuestion
    passage: Passage
    mine: Answer | None = None


@dataclass(frozen=True, slots=True)
class PairTask:
    """Two lists to compare for a question; ``mine`` is what this reviewer has said of them."""

    id: str
    question: ReviewQuestion
    left: tuple[Passage, ...]
    right: tuple[Passage, ...]
    mine: Answer | None = None


Task = PassageTask | PairTask


@dataclass(frozen=True, slots=True)
class ReviewerProgress:
    """How far one reviewer has come.

    Attributes:
        reviewer: Id of the person.
        judged: Tasks that they graded or compared.
        cannot: Tasks that they could not judge.
        skipped: Tasks that they skipped and that wait for them still.
        left: Tasks that they will still be handed, skipped ones included.
        seconds: Time that they spent on tasks, as far as it is known.
    """

    reviewer: str
    judged: int
    cannot: int
    skipped: int
    left: int
    seconds: float

    @property
    def done(self) -> int:
        """Tasks with an answer."""
        return self.judged + self.cannot

    @property
    def total(self) -> int:
        """Tasks with an answer and tasks that are left."""
        return self.done + self.left

    @property
    def seconds_left(self) -> float | None:
        """Time left at this reviewer's pace; None before it can be told."""
        return self.seconds / self.done * self.left if self.done and self.seconds else None


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """How far a review has come.

    Attributes:
        tasks: How many passages, or pairs of lists, there are.
        complete: Tasks that as many reviewers judged as are needed, or that a lead has decided.
        judgments: Grades, or preferences, that stand.
        needed: Judgments that complete every task.
        reviewers: Each reviewer's own progress, by id.
    """

    tasks: int
    complete: int
    judgments: int
    needed: int
    reviewers: tuple[ReviewerProgress, ...]
