from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.failures.tables import cells_html
from pages.parts.shaded_words import signed
from retrieval.cache import Cache
from retrieval.contrast.four_cells import UNITS, score_cells
from retrieval.contrast.probes import Probe
from retrieval.models.loading import Models
from retrieval.models.reranker import CrossEncoderReranker
from retrieval.settings import STAGE_ORDER, Chunking, SearchSettings
from retrieval.store import Snapshot, Store
from tests.app.conftest import APP, Tags, html_of, list_of, moving_charts, notices
from tests.app.test_why import text_of
from tests.corpus import PASSAGES, filled

PAGE = "pages/understand/failures.py"
QUERY = "Which allergy medicine does not cause drowsiness?"
TWIN_QUERY = "Which allergy medicine causes drowsiness?"
TRUE = "Loratadine does not cause drowsiness."
TWIN = "Loratadine causes drowsiness."
KEYS = (
    "collection",
    "query",
    "reranker",
    "candidates",
    "lab",
    "passage",
    "passage_text",
    "edited_twin",
    "twin_question",
    "control_text",
    "answered_by",
    "swap",
)
TEN = "Aloe Bran Clay Dill Elder Fennel Ginger Honey Ivy Jojoba".split()
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)> The dog *bit* [a](http://x) man."


@pytest.fixture(scope="module")
def small(home: Path, models: Models) -> str:
    """A collection of eight passages, and an empty one."""
    store, encoder = Store(home), models.encoder()
    store.create("Nothing to turn around", encoder, Chunking(tokens=16))
    return filled(store, encoder, name="Small to turn around").name


@pytest.fixture(scope="module")
def snapshot(home: Path, small: str) -> Snapshot:
    return Store(home).open(small).snapshot()


def open_failures(**address: str) -> AppTest:
    """Open the page at an address, as a link does."""
    app = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(PAGE).run()


def rows(app: AppTest, mark: str) -> dict[str, list[str]]:
    """The cells of each stage's row in a table."""
    found = re.findall(rf'<tr [^>]*data-{mark}="(\w+)">(.*?)</tr>', html_of(app))
    return {stage: list(map(text_of, re.findall(r"<td>(.*?)</td>", row))) for stage, row in found}


def said(app: AppTest) -> str:
    return text_of("\n".join(h.value for h in app.html if "sl-happened" in h.value))


@pytest.mark.parametrize("key", KEYS)
def test_each_control_has_the_key_that_addresses_use(small: str, key: str) -> None:
    assert open_failures(collection=small, query=QUERY).get_by_key(key) is not None


def test_the_page_opens_on_a_scored_twin_without_a_click(small: str) -> None:
    app = open_failures(collection=small, query=QUERY, passage_text=TRUE)
    assert not app.exception
    assert not notices(app)
    assert app.text_area(key="edited_twin").value == TWIN
    assert app.text_area(key="twin_question").value == TWIN_QUERY
    assert app.text_area(key="control_text").value
    assert tuple(rows(app, "cells")) == STAGE_ORDER
    assert tuple(rows(app, "ranks")) == STAGE_ORDER
    assert "<del>does not cause</del> <ins>causes</ins>" in html_of(app)
    assert Tags(html_of(app)).harmless


def test_the_cells_are_the_figures_of_the_engine(
    small: str, snapshot: Snapshot, models: Models
) -> None:
    app = open_failures(collection=small, query=QUERY, passage_text=TRUE)
    control = app.text_area(key="control_text").value
    probe = Probe("twin", "negated", (QUERY, TWIN_QUERY), (TRUE, TWIN), control=control)
    cells = score_cells(probe, models, Cache(), asked=SearchSettings(), background=snapshot)
    assert cells_html(cells, ("the passage", "the twin")) in html_of(app)
    rerank = cells.of("rerank")
    shown = rows(app, "cells")["rerank"]
    assert shown[2] == signed(rerank.margins[0], UNITS["rerank"])
    assert f"{sum(one.passed for one in cells.outcomes)} of 5 stages pass" in said(app)


def test_the_offers_show_their_change_and_the_refusals_their_reason(small: str) -> None:
    app = open_failures(collection=small, query=QUERY, passage_text=TRUE)
    (offers,) = app.radio
    assert offers.options[0] == r"Negated: Loratadine ~~does not cause~~ **causes** drowsiness\."
    assert any(label.startswith("Roles swapped") for label in offers.options)
    assert "No number or date changed. It holds no amount" in text_of(html_of(app))
    offers.set_value(1).run()
    assert app.text_area(key="edited_twin").value == "Drowsiness does not cause Loratadine."
    assert not app.exception


def test_an_edited_twin_is_scored_as_it_stands(small: str) -> None:
    app = open_failures(collection=small, query=QUERY, passage_text=TRUE)
    before = rows(app, "cells")
    app.text_area(key="edited_twin").set_value("Loratadine never causes drowsiness.").run()
    assert not app.exception
    assert rows(app, "cells")["rerank"] != before["rerank"]
    assert "<ins>never" in html_of(app)


def test_two_picked_spans_change_places(small: str) -> None:
    app = open_failures(collection=small, query="who bit whom", passage_text="The dog bit a man.")
    boxes = [box for box in app.selectbox if box.key and box.key.startswith("span_")]
    assert app.button(key="swap").disabled
    for box, words in zip(boxes, ("The dog", "a man"), strict=True):
        box.select(words).run()
    app.button(key="swap").click().run()
    assert app.text_area(key="edited_twin").value == "a man bit The dog."
    assert not app.exception


def test_spans_that_overlap_are_refused_in_one_line(small: str) -> None:
    app = open_failures(collection=small, query="who bit whom", passage_text="The dog bit a man.")
    boxes = [box for box in app.selectbox if box.key and box.key.startswith("span_")]
    for box, words in zip(boxes, ("The dog", "dog"), strict=True):
        box.select(words).run()
    app.button(key="swap").click().run()
    (notice,) = notices(app)
    assert "The two spans overlap" in notice


def test_without_a_twin_question_the_rule_of_one_question_holds(small: str) -> None:
    app = open_failures(collection=small, query=QUERY, passage_text=TRUE)
    assert len(rows(app, "cells")["dense"]) == 8
    app.text_area(key="twin_question").set_value("").run()
    assert len(rows(app, "cells")["dense"]) == 5
    assert "chance is 50 %" in said(app)


def test_the_twin_may_be_the_answer(small: str) -> None:
    app = open_failures(collection=small, query=TWIN_QUERY, passage_text=TRUE, twin_question="")
    before = rows(app, "cells")["dense"][:2]
    app.get_by_key("answered_by").set_value("the twin").run()
    assert not app.exception
    assert rows(app, "cells")["dense"][:2] == before[::-1]
    assert "outranks the twin in" in html_of(app)


def test_another_sentence_has_twins_of_its_own(small: str) -> None:
    text = "The dog bit the man. Loratadine does not cause drowsiness."
    app = open_failures(collection=small, query=QUERY, passage_text=text)
    (key,) = (b.key for b in app.selectbox if b.key and b.key.startswith("sentence_"))
    app.selectbox(key=key).set_value(0).run()
    assert app.text_area(key="edited_twin").value == f"The dog did not bite the man. {TRUE}"
    app.selectbox(key=key).set_value(1).run()
    assert app.text_area(key="edited_twin").value == f"The dog bit the man. {TWIN}"


def test_picking_another_passage_brings_its_own_twin(small: str) -> None:
    app = open_failures(collection=small, query=QUERY, edited_twin="a twin of nobody")
    assert app.text_area(key="edited_twin").value == "a twin of nobody"
    app.selectbox(key="passage").select_index(1).run()
    assert app.text_area(key="edited_twin").value != "a twin of nobody"
    assert not app.exception


def test_the_flow_has_a_dashed_twin_in_the_colours_of_the_stages(small: str) -> None:
    app = open_failures(collection=small, query=QUERY)
    (chart,) = moving_charts(app)
    lines = chart["data"]
    drawn = [line["line"] for line in lines if "line" in line]
    dashed = [line["color"] for line in drawn if line.get("dash") == "dash"]
    assert dashed == ["#E69F00", "#0072B2", "#009E73", "#CC79A7", "#D55E00"]
    assert "Ranks of the passage and of the twin: BM25" in chart["alt"]
    assert "The twin outranks the passage in" in html_of(app)


def test_another_run_computes_nothing_again(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_failures(collection=small, query=QUERY)

    def refuse(*_: object) -> None:
        raise AssertionError("a pair was scored again")

    monkeypatch.setattr(CrossEncoderReranker, "score_pairs", refuse)
    app.run()
    assert not app.exception
    assert not notices(app)


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ({"passage_text": "A red car."}, "No rule fits this sentence."),
        ({"passage_text": "*** … ***"}, "The passage has no word, only punctuation."),
        ({"passage_text": "Der Hund beißt den Mann und läuft weg."}, "does not look English"),
        ({"passage_text": "word " * 5_000}, "The text has 5,000 words"),
        ({"passage_text": SCRIPT}, "No rule fits this sentence."),
        ({"passage_text": TRUE, "edited_twin": TRUE}, "The edited twin is the text itself"),
        ({"passage_text": TRUE, "edited_twin": "?!"}, "The twin has no word, only punctuation."),
        ({"query": "?!"}, "The question has no word, only punctuation."),
        ({"query": "word " * 5_000}, "5,000 words, and the longest accepted is 1,000"),
        ({"passage": "0" * 24}, "There is no passage “" + "0" * 24),
        ({"collection": "gone"}, "There is no collection “gone”"),
        ({"collection": "Nothing to turn around"}, "This collection is empty."),
    ],
)
def test_what_has_no_twin_gets_one_line(small: str, address: dict[str, str], line: str) -> None:
    app = open_failures(**{"collection": small, "query": QUERY, **address})
    assert not app.exception
    (notice,) = notices(app)
    assert line in text_of(notice)


def test_a_twin_by_hand_of_a_text_that_no_rule_reads_is_scored(small: str) -> None:
    app = open_failures(
        collection=small,
        query="Beißt der Hund?",
        passage_text="Der Hund beißt den Mann und läuft weg.",
        edited_twin="Der Mann beißt den Hund und läuft weg.",
    )
    assert not app.exception
    assert len(rows(app, "cells")) == 5


def test_ten_sentences_can_be_chosen_from(small: str) -> None:
    text = " ".join(f"{name} does not cause drowsiness." for name in TEN)
    app = open_failures(collection=small, query=QUERY, passage_text=text)
    assert not app.exception
    assert not notices(app)
    (pick,) = (box for box in app.selectbox if box.key and box.key.startswith("sentence_"))
    assert len(pick.options) == 10


def test_markup_is_shown_and_not_obeyed(small: str) -> None:
    twin = SCRIPT.replace("dog", "cat<b>")
    app = open_failures(
        collection=small,
        query=SCRIPT,
        passage_text=SCRIPT,
        edited_twin=twin,
        twin_question=twin,
        control_text=f"{SCRIPT} <i>",
    )
    assert not app.exception
    assert len(rows(app, "cells")) == 5
    assert Tags(html_of(app)).harmless
    charts = json.dumps(moving_charts(app))
    assert charts != "[]"
    assert "<script" not in charts
    assert "<img" not in charts


def test_a_hit_on_the_search_page_leads_here(small: str) -> None:
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.query_params["collection"] = small
    app.query_params["query"] = QUERY
    app.run()
    body = list_of(app, "rerank")
    chunks = re.findall(r'data-chunk="([0-9a-f]{24})"', body)
    assert chunks
    assert re.findall(r'data-twin="([0-9a-f]{24})"', body) == chunks


def test_a_linked_passage_stands_in_its_collection_once(small: str, snapshot: Snapshot) -> None:
    chunk_id = snapshot.ids[0]
    app = open_failures(collection=small, query=QUERY, passage=chunk_id)
    assert app.text_area(key="passage_text").value == snapshot.chunks([chunk_id])[chunk_id].text
    ranks = rows(app, "ranks")["dense"]
    assert 1 <= int(ranks[0]) <= len(PASSAGES) + 1
    assert len({ranks[0], ranks[2]}) == 2
