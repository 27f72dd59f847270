"""The curve as a table, on the screen and as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io

import pandas as pd
import streamlit as st

from pages.parts.charts.candidate_curve import Knob
from pages.parts.safe_text import one_line

_FORMULA_STARTS = ("=", "+", "-", "@")
_TABLE_HEIGHT_PX = 300


def show_numbers(knob: Knob, collection: str, of: str) -> None:
    """The table, folded away until it is wanted, and its file.

    Args:
        knob: The curve.
        collection: Name of the collection.
        of: The question, or what set of questions.
    """
    table = curve_table(knob)
    with st.expander("Exact numbers for every N", icon=":material/table_rows:"):
        st.dataframe(
            table.round(4),
            hide_index=True,
            height=_TABLE_HEIGHT_PX,
            key="numbers",
            alt=f"{knob.measure}, recall, pairs and milliseconds for N from 1 to {len(table)}",
        )
        st.download_button(
            "CSV",
            curve_csv(table, collection, of),
            "candidates.csv",
            "text/csv",
            icon=":material/download:",
            key="numbers_csv",
            on_click="ignore",
        )


def curve_table(knob: Knob) -> pd.DataFrame:
    """One row for each N, unrounded."""
    without = knob.curve.without
    return pd.DataFrame(
        {
            "N": point.candidates,
            "pool recall": point.recall,
            "nDCG@10 reranked": point.ndcg,
            "nDCG@10 without": without["nDCG@10"],
            "MRR@10 reranked": point.mrr,
            "MRR@10 without": without["MRR@10"],
            "pairs": point.pairs,
            "ms": knob.elapsed_ms(point.candidates),
        }
        for point in knob.curve.points
    )


def curve_csv(table: pd.DataFrame, collection: str, of: str) -> str:
    """The table with what it is of in front; no cell is a formula to a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(["collection", "questions", *table.columns])
    source = (csv_cell(collection), csv_cell(of))
    writer.writerows([*source, *row] for row in table.itertuples(index=False))
    return out.getvalue()


def csv_cell(text: str) -> str:
    """A text on one line that no spreadsheet takes for a formula."""
    line = one_line(text)
    return f"'{line}" if line.startswith(_FORMULA_STARTS) else line
