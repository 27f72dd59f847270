"""The item that is scored: a passage and its twin, one or two questions, and a control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.errors import show_note
from pages.parts.failures.boxes import (
    first_of,
    pick_offer,
    pick_sentence,
    pick_variant,
    seed,
    text_box,
)
from pages.parts.failures.marked_diff import diff_html
from pages.parts.failures.sentences import OTHERS
from pages.parts.failures.swapping import swap_by_hand
from pages.parts.safe_text import html_text
from retrieval.contrast.probes import Probe
from retrieval.contrast.twins import Kind, Offers, Refusal, Twin, edited, offer
from retrieval.explain.explainer import check_text

ANSWERS = ("the passage", "the twin")
_LIKE: tuple[Kind, ...] = ("negated", "roles", "condition")
"""Kinds whose twin question asks for the twin passage as it stands; another number may not."""


@dataclass(frozen=True, slots=True)
class Item:
    """What the page looks at.

    Attributes:
        passage: The passage.
        twin: Its twin.
        probe: Both with the questions and the control, the answering one first.
        answered_by: Which of ``ANSWERS`` answers the question.
    """

    passage: str
    twin: Twin
    probe: Probe
    answered_by: str

    @property
    def names(self) -> tuple[str, str]:
        """What the text that answers and the other one are called."""
        return ANSWERS if self.answered_by == ANSWERS[0] else (ANSWERS[1], ANSWERS[0])

    @property
    def other(self) -> str:
        """What the text that does not answer is called in a sentence."""
        if self.answered_by == ANSWERS[0]:
            return OTHERS.get(self.twin.kind, self.names[1])
        return self.names[1]


def pick_twin(passage: str) -> Offers:
    """Offer twins of a sentence of the passage, the refusals with their reasons, and the swap."""
    offers = offer(passage)
    number = pick_sentence(passage, offers.sentences, offers.chosen)
    if number is not None and number != offers.chosen:
        offers = offer(passage, sentence=number)
    turned = tuple(twin for twin in offers.twins if not twin.is_control)
    opening = turned[0].text if turned else passage
    seed("edited_twin", (passage, number), opening)
    if offers.notice:
        show_note(offers.notice, "A twin can still be written by hand below.")
        return offers
    if turned:
        pick_offer(turned, "edited_twin")
    else:
        show_note("No rule fits this sentence.", "The reasons follow; write a twin by hand below.")
    if offers.refusals:
        st.html(_refusals_html(offers.refusals))
    if number is not None and number < len(offers.sentences):
        with st.popover("Swap two words or phrases", icon=":material/swap_horiz:"):
            refused = swap_by_hand(passage, offers.sentences[number], "edited_twin")
        if refused:
            show_note(refused)
    return offers


def edit_item(query: str, passage: str, offers: Offers, place: DeltaGenerator) -> Item | None:
    """The boxes of the twin, the twin question and the control; None while there is no twin.

    Args:
        query: The question.
        passage: The passage.
        offers: Its twins.
        place: Where to show what the twin changes.

    Raises:
        QueryError: If the twin has no word.
    """
    boxes = st.columns(3, gap="medium")
    with boxes[0]:
        text = text_box("edited_twin", "The twin: change it as you like, and it is scored so")
    twin = edited(passage, text)
    if isinstance(twin, Refusal):
        if not offers.notice and any(not one.is_control for one in offers.twins):
            show_note(twin.reason)
        return None
    twin = next((one for one in offers.twins if one.text.strip() == text), twin)
    check_text(twin.text, "The twin")
    with boxes[0]:
        answered_by = _pick_answer()
    with boxes[1]:
        question = _twin_question(query, twin.kind)
        if question:
            _show_change(st.container(), "The twin question", query, question)
    with boxes[2]:
        control = _control(passage if answered_by == ANSWERS[0] else twin.text, offers)
    _show_change(place, "The twin against the passage", passage, twin.text)
    texts = (passage, twin.text)
    probe = Probe(
        id="twin",
        phenomenon=twin.kind,
        queries=(query, question) if question else (query,),
        passages=texts if answered_by == ANSWERS[0] else (texts[1], texts[0]),
        control=control,
    )
    return Item(passage, twin, probe, answered_by)


def _pick_answer() -> str:
    picked = st.segmented_control(
        "The question is answered by",
        ANSWERS,
        default=ANSWERS[0],
        key="answered_by",
        bind="query-params",
        required=True,
        help="The pairwise rule asks that this one stands first for the question, and the other "
        "one for the twin question.",
    )
    return picked or ANSWERS[0]


def _twin_question(query: str, kind: Kind) -> str:
    """The question's own twin; empty for the rule of one question."""
    offers = offer(query)
    turned = tuple(twin for twin in offers.twins if not twin.is_control)
    like = first_of(turned, kind) if kind in _LIKE else ""
    seed("twin_question", (query, kind), like)
    question = text_box(
        "twin_question",
        "The twin question, which wants the other one",
        "Left out: one question, and chance is 50 %",
    )
    pick_variant("Twins of the question", turned, "twin_question")
    if not turned:
        reason = offers.notice or next((one.reason for one in offers.refusals), "")
        st.html(f'<p class="sl-diff-title">No rule fits the question. {html_text(reason)}</p>')
    return "" if question == query else question


def _control(answer: str, offers: Offers) -> str:
    """A copy of the answer that keeps its meaning; empty where there is none."""
    own = offers if not offers.twins or offers.twins[0].original == answer else offer(answer)
    kept = own.of("kept")
    seed("control_text", answer, first_of(kept, "kept"))
    control = text_box(
        "control_text",
        "The control, which says what the answer says",
        "No rule made one; say the same in other words, or leave it out",
    )
    pick_variant("Controls offered", kept, "control_text")
    return "" if control == answer else control


def _show_change(place: DeltaGenerator, label: str, before: str, after: str) -> None:
    place.html(
        f'<p class="sl-diff-title">{label}: <del>taken out</del>, <ins>put in</ins></p>'
        f"{diff_html(before, after, label)}"
    )


def _refusals_html(refusals: Sequence[Refusal]) -> str:
    labels: dict[Kind, str] = {
        "negated": "Not negated",
        "roles": "No roles swapped",
        "number": "No number or date changed",
        "condition": "No condition turned",
        "kept": "No control",
    }
    lines = "".join(
        f"<li><b>{labels.get(one.kind, '')}.</b> {html_text(one.reason)}</li>" for one in refusals
    )
    return f'<ul class="sl-refused">{lines}</ul>'
