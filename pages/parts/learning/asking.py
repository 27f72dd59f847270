"""What is to be learned from what, with the split shown before anything begins."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors, show_note
from pages.parts.learning.learnings import Judgments
from pages.parts.resources import model_options
from pages.parts.safe_text import html_text, markdown_text, one_line
from retrieval.errors import SecondLookError
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.training.fine_tuning import Kind
    from retrieval.training.work import LearningOrder, Learnings

_KINDS = ("reranker", "encoder")
_THESE, _FILE = "these judgments", "a file of triples"
_TYPES = ["jsonl", "csv", "tsv"]
_SHORTEST_NAME = 3
_MOST_NOTES = 12


def show_form(work: Learnings, judgments: Judgments) -> None:
    """The choices, what they would do with the questions, and the button to begin."""
    from retrieval.training.work import LearningOrder

    left, middle, right = st.columns(3, gap="medium")
    with left:
        picked = _pick("What learns", _KINDS, "learn_kind")
        kind: Kind = "encoder" if picked == "encoder" else "reranker"
    with middle:
        source = _pick("From", (_THESE, _FILE), "learn_source")
    with right:
        bases = {card.id: card.help for card in model_options(kind) if card.state != "to fetch"}
        uses = "  \n".join(f"**{markdown_text(i)}**: {markdown_text(u)}" for i, u in bases.items())
        base = st.selectbox("Starting from", list(bases), key=f"learn_base_{kind}", help=uses)
    order = LearningOrder(kind, "", str(base), judgments.collection, judgments.id)
    if source == _FILE:
        order = _handed_in(work, order)
    if source == _FILE and not order.triples:
        return
    with clear_errors():
        _offer(work, order, _proposed(judgments, order))


def _pick(label: str, options: tuple[str, ...], key: str) -> str:
    picked = st.segmented_control(
        label, list(options), default=options[0], key=key, required=True, width="stretch"
    )
    return str(picked or options[0])


def _handed_in(work: Learnings, order: LearningOrder) -> LearningOrder:
    file = st.file_uploader(
        "Triples: JSON Lines, CSV or TSV with `query`, `positive`, `negative`; or `query`, `pos`, "
        "`neg`, each a text or a list",
        type=_TYPES,
        key="learn_file",
    )
    if file is None:
        return order
    with clear_errors(), st.spinner("Reading the triples …"):
        name = work.hand_in(file.name, file.getvalue())
        return replace(order, triples=name, label=one_line(file.name, 60))
    return order


def _offer(work: Learnings, order: LearningOrder, proposed: str) -> None:
    examples = work.examples(order)
    count = f"{counted(len(examples.examples), 'question')} with a right passage"
    st.html(
        f'<p class="sl-happened"><strong>{html_text(count)}</strong>, '
        f"{html_text(counted(examples.judgments, 'judgment'))}.</p>"
    )
    if examples.notes:
        with st.expander(f"Left out or worth knowing: {counted(len(examples.notes), 'line')}"):
            lines = "".join(f"<li>{html_text(one)}</li>" for one in examples.notes[:_MOST_NOTES])
            st.html(f"<ul>{lines}</ul>")
    try:
        plan = work.plan(order)
    except SecondLookError as error:
        if order.triples:
            show_note(error.message, error.hint)
        else:
            # Nobody has asked yet: a set that is too small for learning is nothing gone wrong.
            line = html_text(f"{error.message} {error.hint}")
            st.html(f'<p class="sl-quiet" role="status">{line}</p>')
        return
    st.html(f'<p class="sl-quiet">{html_text(plan.described)}</p>')
    name_place, button_place = st.columns([4, 2], gap="medium", vertical_alignment="bottom")
    # A name that was taken meanwhile makes room for the next one that is proposed.
    name = name_place.text_input("Name of the new model", proposed, key=f"learn_name_{proposed}")
    button_place.button(
        "Train",
        type="primary",
        icon=":material/model_training:",
        key="learn_start",
        width="stretch",
        on_click=_begin,
        args=(work, replace(order, name=str(name))),
        help="It goes on while you look at other pages, and can be stopped and taken up again.",
    )


def _begin(work: Learnings, order: LearningOrder) -> None:
    with clear_errors():
        work.submit(order)


def _proposed(judgments: Judgments, order: LearningOrder) -> str:
    """A name that is free: what it is learned from, what it is, and a number."""
    from retrieval.errors import ModelError
    from retrieval.settings import settings
    from retrieval.training.learning import check_name

    origin = order.label.rpartition(".")[0] if order.triples else judgments.name
    stem = re.sub(r"[^a-z0-9]+", "-", origin.lower())[:30].strip("-")
    stem = stem if len(stem) >= _SHORTEST_NAME else "learned"
    for number in range(1, 1000):
        try:
            return check_name(f"{stem}-{order.kind}-{number}", settings().home)
        except ModelError:
            continue
    return ""
