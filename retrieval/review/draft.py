"""What a team member chose, checked before anything is searched or stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from retrieval.errors import ReviewError
from retrieval.review.types import Draft, ReviewQuestion
from retrieval.settings import DEPTH, settings

LONGEST_NAME = 80
LONGEST_NEED = 2_000
LONGEST_GUIDELINES = 50_000
MOST_NEEDED = 50
MODES = ("passages", "lists")


def checked(draft: Draft) -> Draft:
    """The draft as it will be kept.

    Raises:
        ReviewError: If something is missing, too long or out of bounds.
    """
    name = " ".join("".join(c if c.isprintable() else " " for c in draft.name).split())
    if not name or len(name) > LONGEST_NAME:
        raise ReviewError(
            "The review has no name." if not name else "The review’s name is too long.",
            hint=f"Give it a name of 1 to {LONGEST_NAME} characters.",
        )
    _check_number("depth", draft.depth, DEPTH)
    _check_number("number of reviewers needed", draft.needed, MOST_NEEDED)
    if draft.mode not in MODES:
        raise ReviewError(f"There is no mode “{draft.mode}”.", hint="Choose passages or lists.")
    if len(draft.guidelines) > LONGEST_GUIDELINES:
        raise ReviewError(
            f"The guidelines have {len(draft.guidelines):,} characters.",
            hint=f"Keep them to {LONGEST_GUIDELINES:,}; reviewers read them before they judge.",
        )
    return replace(
        draft,
        name=name,
        guidelines=storable(draft.guidelines),
        questions=_questions(draft.questions),
        reviewers=tuple(dict.fromkeys(filter(None, map(_one_line, draft.reviewers)))),
    )


def storable(text: str) -> str:
    """A text as every table and file can hold it.

    Half a character from a broken paste becomes ``?``; the character zero, which is no text, goes.
    """
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _check_number(what: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise ReviewError(f"The {what} is {value}.", hint=f"Choose from 1 to {most}.")


def _questions(questions: Iterable[ReviewQuestion]) -> tuple[ReviewQuestion, ...]:
    found: dict[str, ReviewQuestion] = {}
    most = settings().max_query_words
    for number, one in enumerate(questions, start=1):
        question = ReviewQuestion(_one_line(one.id), _one_line(one.text), _one_line(one.need))
        if not question.id or not question.text:
            raise ReviewError(
                f"Question {number} has no id or no text.", hint="Give it both, or leave it out."
            )
        if len(question.text.split()) > most or len(question.need) > LONGEST_NEED:
            raise ReviewError(
                f"Question {number} is too long.",
                hint=f"At most {most:,} words, and {LONGEST_NEED:,} characters for its need.",
            )
        if question.id in found:
            raise ReviewError(f"Two questions have the id “{question.id}”.", hint="Rename one.")
        found[question.id] = question
    if not found:
        raise ReviewError("The review has no question.", hint="Type one, or hand in a file.")
    return tuple(found.values())


def _one_line(text: str) -> str:
    return " ".join(storable(text).split())
