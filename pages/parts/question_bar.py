"""The bar at the top of the search page: collection, question, sample questions, share."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts import state
from pages.parts.errors import show_error, show_note
from pages.parts.known_answers import KnownAnswers, known_answers
from pages.parts.resources import Engine, collection_names, open_ready, opening_question
from retrieval.errors import CollectionMissingError
from retrieval.settings import SearchSettings

if TYPE_CHECKING:
    from retrieval.store import Collection


def open_picked(made: Engine, notice: DeltaGenerator, strip: DeltaGenerator) -> Collection | None:
    """The collection that is picked here, ready to be searched; None where there is none yet.

    Args:
        made: The engine.
        notice: Where to say that the collection that was asked for is not there.
        strip: Where to say that there is none at all, or that a sample is being indexed.

    Raises:
        CollectionMissingError: If it has been deleted since it was picked.
    """
    name = pick_collection(made, notice)
    if name is None:
        show_note("There is no collection yet.", "Open the Library and drop in some files.", strip)
        return None
    return open_ready(made, name, strip)


def pick_collection(made: Engine, notice: DeltaGenerator) -> str | None:
    """The name of the collection to search, or None where there is none.

    Args:
        made: The engine.
        notice: Where to say that the collection that was asked for is not there.
    """
    names = collection_names(made)
    wanted = st.session_state.get("collection", st.query_params.get("collection"))
    if wanted and wanted not in names:
        hint = "It may have been deleted. This is another one; pick yours below."
        show_error(CollectionMissingError(f"There is no collection “{wanted}”.", hint), notice)
    if not names:
        return None
    return st.selectbox(
        "Collection",
        names,
        key="collection",
        bind="query-params",
        on_change=state.change_collection,
    )


def ask_of(
    collection: Collection, box: DeltaGenerator, samples: DeltaGenerator
) -> tuple[str, KnownAnswers]:
    """The question that is asked of a collection, and the questions that it came with.

    Args:
        collection: The collection; it opens with its own first question, and a sample with the one
            picked for it.
        box: Where the question is typed.
        samples: Where one of its own is picked.
    """
    known = known_answers(collection)
    first = known.questions[0].text if known.questions else ""
    with box:
        query = ask(opening_question(collection.name) or first)
    with samples:
        pick_sample(known)
    return query, known


def ask(opening: str) -> str:
    """The question box; ``opening`` is asked before anyone has typed."""
    box, button = st.columns([6, 1], vertical_alignment="bottom", gap="small")
    query = box.text_input(
        "Question",
        opening,
        key="query",
        bind="query-params",
        on_change=state.forget_answer,
        placeholder="Ask a question, or type a few keywords",
    )
    button.button("Search", type="primary", width="stretch", key="search")
    return query


def pick_sample(known: KnownAnswers) -> None:
    """The collection's own questions; picking one asks it."""
    st.selectbox(
        "Sample questions",
        [question.text for question in known.questions],
        index=None,
        key="sample",
        placeholder=f"{len(known.questions)} to try …",
        on_change=state.take_sample,
        disabled=not known.questions,
    )


def share_link(name: str, query: str, asked: SearchSettings, answer: str | None) -> None:
    """The address of this very view, with every setting spelled out."""
    with st.popover("Share", icon=":material/link:", width="stretch"):
        st.markdown("This address reproduces the view, wherever this server can be reached.")
        base = (st.context.url or "").partition("?")[0]
        st.code(f"{base}?{urlencode(view_parameters(name, query, asked, answer), doseq=True)}")


def view_parameters(
    name: str, query: str, asked: SearchSettings, answer: str | None = None
) -> dict[str, str | list[str]]:
    """The search page's address for a question and settings, as parameters."""
    values: dict[str, str | list[str]] = {
        "collection": name,
        "query": query,
        "candidates": str(asked.candidates),
        "top": str(asked.top),
        "fusion": asked.fusion,
        "rrf_k": str(asked.rrf_k),
        "alpha": str(asked.alpha),
        "reranker": asked.reranker,
        "blend": str(asked.blend),
        "stages": list(asked.stages),
        "filter": [f"{field}: {value}" for field, value in asked.filter],
    }
    if asked.collection_2:
        values["collection_2"] = asked.collection_2
    if asked.reranker_2:
        values["reranker_2"] = asked.reranker_2
    if asked.exact:
        values["exact"] = "true"
    if asked.late_scope == "collection":
        values["late_whole"] = "true"
    return {**values, "answer": answer} if answer else values
