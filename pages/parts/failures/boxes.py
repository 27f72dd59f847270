"""The boxes in which a twin, a twin question and a control are offered and can be edited."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import streamlit as st

from pages.parts.failures.marked_diff import diff_markdown
from pages.parts.safe_text import one_line
from retrieval.contrast.twins import Kind, Sentence, Twin
from retrieval.types import text_hash

_BOX_PX = 110
_MOST_CHARACTERS = 100_000
_LABEL_CHARACTERS = 90


def seed(key: str, source: Hashable, text: str) -> None:
    """Fill a box anew when what it was made of has changed; an address keeps what it says.

    Args:
        key: The box.
        source: What its text was made of.
        text: What it opens with.
    """
    known = st.session_state.get(f"{key}_of")
    stands = key in st.session_state or key in st.query_params
    st.session_state[f"{key}_of"] = source
    if not stands or known not in (None, source):
        st.session_state[key] = text


def text_box(key: str, label: str, placeholder: str = "") -> str:
    """A box whose text is what is scored."""
    typed = st.text_area(
        label,
        key=key,
        bind="query-params",
        height=_BOX_PX,
        max_chars=max(_MOST_CHARACTERS, len(st.session_state.get(key, ""))),
        placeholder=placeholder,
    )
    return typed.strip()


def pick_sentence(text: str, found: Sequence[Sentence], chosen: int | None) -> int | None:
    """The sentence that is edited; nothing is drawn where there is only one."""
    if len(found) < 2:  # noqa: PLR2004  (a choice takes two)
        return chosen
    return st.selectbox(
        "Sentence to turn around",
        [sentence.number for sentence in found],
        index=chosen or 0,
        format_func=lambda number: f"{number + 1}. {one_line(found[number].text, 110)}",
        key=f"sentence_{text_hash(text)[:8]}",
    )


def pick_offer(twins: Sequence[Twin], box: str) -> None:
    """The offered twins, each with its kind, its marked change and what was done.

    Args:
        twins: What is offered.
        box: The box that the picked one is put into.
    """
    texts = [twin.text for twin in twins]
    key = f"offer_{text_hash(repr(texts))[:8]}"
    standing = st.session_state.get(box)
    st.radio(
        "Offered twins",
        range(len(twins)),
        index=texts.index(standing) if standing in texts else None,
        format_func=lambda place: f"{twins[place].label}: {_changed(twins[place])}",
        captions=[one_line(twin.reason) for twin in twins],
        key=key,
        on_change=_take,
        args=(key, box, texts),
    )


def pick_variant(label: str, twins: Sequence[Twin], box: str) -> None:
    """A short list of twins to fill a box from; nothing is drawn where there is none."""
    if not twins:
        return
    texts = [twin.text for twin in twins]
    key = f"{box}_offer_{text_hash(repr(texts))[:8]}"
    standing = st.session_state.get(box)
    st.selectbox(
        label,
        range(len(twins)),
        index=texts.index(standing) if standing in texts else None,
        format_func=lambda place: one_line(
            f"{twins[place].label}: {_sentence_of(twins[place])}", _LABEL_CHARACTERS
        ),
        key=key,
        on_change=_take,
        args=(key, box, texts),
        placeholder="Offered by the rules …",
    )


def first_of(twins: Sequence[Twin], kind: Kind) -> str:
    """The text of the first twin of a kind; empty where there is none."""
    return next((twin.text for twin in twins if twin.kind == kind), "")


def _take(key: str, box: str, texts: Sequence[str]) -> None:
    picked = st.session_state.get(key)
    if picked is not None:
        st.session_state[box] = texts[picked]


def _changed(twin: Twin) -> str:
    """The changed sentence alone, as Markdown, so that a long passage needs no long label."""
    before, after = _around(twin)
    return diff_markdown(before, after)


def _sentence_of(twin: Twin) -> str:
    return _around(twin)[1]


def _around(twin: Twin) -> tuple[str, str]:
    """The part of text and twin that differs, out to where a sentence or a line ends."""
    start = min(change.start for change in twin.changes)
    end = max(change.end for change in twin.changes)
    opening = max(twin.original.rfind(mark, 0, start) for mark in (". ", "\n", "? ", "! ")) + 1
    closing = min(
        (at for mark in (". ", "\n", "? ", "! ") if (at := twin.original.find(mark, end)) >= 0),
        default=len(twin.original),
    )
    tail = len(twin.original) - closing
    return twin.original[opening:closing].strip(), twin.text[
        opening : len(twin.text) - tail
    ].strip()
