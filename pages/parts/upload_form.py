"""What a person hands in to the library: files, text or a folder, where to, and how to cut it."""

# ruff: noqa: PLC0415

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.parts.library.beginnings import Beginning, beginning_of
from pages.parts.library.chunking_preview import show_chunking
from pages.parts.library.column_pickers import pick_columns
from pages.parts.library.model_cards import size_and_state
from pages.parts.resources import Engine, model_options
from pages.parts.safe_text import markdown_text
from retrieval.errors import IngestError
from retrieval.settings import CHUNKING, Chunking, settings

if TYPE_CHECKING:
    from retrieval.ingest.columns import Columns
    from retrieval.ingest.orders import Upload
    from retrieval.ingest.sources import Found, Source
    from retrieval.models.cards import Card
    from retrieval.store import CollectionInfo

_SPECIAL_TOKENS = 2


@dataclass(frozen=True, slots=True)
class Order:
    """One ingestion that a person asks for.

    Attributes:
        name: The collection, there already or new.
        encoder: Id of the encoder.
        chunking: How to cut.
        uploads: Files and pasted text.
        server_paths: Folders of the server.
        columns: What was chosen for files of records, by their ids.
        encoder_2: Id of a second encoder for the same passages; empty for none.
    """

    name: str
    encoder: str
    chunking: Chunking
    uploads: tuple[Upload, ...]
    server_paths: tuple[str, ...]
    columns: Mapping[str, Columns]
    encoder_2: str = ""


@dataclass(frozen=True, slots=True)
class _Handed:
    """One thing that was handed in: what it is known by in this session, and its files."""

    key: str
    found: tuple[Found, ...]


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
        f"Files: {_formats()}", accept_multiple_files=True, key=_fresh("files"), width="stretch"
    )
    pasted = _paste()
    folder = _server_folder()
    handed = [*map(_of_file, files), *_of_text(pasted), *_of_folder(folder)]
    columns = pick_columns(_tables(handed))
    encoder, encoder_2, chunking = _pick_cutting(present.get(name), name)
    show_chunking(made, encoder, chunking, _beginning(handed, columns))
    if not st.button("Add to the collection", type="primary", key="add", width="stretch"):
        return None
    if not name:
        raise IngestError("The collection has no name.", "Type a name for it above.")
    if not handed:
        raise IngestError("There is nothing to add.", "Drop in a file, or paste some text.")
    uploads = tuple(_uploads(files, pasted))
    paths = (folder,) if folder else ()
    return Order(name, encoder, chunking, uploads, paths, columns, encoder_2)


def clear_form() -> None:
    """Empty what was handed in, once it has been taken; the rest of the form stays."""
    st.session_state["handed_over"] = st.session_state.get("handed_over", 0) + 1


def _fresh(key: str) -> str:
    """The key of a field that is empty again after each time that something was handed over."""
    times = st.session_state.get("handed_over", 0)
    return f"{key}_{times}" if times else key


def _formats() -> str:
    from retrieval.ingest.parsers import PARSERS

    labels = ", ".join(parser.label for parser in PARSERS)
    return f"{labels}, or a ZIP of these (a BEIR folder too)"


def _paste() -> Source | None:
    from retrieval.ingest.sources import from_text

    with st.expander("Or paste text", icon=":material/content_paste:"):
        title = st.text_input("Title", key=_fresh("pasted_title"), placeholder="Pasted text")
        text = st.text_area("Text", key=_fresh("pasted_text"), height=160)
    return from_text(text, title) if text.strip() else None


def _server_folder() -> str:
    """A folder of the server, where its owner allows some."""
    folders = settings().server_folders
    if not folders:
        return ""
    with st.expander("Or read a folder of the server", icon=":material/folder_open:"):
        st.caption("Offered: " + ", ".join(markdown_text(str(folder)) for folder in folders))
        return st.text_input(
            "Folder",
            key=_fresh("server_folder"),
            placeholder=str(folders[0]),
            help="Folders below it too.",
        ).strip()


def _of_file(file: UploadedFile) -> _Handed:
    from retrieval.ingest.sources import from_upload

    return _Handed(file.file_id, tuple(from_upload(file.name, file.getvalue())))


def _of_text(pasted: Source | None) -> Iterable[_Handed]:
    if pasted is not None:
        content = hashlib.sha256(pasted.id.encode() + pasted.read()).hexdigest()
        yield _Handed(content, (pasted,))


def _of_folder(folder: str) -> Iterable[_Handed]:
    from retrieval.ingest.server_folders import from_server

    if folder:
        yield _Handed(folder, tuple(from_server(folder)))


def _uploads(files: Iterable[UploadedFile], pasted: Source | None) -> Iterable[Upload]:
    from retrieval.ingest.orders import Upload

    for file in files:
        yield Upload(file.name, file.getvalue())
    if pasted is not None:
        yield Upload(pasted.id, pasted.read())


def _tables(handed: Iterable[_Handed]) -> dict[str, Source]:
    """Files whose columns can be chosen, by a key of their own."""
    from retrieval.ingest.table_preview import has_columns
    from retrieval.types import Skipped

    return {
        _short(f"{one.key}/{source.id}"): source
        for one in handed
        for source in one.found
        if not isinstance(source, Skipped) and has_columns(source)
    }


def _beginning(handed: Iterable[_Handed], columns: Mapping[str, Columns]) -> Beginning:
    """The first documents of everything, with the columns as they are chosen now."""
    from retrieval.ingest.table_preview import with_columns

    parts = []
    for one in handed:
        ids = {source.id for source in one.found if hasattr(source, "id")}
        chosen = tuple((name, columns[name]) for name in sorted(ids & set(columns)))
        parts.append(beginning_of((one.key, chosen), with_columns(one.found, columns)))
    return reduce(add, parts, Beginning())


def _pick_cutting(info: CollectionInfo | None, name: str) -> tuple[str, str, Chunking]:
    """Encoder, second encoder and chunking; a collection that is there already keeps its own."""
    if info is not None:
        st.caption(
            f"Indexed with {markdown_text(info.encoder)}, {info.chunk_tokens} tokens a passage, "
            f"overlap {info.overlap}. A collection keeps these."
        )
        return info.encoder, "", info.chunking
    from retrieval.models.cards import find_card

    offered = [card.id for card in model_options("encoder")]
    encoder = st.selectbox(
        "Encoder",
        offered,
        key="encoder",
        help="Or type the id of another model, or its folder.",
        bind="query-params",
        accept_new_options=True,
    )
    card = find_card(str(encoder or offered[0]), "encoder")
    if not card.is_here:
        # Its path says in one line what is missing, and how it is had.
        _ = card.path
    most = min(int(CHUNKING["chunk_tokens"].maximum), card.max_tokens - _SPECIAL_TOKENS)
    size, state = size_and_state(card)
    where = "" if state == "built in" else f" {size}, {state}."
    st.caption(f"{markdown_text(card.help)}{where} It reads {most} tokens of a passage.")
    second = _pick_second(card, name)
    if second is not None:
        most = min(most, second.max_tokens - _SPECIAL_TOKENS)
    size_column, overlap_column = st.columns(2)
    with size_column:
        tokens = _token_slider("chunk_tokens", most)
    with overlap_column:
        overlap = _token_slider("overlap", tokens // 2)
    return card.id, second.id if second else "", Chunking(tokens, overlap)


def _pick_second(first: Card, name: str) -> Card | None:
    """A second encoder for the same passages, in a collection of its own; None for none."""
    from retrieval.models.cards import find_card
    from retrieval.store.names import beside_name

    here = [card.id for card in model_options("encoder") if card.is_here and card.id != first.id]
    picked = st.selectbox(
        "Compare with",
        here,
        index=None,
        key="encoder_2",
        placeholder="a second encoder, or the folder of one",
        help="Makes a second collection of the same passages; Search shows both lists.",
        accept_new_options=True,
    )
    if not picked:
        return None
    second = find_card(picked, "encoder")
    if not second.is_here:
        _ = second.path
    beside = beside_name(name or "its name", picked)
    st.caption(f"The same passages go into “{markdown_text(beside)}” as well.")
    return second


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


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
