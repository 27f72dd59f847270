"""Flags on the search page: on the hits, counted in the strip, with their figures in the help."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from pages.parts.flag_marks import flag_key_html, flag_line, flags_html, worth
from retrieval.explain.flag_figures import EVERY, MEASURED
from retrieval.explain.flags import RULES, count_opposed, hit_flags
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings
from retrieval.store import Store
from retrieval.types import Chunk, Hit, Ranking, Trace
from tests.app.conftest import Open, Tags, html_of, list_of
from tests.corpus import filled

QUERY = "which allergy medicine does not cause drowsiness"
TEXTS = (
    "Loratadine is an allergy medicine that does not cause drowsiness.",
    "Diphenhydramine is an allergy medicine that causes drowsiness.",
    "Chlorphenamine, an old allergy medicine, causes much drowsiness.",
    "Water the fern twice a week <b>in summer</b>.",
)


@pytest.fixture(scope="module")
def flagged(home: Path, models: Models) -> str:
    return filled(Store(home), models.encoder(), TEXTS, name="Flagged").name


def test_every_list_marks_the_hits_that_stand_against_the_question(
    flagged: str, open_app: Open
) -> None:
    app = open_app(collection=flagged, query=QUERY)

    assert not app.exception
    for stage in ("bm25", "dense", "hybrid", "late", "rerank"):
        cards = list_of(app, stage).split("<li ")[1:]
        marked = {
            next(text for text in TEXTS if text.split()[0].strip(",") in card)
            for card in cards
            if 'data-flag="negator"' in card
        }
        assert marked == set(TEXTS[1:3])
    assert Tags(html_of(app)).harmless


def test_the_strip_counts_them_and_the_help_has_the_figures(flagged: str, open_app: Open) -> None:
    app = open_app(collection=flagged, query=QUERY)
    strip = next(h.value for h in app.html if "sl-happened" in h.value and "sl-strip" in h.value)
    text = html.unescape(re.sub(r"<[^>]+>", "", strip))

    assert "2 of the first 4 by cosine say the opposite, going by words (2 by a negator" in text
    assert any("sl-flag-key" in h.value for h in app.html)


def test_a_question_that_nothing_stands_against_has_no_line(flagged: str, open_app: Open) -> None:
    app = open_app(collection=flagged, query="how often is the fern watered", stages=["bm25"])

    assert not app.exception
    assert "sl-flags" not in "".join(h.value for h in app.html if "<style>" not in h.value)
    assert "data-flag" not in list_of(app, "bm25")


def trace(cosine: float, logit: float | None) -> Trace:
    text = TEXTS[1]
    rankings = {"dense": Ranking("dense", "cosine", (Hit(1, cosine, "a"),))}
    if logit is not None:
        rankings["rerank"] = Ranking("rerank", "logit", (Hit(1, logit, "a"),))
    chunks = {"a": Chunk("a", "d", 0, text, 0, len(text))}
    return Trace(QUERY, "c", 1, "e", SearchSettings(), rankings, chunks)  # type: ignore[arg-type]


def test_a_high_cosine_with_a_low_rerank_score_is_said_once_both_are_known() -> None:
    early, late = trace(0.8, None), trace(0.8, -3.0)

    assert "doubt" not in hit_flags(early, "a")
    assert 'data-flag="doubt"' in flags_html(late, Hit(1, 0.8, "a"))
    assert flag_line(early) == (
        "1 of the first 1 by cosine says the opposite, going by words "
        "(1 by a negator on one side only)."
    )
    assert "The reranker says no to 1 of the first 1 by cosine" in flag_line(late)
    assert count_opposed(late, 10) == 1


@pytest.mark.parametrize("rule", list(RULES))
def test_a_mark_says_its_rule_and_what_it_is_worth(rule) -> None:
    figures = MEASURED[rule][EVERY]
    key = html.unescape(flag_key_html())

    assert f"{figures.recall:.0%} of the wrong ones" in worth(rule)
    assert f"{figures.precision:.0%} of what it flags" in worth(rule)
    assert worth(rule) in key
    assert RULES[rule].help in key
