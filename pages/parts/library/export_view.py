"""A collection as a file to take away: a ZIP that other programs read, and that can come back."""

# ruff: noqa: PLC0415

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.library.cells import bytes_text

if TYPE_CHECKING:
    from retrieval.store import Collection
    from retrieval.store.portable import Layout

_LAYOUTS: Mapping[Layout, tuple[str, str]] = MappingProxyType(
    {
        "parquet": ("Parquet", "Documents, passages, questions and judgments as four tables."),
        "jsonl": ("JSON Lines", "The same four as text, one record a line."),
        "beir": (
            "BEIR",
            "corpus.jsonl, queries.jsonl and qrels/test.tsv, as benchmarks have them.",
        ),
    }
)


def show_export(collection: Collection) -> None:
    """Pick a layout, have the file made, and take it."""
    layout: Layout = (
        st.segmented_control(
            "Layout",
            list(_LAYOUTS),
            default="parquet",
            format_func=lambda one: _LAYOUTS[one][0],
            key="layout",
            required=True,
        )
        or "parquet"
    )
    st.caption(_LAYOUTS[layout][1])
    vectors = st.checkbox(
        "With vectors, so that bringing it back needs no encoding",
        key="export_vectors",
        disabled=layout == "beir",
        help="A BEIR folder has no place for them.",
    )
    if st.button("Make the file", icon=":material/inventory_2:", key="export"):
        with st.spinner("Writing …", show_time=False):
            data = _exported(collection, layout, vectors=vectors and layout != "beir")
        st.download_button(
            f"Download ({bytes_text(len(data))})",
            data,
            f"{collection.name} ({layout}).zip",
            "application/zip",
            key="download",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )


def _exported(collection: Collection, layout: Layout, *, vectors: bool) -> bytes:
    from retrieval.store.export import export_collection

    with tempfile.TemporaryDirectory(prefix="second-look-") as folder:
        path = export_collection(collection, Path(folder, "export.zip"), layout, vectors=vectors)
        return path.read_bytes()
