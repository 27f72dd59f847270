"""Names where there is little room: in the heads of the lists, and above two models' slope."""

from __future__ import annotations

import pytest

from pages.parts.charts.rank_slope import Side, rank_slope
from pages.parts.looks import STAGE_LOOKS
from pages.parts.result_lists import Marks, list_html
from retrieval.evaluation.disagreement import compare
from retrieval.settings import SearchSettings, StageName
from retrieval.types import Chunk, Hit, Ranking, Trace

TEXT = "Prune roses in late winter."
STAGES: tuple[StageName, StageName] = ("rerank", "rerank_2")


@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("cross-encoder/ms-marco-MiniLM-L6-v2", "ms-marco-MiniLM-L6-v2"),
        ("/srv/models/mine/", "mine"),
        ("second-look-reranker", "second-look-reranker"),
    ],
)
def test_of_two_rerankers_each_head_names_its_own(model: str, named: str) -> None:
    hits = (Hit(1, 1.0, "a"),)
    rankings = {
        "rerank": Ranking("rerank", "logit", hits),
        "rerank_2": Ranking("rerank_2", "logit", hits),
    }
    asked = SearchSettings(reranker_2=model)
    chunks = {"a": Chunk("a", "d", 0, TEXT, 0, len(TEXT))}
    trace = Trace("when", "c", 1, "e", asked, rankings, chunks)  # type: ignore[arg-type]

    assert f'title="0 ms · {named}"' in list_html(trace, "rerank_2", Marks())


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("mine", ["★ mine"]),
        ("second-look-reranker", ["★ second-look-", "reranker"]),
        ("a-model-whose-name-is-far-too-long", ["★ a-model-whose-", "name-is-far-…"]),
        ("<b>bold</b>", ["★ &lt;b&gt;bold&lt;/b&gt;"]),
    ],
)
def test_a_name_above_the_slope_leaves_room_for_the_other(name: str, rows: list[str]) -> None:
    first, second = (Ranking(stage, "logit", (Hit(1, 1.0, "a"),)) for stage in STAGES)
    sides = Side(name, STAGE_LOOKS["rerank"], first), Side("b", STAGE_LOOKS["rerank_2"], second)
    chunks = {"a": Chunk("a", "d", 0, TEXT, 0, len(TEXT))}
    chart = rank_slope("slope", sides, compare(first, second, 1), chunks, None)

    axis = chart.picture.layout["xaxis"]
    assert axis["ticktext"][0].split("<br>") == rows
    assert axis["tickangle"] == 0
