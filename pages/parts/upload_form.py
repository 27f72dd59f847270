"""What a person hands in to the library: files or text, where to, and how to cut it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.parts.resources import Engine, model_options
from pages.parts.safe_text import markdown_text
from retrieval.errors import IngestError
from retrieval.settings import CHUNKING, Chunking

if TYPE_CHECKING:
    from retrieval.ingest.sources import Found
    from retrieval.store import CollectionInfo

_SPECIAL_TOKENS = 2
_FORMATS = "PDF, Markdown, text, CSV, TSV, JSONL, or a ZIP of these (a BEIR folder too)"


@dataclass(frozen=True, slots=True)
class Order:
    """One ingestion that a person asks for.

    Attributes:
        name: The collection, there already or new.
        encoder: Id of the encoder.
        chunking: How to cut.
        sources: What to read.
    """

    name: str
    encoder: str
    chunking: Chunking
    sources: tuple[Found, ...]


def order_form(made: Engine) -> Order | None:
    """Draw the form; an order once its button was pressed.

    Raises:
        IngestError: If there is no name or nothing to read.
        SettingsError: If the overlap does not fit the chunk size.
    """
    present = {info.name: info for info in made.store.list()}
    name = st.text_input(
        "Collection",
        key="name",
        placeholder="a new name, or the name of one to add to",
    ).strip()
    files = st.file_uploader(
        f"Files: {_FORMATS}", accept_multiple_files=True, key="files", width="stretch"
    )
    with st.expander("Or paste text", icon=":material/content_paste:"):
        title = st.text_input("Title", key="pasted_title", placeholder="Pasted text")
        text = st.text_area("Text", key="pasted_text", height=160)
    encoder, chunking = _pick_cutting(present.get(name))
    if not st.button("Add to the collection", type="primary", key="add", width="stretch"):
        return None
    sources = tuple(_sources(files, title, text))
    if not name:
        raise IngestError("The collection has no name.", "Type a name for it above.")
    if not sources:
        raise IngestError("There is nothing to add.", "Drop in a file, or paste some text.")
    return Order(name, encoder, chunking, sources)


def _pick_cutting(info: CollectionInfo | None) -> tuple[str, Chunking]:
    """Encoder and chunking; a collection that is there already keeps its own."""
    if info is not None:
        st.caption(
            f"Indexed with {markdown_text(info.encoder)}, {info.chunk_tokens} tokens a passage, "
            f"overlap {info.overlap}. A collection keeps these."
        )
        return info.encoder, info.chunking
    cards = {card.id: card for card in model_options("encoder")}
    encoder = st.selectbox("Encoder", list(cards), key="encoder", bind="query-params")
    card = cards[str(encoder)]
    most = min(int(CHUNKING["chunk_tokens"].maximum), card.max_tokens - _SPECIAL_TOKENS)
    st.caption(f"{markdown_text(card.use)} It reads {most} tokens of a passage.")
    size_column, overlap_column = st.columns(2)
    with size_column:
        tokens = _token_slider("chunk_tokens", most)
    with overlap_column:
        overlap = _token_slider("overlap", tokens // 2)
    return card.id, Chunking(tokens, overlap)


def _token_slider(name: str, most: int) -> int:
    parameter = CHUNKING[name]
    least = int(parameter.minimum)
    return int(
        st.slider(
            f"{parameter.label} (tokens)",
            least,
            most,
            min(int(parameter.default), most),
            key=name,
            help=markdown_text(parameter.help),
        )
    )


def _sources(files: list[UploadedFile], title: str, text: str) -> Iterator[Found]:
    from retrieval.ingest.sources import from_text, from_upload  # noqa: PLC0415  (heavy)

    for file in files:
        yield from from_upload(file.name, file.getvalue())
    if text.strip():
        yield from_text(text, title)
