"""What all sessions share: the store, the models, the cache and the cascade, made once a process.

The engine's heavy imports (LanceDB, torch) happen in here and not when a page is imported, so that
the page stands before they have begun.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitSecretNotFoundError

from pages.parts.errors import clear_errors
from pages.parts.model_choice import model_uses
from retrieval.progress import Progress
from retrieval.settings import SearchSettings, settings

if TYPE_CHECKING:
    from retrieval.cache import Cache
    from retrieval.cascade import Cascade
    from retrieval.ingest.samples import Sample
    from retrieval.models.cards import Card
    from retrieval.models.folder import Kind
    from retrieval.models.loading import Models
    from retrieval.store import Collection, Store


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine of this process."""

    store: Store
    models: Models
    cascade: Cascade
    cache: Cache


def engine(slot: DeltaGenerator) -> Engine:
    """The engine; while it is being made, ``slot`` says so."""
    if st.session_state.get("engine_seen"):
        return _engine()
    with slot.container(), st.status("Starting: reading the search engine's libraries …"):
        made = _engine()
    st.session_state["engine_seen"] = True
    return made


def collection_names(made: Engine) -> list[str]:
    """Names of all collections, the shipped samples first, whether they are indexed or not."""
    shipped = list(_samples())
    return [*shipped, *(name for name in made.store.names() if name not in shipped)]


def opening_question(name: str) -> str:
    """The question that a sample collection opens with; empty for any other."""
    sample = _samples().get(name)
    return sample.question if sample else ""


def sample_descriptions() -> dict[str, str]:
    """What is in each sample collection, by its name."""
    return {name: sample.description for name, sample in _samples().items()}


def open_ready(made: Engine, name: str, slot: DeltaGenerator) -> Collection:
    """The collection of this name; a sample is indexed when it is first opened.

    Raises:
        CollectionMissingError: If there is none of this name.
    """
    sample = _samples().get(name)
    if sample is None or name in st.session_state.setdefault("samples_ready", set()):
        return made.store.open(name)
    with (
        slot.container(),
        st.status(f"Opening {name}; a sample is indexed when it is first opened …") as status,
    ):
        bar = st.progress(0.0)

        def show(progress: Progress) -> None:
            status.update(label=f"Indexing {name}: {progress.chunks} passages …")
            bar.progress(min(progress.fraction, 1.0))

        from retrieval.ingest.samples import ensure

        collection = ensure(made.store, made.models.encoder(), sample, show)
    st.session_state["samples_ready"].add(name)
    return collection


def _samples() -> dict[str, Sample]:
    from retrieval.ingest.samples import samples

    return {sample.title: sample for sample in samples()}


def model_options(kind: Kind) -> tuple[Card, ...]:
    """The models of one kind that can be picked."""
    from retrieval.models.cards import cards

    return cards(kind)


def reranker_options() -> dict[str, str]:
    """Ids and uses of the rerankers that a search can take: those here, then those elsewhere.

    A file of services that cannot be read is told at the side, and takes nothing else away.
    """
    from retrieval.models.remote.services import ready_services

    options = model_uses("reranker")
    with clear_errors():
        options |= {service.id: service.use for service in ready_services()}
    return options


def models_ready(made: Engine, encoder: str, asked: SearchSettings) -> bool:
    """Whether the models of this search are loaded, so that it needs no word of waiting."""
    loaded = made.models.loading_ms
    needed = {f"encoder {encoder}"}
    from retrieval.models.remote.services import is_remote

    if "late" in asked.stages and asked.late:
        needed.add(f"late {asked.late}")
    needed |= {f"reranker {one}" for one in asked.rerankers if not is_remote(one)}
    return needed <= set(loaded)


def _secret(name: str) -> str | None:
    """A key in Streamlit's secrets; None where there is none, or no file of secrets at all."""
    try:
        found = st.secrets.get(name)
    except (FileNotFoundError, StreamlitSecretNotFoundError):
        return None
    return str(found) if found else None


@st.cache_resource(show_spinner=False)
def _engine() -> Engine:
    from retrieval.cache import Cache
    from retrieval.cascade import Cascade
    from retrieval.models.loading import Models
    from retrieval.models.remote.keys import look_in
    from retrieval.store import Store

    look_in(_secret)
    home = settings().home
    models, cache = Models(home), Cache(home)
    return Engine(Store(home), models, Cascade(models, cache), cache)
