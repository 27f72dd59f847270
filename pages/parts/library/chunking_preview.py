"""What size and overlap do to the documents at hand: how many passages, how long, and which."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from pages.parts.charts.frame import Chart, draw_chart, plain_layout
from pages.parts.library.beginnings import Beginning
from pages.parts.library.cut_text import cut_key_html, cut_text_html
from pages.parts.looks import QUIET_COLOUR, STAGE_LOOKS
from pages.parts.resources import Engine
from pages.parts.safe_text import one_line
from retrieval.settings import Chunking
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.ingest.chunk_preview import ChunkPreview

_HEIGHT_PX = 170
_MOST_CHARACTERS = 20_000
_MOST_OPTIONS = 2_000


def show_chunking(made: Engine, encoder_id: str, chunking: Chunking, beginning: Beginning) -> None:
    """Draw the preview, or nothing while there is nothing to cut."""
    from retrieval.ingest.chunk_preview import preview_chunks

    documents = beginning.documents
    if not documents:
        return
    with st.container(key="chunking", gap="small"):
        chart, picker, text = st.container(), st.container(), st.container()
        with picker:
            shown = _pick_document(beginning)
        with st.spinner("Reading the encoder's tokenizer …", show_time=False):
            encoder = made.models.encoder(encoder_id)
        preview = preview_chunks(
            documents, encoder.tokenizer, chunking, encoder.max_tokens, shown=shown
        )
        with chart:
            draw_chart(lengths_chart(preview, beginning))
        cuts = [(cut.start, cut.end) for cut in preview.cuts]
        text.html(cut_text_html(documents[shown].text, cuts, last=_MOST_CHARACTERS, short=True))
        text.html(cut_key_html(shared=chunking.overlap > 0))


def lengths_chart(preview: ChunkPreview, beginning: Beginning) -> Chart:
    """Passages by their tokens, against what the encoder can read."""
    bars = go.Bar(
        x=[(one.low + one.high) / 2 for one in preview.bins],
        y=[one.chunks for one in preview.bins],
        width=[0.92 * (one.high - one.low + 1) for one in preview.bins],
        customdata=[[one.low, one.high] for one in preview.bins],
        marker={"color": STAGE_LOOKS["dense"].colour},
        hovertemplate="%{customdata[0]}–%{customdata[1]} tokens: %{y} passages<extra></extra>",
    )
    figure = go.Figure(
        data=[bars],
        layout=plain_layout(
            _HEIGHT_PX,
            xaxis={
                "title": {"text": "tokens of a passage", "standoff": 8},
                "range": [0, preview.readable * 1.03],
                "fixedrange": True,
            },
            yaxis={"fixedrange": True, "rangemode": "tozero", "nticks": 4},
        ),
    )
    figure.add_vline(x=preview.readable, line={"color": QUIET_COLOUR, "dash": "dot", "width": 2})
    return Chart("lengths", "Passages by length", figure, _caption(preview, beginning))


def _caption(preview: ChunkPreview, beginning: Beginning) -> str:
    about = "About " if preview.is_sample else ""
    passages = counted(preview.estimated_chunks, "passage")
    documents = counted(preview.of_documents, "document")
    read = "" if beginning.is_whole else ", the first that were read for this preview"
    return (
        f"{about}{passages} from {documents}{read}. They have {preview.shortest} to "
        f"{preview.longest} tokens, half of them {preview.median} or fewer; the encoder reads "
        f"{preview.readable} (dotted line)."
    )


def _pick_document(beginning: Beginning) -> int:
    """The document that is shown; the longest one until another is chosen."""
    documents = beginning.documents[:_MOST_OPTIONS]
    titles = [one_line(document.title or document.id, 80) for document in documents]
    lengths = [len(document.text) for document in documents]
    return st.selectbox(
        "Where the cuts fall",
        range(len(documents)),
        index=lengths.index(max(lengths)),
        format_func=titles.__getitem__,
        # Other documents have other places, so the choice begins anew.
        key=f"cut_document_{len(documents)}_{sum(lengths)}",
    )
