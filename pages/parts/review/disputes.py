"""The passages that reviewers disagree on, worst first, and a lead's final grade for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors, show_note
from pages.parts.review.passage_view import passage_html
from pages.parts.safe_text import html_text, markdown_text, one_line
from retrieval.access import Person
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.review.accord import Disputed
    from retrieval.review.lead import Lead
    from retrieval.review.types import Event

_A_PAGE = 10
_LONGEST_NAME = 60
_LONGEST_COMMENT = 2_000


def show_disputes(person: Person, lead: Lead) -> None:
    """Draw the list."""
    found = lead.disputed()
    if not found:
        show_note(
            "There is nothing to decide yet.",
            "Passages that two people judged, or that nobody could judge, appear here.",
        )
        return
    apart = sum(one.apart > 0 for one in found)
    st.html(
        f"<p>Several people judged {counted(len(found), 'passage')}, and {apart:,} of them "
        f"{'has' if apart == 1 else 'have'} different grades; those that are "
        "furthest apart come first. A final grade counts in place of the reviewers’ own, which "
        "stay.</p>"
    )
    pages = -(-len(found) // _A_PAGE)
    page = st.pagination(pages, key="disputes_page") if pages > 1 else 1
    for one in found[(page - 1) * _A_PAGE : page * _A_PAGE]:
        with st.container(border=True, gap="small", key=f"dispute_{one.passage.id}"):
            _show(person, lead, one)


def _show(person: Person, lead: Lead, one: Disputed) -> None:
    review = lead.review
    asked = {question.id: question.text for question in review.questions}
    question = asked.get(one.passage.query_id, one.passage.query_id)
    said = "".join(_said_html(lead, who, event) for who, event in one.answers.items())
    st.html(
        f'<p class="sl-asked">{html_text(question)}</p>{passage_html(one.passage.passage)}'
        f'<ul class="sl-said">{said}</ul>'
    )
    words = {grade: markdown_text(review.scale.word(grade)) for grade in review.scale.grades}
    key = f"final_{one.passage.id}_{one.final.id if one.final else ''}"
    st.segmented_control(
        "Final grade",
        list(words),
        format_func=words.__getitem__,
        default=one.final.grade if one.final else None,
        key=key,
        on_change=_decide,
        args=(lead, one.passage.id, key),
        disabled=not person.name,
        help=None if person.name else "Type your name under Judge first: a decision has an author.",
    )
    if one.final is not None:
        st.caption(f"Decided by {markdown_text(one.final.reviewer)}. Click the grade to withdraw.")


def _said_html(lead: Lead, who: str, event: Event) -> str:
    word = "cannot judge" if event.grade is None else lead.review.scale.word(event.grade)
    comment = one_line(event.comment, _LONGEST_COMMENT)
    quiet = f' <span class="sl-quiet">“{html_text(comment)}”</span>' if comment else ""
    name = html_text(one_line(who, _LONGEST_NAME))
    return f"<li>{name}: <b>{html_text(word)}</b>{quiet}</li>"


def _decide(lead: Lead, task_id: str, key: str) -> None:
    with clear_errors():
        lead.decide(task_id, st.session_state[key])
