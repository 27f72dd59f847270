"""What each column of a table or a JSON Lines file is for: its first rows, and four pickers."""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import show_note
from pages.parts.library.cells import cell_text
from pages.parts.safe_text import html_text, one_line
from retrieval.errors import ParseError
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.ingest.columns import Columns
    from retrieval.ingest.sources import Source
    from retrieval.ingest.table_preview import TablePreview

MOST_TABLES = 5
_ROWS_SHOWN = 4
_ROW_PX = 35
_COLUMNS_SHOWN = 30
_NONE = "–"


def pick_columns(tables: Mapping[str, Source]) -> dict[str, Columns]:
    """Draw the pickers of each table, and read them.

    Args:
        tables: Files of records, by a key that names each of them in this session.

    Returns:
        What was chosen, by the files' ids; tables past the first few are taken as they look.
    """
    chosen = {}
    for key, source in list(tables.items())[:MOST_TABLES]:
        with st.container(border=True, gap="small", key=f"table_{key}"):
            st.html(f'<p class="sl-file">{html_text(one_line(source.id, 120))}</p>')
            columns = _pick(key, source)
        if columns is not None:
            chosen[source.id] = columns
    if len(tables) > MOST_TABLES:
        more = counted(len(tables) - MOST_TABLES, "more table")
        st.caption(f"{more}: their columns are taken as their names and contents suggest.")
    return chosen


def _pick(key: str, source: Source) -> Columns | None:
    from retrieval.ingest.table_preview import preview_table

    try:
        preview = preview_table(source)
    except ParseError as error:
        show_note("This file is going to be left out.", f"{error.message}.")
        return None
    _show_rows(preview)
    if preview.columns is None:
        show_note("No column could be the text.", "This file is going to be left out.")
        return None
    return _pickers(key, preview.names, preview.columns)


def _show_rows(preview: TablePreview) -> None:
    names = preview.names[:_COLUMNS_SHOWN]
    text = preview.columns.text if preview.columns else None
    rows = [
        {cell_text(name): cell_text(row.get(name, "")) for name in names}
        for row in preview.rows[:_ROWS_SHOWN]
    ]
    st.dataframe(
        rows,
        hide_index=True,
        height=_ROW_PX * (len(rows) + 1) + 3,
        column_config={cell_text(text): st.column_config.Column(width="medium")} if text else None,
        alt="The first rows of the file.",
    )
    more = len(preview.names) - len(names)
    if more > 0:
        st.caption(f"and {counted(more, 'more column')}")


def _pickers(key: str, names: Sequence[str], guess: Columns) -> Columns:
    from retrieval.ingest.columns import Columns

    first, second, third = st.columns(3, gap="small")
    with first:
        text = st.selectbox(
            "Text",
            names,
            index=names.index(guess.text),
            key=f"text_{key}",
            help="Is read and ranked.",
        )
    with second:
        title = _optional("Title", key, names, guess.title, "What a person calls the record.")
    with third:
        record_id = _optional("Id", key, names, guess.id, "Names the record; else its row does.")
    rest = [name for name in names if name not in {text, title, record_id}]
    kept = st.multiselect(
        "Metadata",
        rest,
        default=[name for name in rest if guess.metadata is None or name in guess.metadata],
        key=f"metadata_{key}_{text}_{title}_{record_id}",
        placeholder="None is kept",
        help="Kept for display and filters; the rest is left out.",
    )
    metadata = None if len(kept) == len(rest) else tuple(kept)
    return Columns(str(text), record_id, title, metadata)


def _optional(
    label: str, key: str, names: Sequence[str], guess: str | None, about: str
) -> str | None:
    picked = st.selectbox(
        label,
        [_NONE, *names],
        index=names.index(guess) + 1 if guess is not None else 0,
        key=f"{label.lower()}_{key}",
        help=about,
    )
    return None if picked == _NONE else picked
