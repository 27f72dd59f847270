from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from lxml import etree

from pages.parts.looks import ANSWER_COLOUR, STAGE_LOOKS
from retrieval.evaluation.evaluate import evaluate
from retrieval.evaluation.measures import Measure
from retrieval.evaluation.question_sets import QuestionSet
from retrieval.evaluation.report import Report
from retrieval.evaluation.report_figures import OTHER_COLOUR, STAGE_COLOURS, bars, escaped, forest
from retrieval.evaluation.significance import Interval
from retrieval.types import Question

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'\x00\u202e"
QRELS = {f"q{n}": {"a": 2, "b": 1} for n in range(12)}
MEASURES = (Measure.parse("nDCG@10"), Measure.parse("MRR@10"))


class Seen(HTMLParser):
    """The tags of a page, their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, list[str]] = {}
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def report(hostile: str = "", *, pair: bool = True) -> Report:
    worse = dict.fromkeys(QRELS, (("x", 3.0), ("b", 2.0)))
    better = dict.fromkeys(QRELS, (("a", 3.0), ("b", 2.0)))
    name = f"mine{hostile}"
    asked = QuestionSet(
        f"the questions{hostile}",
        tuple(Question(query, f"question {query}{hostile}") for query in QRELS),
        QRELS,
        (f"qrels.txt, line 2: left out{hostile}",),
    )
    return Report(
        f"books{hostile}",
        3,
        "an encoder",
        asked,
        evaluate({"hybrid": worse, name: better}, QRELS, MEASURES, "hybrid"),
        {"hybrid": "rrf k 60", name: f"N 20{hostile}"},
        {"hybrid": "", name: f"Saved at version 2{hostile}"},
        ("hybrid", name) if pair else None,
        f"python -m retrieval evaluate 'books{hostile}'",
        "2026-01-01T00:00+00:00",
    )


def test_a_report_is_one_file_that_loads_and_runs_nothing() -> None:
    seen = Seen(report().html())
    assert not {"script", "link", "img", "iframe", "object", "form", "a", "base"} & seen.tags
    assert not {"src", "href", "action", "style"} & set(seen.attributes)
    assert any("default-src 'none'" in one for one in seen.attributes["content"])
    assert "url(" not in report().html()


def test_a_report_has_settings_figures_and_plots() -> None:
    made = report()
    seen = Seen(made.html())
    text = " ".join(seen.text)
    for measure in MEASURES:
        for found in (one[measure] for one in made.evaluation.systems.values()):
            assert f"{found.mean:.4f} [{found.low:.4f}, {found.high:.4f}]" in text
    (compared,) = made.evaluation.comparisons
    assert f"{compared.difference.mean:+.4f}" in text
    assert "12 / 0 / 0" in text
    for words in ("rrf k 60", "version 3", "an encoder", "Holm", "line 2: left out", "retrieval"):
        assert words in text
    assert "mine is better than hybrid on 12 questions, equal on 0, worse on 0." in text
    assert len(re.findall("<svg", made.html())) == 2
    assert all(seen.attributes["aria-label"])


def test_nothing_from_outside_is_obeyed() -> None:
    page = report(HOSTILE).html()
    seen = Seen(page)
    assert not {"script", "img"} & seen.tags
    assert not any(name.startswith("on") for name in seen.attributes)
    assert "\x00" not in page
    assert "\u202e" not in page
    assert "<script>alert(1)</script>" in " ".join(seen.text)


def test_without_a_pair_the_questions_are_left_out() -> None:
    assert "Question by question" not in report(pair=False).html()


@pytest.mark.parametrize("values", [[], [0.0], [0.5, -1.0, 0.0], [1e-9] * 1000])
def test_bars_are_a_picture_within_its_frame(values: list[float]) -> None:
    picture = etree.fromstring(bars(values, ("#000000", "#ffffff"), "a < b"))
    width, height = map(float, picture.attrib["viewBox"].split()[2:])
    rows = picture.findall("rect")
    assert len(rows) == len(values)
    for row in rows:
        x, y, w, h = (float(row.attrib[name]) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + w <= width + 1
        assert y + h <= height


def test_a_forest_has_a_row_a_system() -> None:
    means = {"bm25": Interval(0.5, 0.25, 0.75, 9), "<b>": Interval(1.0, 1.0, 1.0, 9)}
    picture = etree.fromstring(forest(means, STAGE_COLOURS, "two"))
    assert len(picture.findall("circle")) == 2
    assert "<b>" in [text.text for text in picture.findall("text")]
    nothing = {"bm25": Interval(float("nan"), float("nan"), float("nan"), 0)}
    assert not etree.fromstring(forest(nothing, {}, "none")).findall("circle")


def test_a_stage_has_the_colour_that_it_has_on_the_pages() -> None:
    assert {str(stage): look.colour for stage, look in STAGE_LOOKS.items()} == STAGE_COLOURS
    assert OTHER_COLOUR == ANSWER_COLOUR


def test_a_text_is_cut_before_it_is_escaped() -> None:
    assert escaped("a & b & c", 5) == "a &amp;…"
    assert escaped("a\n\tb") == "a b"
