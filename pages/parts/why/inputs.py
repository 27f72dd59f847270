"""Which passages are explained: a hit, or a text that was typed, and a second one beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.looks import STAGE_LOOKS
from pages.parts.result_lists import place_text
from pages.parts.safe_text import one_line
from pages.parts.state import chunk_id_in, renew_text
from retrieval.explain.explainer import Passage
from retrieval.settings import SearchSettings, StageName
from retrieval.types import Chunk

if TYPE_CHECKING:
    from pages.parts.resources import Engine
    from retrieval.store import Snapshot

NONE = "none"
CANDIDATES = 30
"""Pairs scored to find passages worth explaining; the search page has scored most of them."""
_LEADERS: Mapping[StageName, int] = {"rerank": 8, "dense": 5, "bm25": 3}
_TITLE_CHARACTERS = 60
_MOST_CHARACTERS = 100_000
_BOX_PX = 132


@dataclass(frozen=True, slots=True)
class Leaders:
    """The passages that lead the lists of a question.

    Attributes:
        chunks: Best first: the reranker's, then those that lead by cosine or by words.
        ranks: For each of them, its rank in each of these stages.
    """

    chunks: Mapping[str, Chunk]
    ranks: Mapping[str, Mapping[StageName, int]]

    def first_but(self, other: str | None) -> str | None:
        """What is worth a look beside ``other``: the reranker's first, or else the cosine's."""
        order = list(self.chunks)
        first = [one for one in order if self.ranks[one].get("rerank") == 1]
        closest = [one for one in order if self.ranks[one].get("dense") == 1]
        return next((one for one in (*first, *closest, *order) if one != other), None)


def find_leaders(made: Engine, snapshot: Snapshot, query: str, reranker: str) -> Leaders:
    """Search a small pool, and keep what it found for the next run."""
    key = (snapshot.key, query, reranker)
    held_key, held = st.session_state.get("why_leaders", (None, None))
    if isinstance(held, Leaders) and held_key == key:
        return held
    asked = SearchSettings(
        candidates=CANDIDATES, stages=("bm25", "dense", "hybrid", "rerank"), reranker=reranker
    )
    trace = made.cascade.search(snapshot, query, asked)
    leading = {
        hit.chunk_id: trace.chunks[hit.chunk_id]
        for stage, most in _LEADERS.items()
        for hit in trace.rankings[stage].hits[:most]
    }
    ranks: dict[str, dict[StageName, int]] = {one: {} for one in leading}
    for stage in _LEADERS:
        for hit in trace.rankings[stage].hits:
            if hit.chunk_id in ranks:
                ranks[hit.chunk_id][stage] = hit.rank
    found = Leaders(leading, ranks)
    st.session_state["why_leaders"] = (key, found)
    return found


def pick_passages(
    leaders: Leaders, snapshot: Snapshot, places: Sequence[DeltaGenerator]
) -> tuple[tuple[Passage, ...], list[str]]:
    """Draw both pickers with their text boxes.

    Returns:
        The passages, the second one only if there is one; and the ids that were asked for and are
        not in this collection.
    """
    missing: list[str] = []
    known = dict(leaders.chunks)
    wanted = [_wanted(name, snapshot, known, missing) for name in ("passage", "twin")]
    opening = wanted[0] or leaders.first_but(None)
    with places[0]:
        first = _pick("passage", "Passage", known, leaders, opening)
        passage = _text("passage_text", "Its text, as the models read it", first, known)
    with places[1]:
        beside = NONE if st.query_params.get("twin") == NONE else leaders.first_but(first)
        second = _pick(
            "twin", "Compare with", known, leaders, wanted[1] or beside or NONE, optional=True
        )
        twin = _text("twin_text", "The second text: change a word and see", second, known)
    return ((passage,) if not twin.text.strip() else (passage, twin)), missing


def pick_passage(
    leaders: Leaders, snapshot: Snapshot, place: DeltaGenerator
) -> tuple[Passage, list[str]]:
    """Draw the first picker alone, with its text box; returns what ``pick_passages`` does."""
    missing: list[str] = []
    known = dict(leaders.chunks)
    wanted = _wanted("passage", snapshot, known, missing)
    with place:
        first = _pick("passage", "Passage", known, leaders, wanted or leaders.first_but(None))
        return _text("passage_text", "Its text, or a sentence of yours", first, known), missing


def copy_passage() -> None:
    """Put the passage's text into the second box, to change a word there."""
    st.session_state["twin_text"] = st.session_state.get("passage_text", "")


def _wanted(
    name: str, snapshot: Snapshot, known: dict[str, Chunk], missing: list[str]
) -> str | None:
    """The chunk that this session or the address names; its text joins ``known``."""
    named = st.session_state.get(name, st.query_params.get(name))
    chunk_id = chunk_id_in(named)
    if chunk_id is None:
        if named and named != NONE:
            missing.append(str(named))
        return None
    if chunk_id not in known:
        try:
            known.update(snapshot.chunks([chunk_id]))
        except KeyError:
            missing.append(chunk_id)
            st.session_state.pop(name, None)
            return None
    return chunk_id


def _pick(
    key: str,
    label: str,
    known: Mapping[str, Chunk],
    leaders: Leaders,
    opening: str | None,
    *,
    optional: bool = False,
) -> str | None:
    options = [*([NONE] if optional else []), *known]
    picked = st.selectbox(
        label,
        options,
        index=options.index(opening) if opening in options else None,
        format_func=lambda one: _label(one, known, leaders),
        key=key,
        on_change=renew_text,
        args=(f"{key}_text",),
        placeholder="Type or paste a text below",
    )
    if picked:
        # An address names the bare id, whatever the label says.
        st.query_params[key] = picked
    return None if picked == NONE else picked


def _text(key: str, label: str, picked: str | None, known: Mapping[str, Chunk]) -> Passage:
    stored = known[picked].text if picked else ""
    if st.session_state.pop(f"{key}_renewed", False):
        st.session_state[key] = stored
    typed = st.text_area(
        label,
        stored,
        key=key,
        bind="query-params",
        height=_BOX_PX,
        max_chars=max(_MOST_CHARACTERS, len(stored)),
    )
    same = _plain(typed) == _plain(stored)
    if same and picked:
        return Passage(stored, picked)
    if picked and typed.strip():
        st.caption("This is not the stored text: it is scored as it stands here.")
    return Passage(typed)


def _plain(text: str) -> str:
    """A text as a browser sends it back."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _label(chunk_id: str, known: Mapping[str, Chunk], leaders: Leaders) -> str:
    if chunk_id == NONE:
        return "no other passage, or the text that you type"
    chunk = known[chunk_id]
    title = one_line(chunk.title or chunk.document_id, _TITLE_CHARACTERS)
    ranks = leaders.ranks.get(chunk_id, {})
    stands = ", ".join(f"{STAGE_LOOKS[s].label} {ranks[s]}" for s in _LEADERS if s in ranks)
    return " · ".join(part for part in (title, place_text(chunk), stands) if part)
