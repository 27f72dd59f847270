"""Bringing an exported collection back, with the same passages and so the same figures."""

# ruff: noqa: PLC0415

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.parts.errors import clear_errors
from pages.parts.library.facts import facts_html
from pages.parts.library.opened import open_collection
from pages.parts.resources import Engine

if TYPE_CHECKING:
    from retrieval.store.portable import Manifest


@st.dialog("Import a collection")
def import_form(made: Engine) -> None:
    """Ask for the file and a name, show what is in it, and import it."""
    file = st.file_uploader(
        "A ZIP that was exported here, or on another machine", type="zip", key="import_file"
    )
    if file is None:
        return
    with clear_errors():
        manifest = _manifest(file)
        st.html(_manifest_html(manifest))
        name = st.text_input("Name", manifest.info.name, key=f"import_name_{file.file_id}").strip()
        if st.button("Import", type="primary", icon=":material/upload:", key="import_yes"):
            with st.spinner("Importing …", show_time=True):
                _import(made, file, manifest, name)
            open_collection(name)
            st.rerun()


def _manifest(file: UploadedFile) -> Manifest:
    from retrieval.store.importing import read_manifest

    with _as_path(file) as path:
        return read_manifest(path)


def _import(made: Engine, file: UploadedFile, manifest: Manifest, name: str) -> None:
    from retrieval.store.importing import import_collection

    encoder = None if manifest.has_vectors else made.models.encoder(manifest.info.encoder)
    with _as_path(file) as path:
        import_collection(made.store, path, encoder, name)


def _manifest_html(manifest: Manifest) -> str:
    info = manifest.info
    return facts_html(
        {
            "documents": f"{info.documents:,}",
            "passages": f"{info.chunks:,}",
            "encoder": info.encoder,
            "vectors": "came along" if manifest.has_vectors else "are made anew",
        }
    )


@contextmanager
def _as_path(file: UploadedFile) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="second-look-") as folder:
        path = Path(folder, "import.zip")
        path.write_bytes(file.getvalue())
        yield path
