"""The heads of the lists: what each stage read with, where there is little room."""

from __future__ import annotations

import pytest

from pages.parts.result_lists import Marks, list_html
from retrieval.settings import SearchSettings
from retrieval.types import Chunk, Hit, Ranking, Trace

TEXT = "Prune roses in late winter."


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
