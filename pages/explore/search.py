"""The search page: one question, five lists side by side, and what each of them cost."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.measure.memory import remembered
from pages.parts import state
from pages.parts.answer_picker import pick_answer
from pages.parts.bridge import listen_to_lists
from pages.parts.controls import Choices, search_settings
from pages.parts.document_view import show_passage
from pages.parts.elsewhere import allowed, show_failures
from pages.parts.errors import clear_errors, show_note
from pages.parts.failures.warming import warm_rules
from pages.parts.flag_marks import flag_key_html
from pages.parts.known_answers import KnownAnswers
from pages.parts.model_choice import model_uses
from pages.parts.passages import WORD_KEY_HTML
from pages.parts.question_bar import ask_of, open_picked, share_link
from pages.parts.resources import Engine, engine, models_ready, reranker_options
from pages.parts.result_lists import Marks
from pages.parts.results import ResultLists, busy_label, draw_charts, paced
from pages.parts.sentences import fate_sentence, strip_html
from retrieval.errors import QueryError
from retrieval.evaluation.losses import trace_fate
from retrieval.settings import SearchSettings, StageName
from retrieval.types import Chunk, Trace

if TYPE_CHECKING:
    from retrieval.store import Collection, Snapshot


@dataclass(frozen=True, slots=True)
class Search:
    """One search: of what, for what, and how."""

    collection: Collection
    snapshot: Snapshot
    query: str
    asked: SearchSettings
    beside: Snapshot | None = None

    @property
    def subject(self) -> Hashable:
        """What is asked of what, whatever the settings are."""
        return (self.snapshot.key, self.query)

    @property
    def key(self) -> Hashable:
        """Two searches with one key have one trace."""
        beside = self.beside.key if self.beside else None
        return (self.snapshot.key, self.query, self.asked, beside)


@dataclass(frozen=True, slots=True)
class Slots:
    """Places above the lists: the strip, and lines that a person has to read or answer."""

    strip: DeltaGenerator
    told: DeltaGenerator


BRAND_HTML = (
    '<h1 class="sl-brand">Second Look</h1><p>What each stage of a search makes of one question.</p>'
)


def show_page() -> None:
    """Draw the page from top to bottom."""
    opened = listen_to_lists(state.mark_answer, open_why, open_failures)
    notice = st.container()
    with st.container(key="bar"):
        bar = st.columns([2.6, 6.4, 2.2, 1.3], vertical_alignment="bottom", gap="small")
    strip, told = st.empty(), st.container()
    with clear_errors(strip):
        made = engine(strip)
        with bar[0]:
            collection = open_picked(made, notice, strip)
        if collection is None:
            return
        query, known = ask_of(collection, bar[1], bar[2])
        search = read_controls(made, collection, query)
        with bar[3]:
            share_link(collection.name, query, search.asked, state.marked_answer())
        search = replace(search, asked=allowed(made, search.asked, told))
        show_results(made, search, known, Slots(strip, told), opened)


def open_why(chunk_id: str) -> None:
    """Leave for the page that explains a hit's scores; it takes the question along by itself."""
    st.switch_page("pages/understand/why.py", query_params={"passage": chunk_id})


def open_failures(chunk_id: str) -> None:
    """Leave for the page that makes a twin of a hit; it takes the question along by itself."""
    st.switch_page("pages/understand/failures.py", query_params={"passage": chunk_id})


def read_controls(made: Engine, collection: Collection, query: str) -> Search:
    """Draw the controls at the side, and put together what is asked."""
    snapshot = collection.snapshot()
    with st.sidebar:
        st.html(BRAND_HTML)
        choices = Choices(
            model_uses("encoder"),
            reranker_options(),
            snapshot.facets(),
            snapshot.encoder,
            has_vector_index="vector" in snapshot.indexes,
            has_tokens=snapshot.tokens is not None,
            others=other_encoders(made, snapshot),
            lates=model_uses("late"),
            dimension=snapshot.dimension,
        )
        asked = search_settings(choices)
    beside = made.store.open(asked.collection_2).snapshot() if asked.collection_2 else None
    return Search(collection, snapshot, query, asked, beside)


def other_encoders(made: Engine, snapshot: Snapshot) -> dict[str, str]:
    """Collections that were made with another encoder than this one."""
    encoders = made.store.encoders().items()
    return {name: encoder for name, encoder in encoders if encoder != snapshot.encoder}


def show_results(
    made: Engine, search: Search, known: KnownAnswers, slots: Slots, opened: str | None
) -> None:
    """Search, and draw lists, strip and charts as they come."""
    if not len(search.snapshot):
        show_note(
            "This collection is empty.", "Open the Library and add some files to it.", slots.strip
        )
        return
    if not search.query.strip():
        # A collection of one's own opens like this: nothing has gone wrong.
        hint = (
            "Type one above, or pick a sample question." if known.questions else "Type one above."
        )
        show_note("The question is empty.", hint, slots.strip)
        return
    grades = known.grades(search.query)
    marks = Marks(state.marked_answer(), frozenset(grades))
    best = remembered(
        "known_chunks",
        (search.subject, tuple(grades.items())),
        lambda: known_chunks(search.collection, grades),
    )

    def say(trace: Trace) -> None:
        line = answer_line(search.snapshot, trace, marks.answer, best)
        slots.strip.html(strip_html(trace, line))

    trace = run_search(made, search, marks, slots.strip, say)
    show_failures(trace, slots.told)
    say(trace)
    key, picker = st.columns([5, 4], vertical_alignment="center", gap="medium")
    key.html(WORD_KEY_HTML + flag_key_html())
    with picker:
        pick_answer(shown_chunks(trace), best)
    if listed(trace):
        draw_charts(trace, marks.answer)
    warm_rules()
    if opened:
        show_passage(search.collection, trace, opened)


def run_search(
    made: Engine, search: Search, marks: Marks, strip: DeltaGenerator, say: Callable[[Trace], None]
) -> Trace:
    """The complete trace; the lists are drawn while it grows, and ``say`` is told of each step."""
    stages = search.asked.shown
    lists = ResultLists(stages, waiting="last_trace" not in st.session_state)
    trace = state.remembered_trace(search.key)
    if trace is not None:
        lists.draw(trace, marks)
        return trace
    cold = not models_ready(made, search.snapshot.encoder, search.asked)
    status = strip.status(busy_label(None, stages)) if cold else None
    stream = made.cascade.stream(search.snapshot, search.query, search.asked, search.beside)
    for trace in paced(stream, again=state.asked_before(search.subject)):
        lists.draw(trace, marks)
        if status is not None:
            status.update(label=busy_label(trace, stages))
        elif is_growing(trace):
            say(trace)
    if trace is None:
        raise QueryError("The search returned nothing.", "Choose at least one stage.")
    state.remember_trace(search.key, trace, search.subject)
    return trace


def is_growing(trace: Trace) -> bool:
    """Whether a list is still to come, or not complete."""
    lists = trace.rankings.values()
    return len(lists) < len(trace.settings.shown) or any(one.pending for one in lists)


def shown_chunks(trace: Trace) -> dict[str, Chunk]:
    """The chunks in the lists, the last stage's first."""
    top = trace.settings.top
    return {
        hit.chunk_id: trace.chunks[hit.chunk_id]
        for stage in reversed(trace.settings.shown)
        if stage in trace.rankings
        for hit in trace.rankings[stage].hits[:top]
    }


def listed(trace: Trace) -> list[StageName]:
    """The stages that have a list; one whose model failed has none."""
    return [stage for stage in trace.settings.shown if stage in trace.rankings]


def known_chunks(collection: Collection, grades: Mapping[str, int]) -> dict[str, Chunk]:
    """All chunks of the documents known to be right, the best grade first."""
    documents = sorted(grades, key=lambda document: -grades[document])
    return {
        chunk.id: chunk for document in documents for chunk in collection.document_chunks(document)
    }


def answer_line(
    snapshot: Snapshot, trace: Trace, answer: str | None, best: Mapping[str, Chunk]
) -> str:
    """What became of the answer that was marked, or else of the best one that is known."""
    if answer is not None:
        if answer not in snapshot.positions:
            return "The passage marked as the answer is not in this collection."
        return fate_sentence(trace_fate(trace, answer))
    if not best:
        return ""
    stages = listed(trace)
    last = trace.rankings[stages[-1]].ranks if stages else {}
    leading = min(best, key=lambda chunk_id: last.get(chunk_id, len(last) + 1))
    return fate_sentence(trace_fate(trace, leading), whose="The known answer")


show_page()
